import { type CommandUnknownOpts, createOption, Option } from '@commander-js/extra-typings';
import { IMPORT_FORMATS, IMPORT_MODES, IMPORT_STATES, ROW_STATES, ROW_VERDICTS } from '@qvara/contracts/imports';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import { formatOf, openFile } from '../file-body.ts';
import { columnOfField, valueOfField } from '../pairs.ts';
import type { Open } from '../session.ts';
import { IMPORT_COLUMNS, importText, ROW_COLUMNS } from '../views/import.ts';
import { examples } from './examples.ts';
import { addImportActs } from './import-acts.ts';
import { IMPORT_ARGUMENT, IMPORT_ID } from './import-argument.ts';
import { addImportFiles } from './import-files.ts';
import { allOption, limitOption, pageLimit, showList } from './listing.ts';
import { timeoutOption } from './posting.ts';
import { showImportEnd, watchImport } from './watch-import.ts';

const USUAL_TYPE = 'customer.provision';

/** `qvara import`: sends a file. */
export function addImport(program: CommandUnknownOpts, open: Open): void {
  program
    .command('import')
    .description('Send a file of rows, each of them a job; it runs on by itself')
    .argument('<file>', 'CSV with a header row, or NDJSON; - reads stdin')
    .addOption(createOption('--type <type>', 'what each row is').choices(JOB_TYPES).default(USUAL_TYPE))
    .addOption(
      createOption('--format <format>', "what the file is (default: its name's ending)").choices(IMPORT_FORMATS),
    )
    .addOption(createOption('--mode <mode>', 'upsert: change customers whose reference is known').choices(IMPORT_MODES))
    .option('--dry-run', 'check every row, and run nothing; exit status 1 when rows would fail')
    .addOption(
      new Option('--map <column=field>', 'which field a column fills; may be repeated').argParser(columnOfField),
    )
    .addOption(new Option('--set <field=value>', 'what every row has besides; may be repeated').argParser(valueOfField))
    .option('--label <text>', 'what people call it')
    .option('--idempotency-key <key>', 'sent again with it, it is the same import (default: a new one each time)')
    .option('--error-budget <budget>', 'pause when more rows have failed: 5% or 100')
    .option('--watch', 'follow it to its end')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      examples(
        ['import customers.csv --dry-run --watch', 'what would happen; then: qvara imports run <import>'],
        ['import customers.csv --mode upsert --error-budget 5% --watch', 'and follow it to its end'],
        [
          'import companies.csv --map "Company Name=name" --map Id=externalRef --set serviceType=hosted-pbx --set industry=other',
          'a file that was not made for this',
        ],
      ),
    )
    .action(async (path, options, self) => {
      const { format, idempotencyKey, watch, timeout, ...rest } = options;
      const { type, mode, dryRun, map, set, label, errorBudget } = rest;
      const session = await open(self);
      const { client, out, signal } = session;
      const file = await openFile(session, path, format ?? formatOf(path));
      const wish = { type, mode, dryRun, map, set, label, errorBudget };
      const { answer, replayed } = await client.imports.create(file, wish, { idempotencyKey, signal });
      if (replayed) out.note(`This is ${answer.id}, which an earlier request has made.`);
      if (watch) showImportEnd(session, await watchImport(session, answer.id, timeout));
      else out.result(answer, () => importText(answer, out.paint));
    });
}

/** `qvara imports`: followed, controlled, read back. */
export function addImports(program: CommandUnknownOpts, open: Open): void {
  const imports = program.command('imports').description('Imports, their rows and their result files');

  imports
    .command('list')
    .description('List imports, the newest first')
    .addOption(new Option('--state <state>', 'only these').choices(IMPORT_STATES))
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples(['imports list --state paused', 'those that wait for somebody']))
    .action(async ({ state, ...wish }, self) => {
      const session = await open(self);
      const rows = session.client.imports.list({ state, limit: pageLimit(wish) }, { signal: session.signal });
      await showList(session, rows, { ...wish, shape: IMPORT_COLUMNS });
    });

  imports
    .command('show')
    .description('Show an import with its totals')
    .argument(...IMPORT_ARGUMENT)
    .addHelpText('after', examples([`imports show ${IMPORT_ID}`, 'as it is now']))
    .action(async (id, _, self) => {
      const { client, out, signal } = await open(self);
      const answer = await client.imports.get(id, { signal });
      out.result(answer, () => importText(answer, out.paint));
    });

  imports
    .command('rows')
    .description('List the rows of an import, with what is wrong with them')
    .argument(...IMPORT_ARGUMENT)
    .addOption(new Option('--state <state>', 'only these').choices(ROW_STATES))
    .addOption(new Option('--verdict <verdict>', 'only these').choices(ROW_VERDICTS))
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples([`imports rows ${IMPORT_ID} --state failed`, 'what is wrong with them']))
    .action(async (id, { state, verdict, ...wish }, self) => {
      const session = await open(self);
      const { client, signal } = session;
      const rows = client.imports.rows(id).list({ state, verdict, limit: pageLimit(wish) }, { signal });
      await showList(session, rows, { ...wish, shape: ROW_COLUMNS });
    });

  addImportActs(imports, open);
  addImportFiles(imports, open);
}
