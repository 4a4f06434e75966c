import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { ImportAnswer } from '@qvara/contracts/imports';
import { openFile } from '../file-body.ts';
import type { Open, Session } from '../session.ts';
import { importText } from '../views/import.ts';
import { examples } from './examples.ts';
import { IMPORT_ARGUMENT, IMPORT_ID } from './import-argument.ts';
import { timeoutOption } from './posting.ts';
import { showImportEnd, watchImport } from './watch-import.ts';

type Watching = { readonly watch?: true | undefined; readonly timeout?: number | undefined };

const ACTS = [
  ['run', 'Start what a dry run has shown', 'and follow it'],
  ['resume', 'Let a paused import go on', 'and follow it'],
] as const;
const ENDS = [
  ['pause', 'Start no more rows; those that run end', 'until it is resumed'],
  ['cancel', 'End an import: what has not begun is skipped', 'what runs ends as it ends'],
] as const;

/** `qvara imports watch|run|resume|retry|pause|cancel`. */
export function addImportActs(imports: CommandUnknownOpts, open: Open): void {
  imports
    .command('watch')
    .description('Follow an import until it does not go on by itself')
    .argument(...IMPORT_ARGUMENT)
    .addOption(timeoutOption())
    .addHelpText('after', examples([`imports watch ${IMPORT_ID}`, 'exit status 1 when rows have failed']))
    .action(async (id, { timeout }, self) => {
      const session = await open(self);
      showImportEnd(session, await watchImport(session, id, timeout));
    });

  for (const [verb, description, purpose] of ACTS) {
    imports
      .command(verb)
      .description(description)
      .argument(...IMPORT_ARGUMENT)
      .option('--watch', 'follow it to its end')
      .addOption(timeoutOption())
      .addHelpText('after', examples([`imports ${verb} ${IMPORT_ID} --watch`, purpose]))
      .action(async (id, options, self) => {
        const session = await open(self);
        await goOn(session, await session.client.imports[verb](id, { signal: session.signal }), options);
      });
  }

  for (const [verb, description, purpose] of ENDS) {
    imports
      .command(verb)
      .description(description)
      .argument(...IMPORT_ARGUMENT)
      .addHelpText('after', examples([`imports ${verb} ${IMPORT_ID}`, purpose]))
      .action(async (id, _, self) => {
        const { client, out, signal } = await open(self);
        const answer = await client.imports[verb](id, { signal });
        out.result(answer, () => importText(answer, out.paint));
      });
  }

  addRetry(imports, open);
}

function addRetry(imports: CommandUnknownOpts, open: Open): void {
  imports
    .command('retry')
    .description('Run failed rows again, as they are or as a file corrects them')
    .argument(...IMPORT_ARGUMENT)
    .argument('[file]', 'failed rows corrected, as: qvara imports failed; - reads stdin as CSV')
    .option('--watch', 'follow it to its end')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      examples(
        [`imports retry ${IMPORT_ID} --watch`, 'when the cause lay elsewhere'],
        [`imports failed ${IMPORT_ID} --to failed.csv`, 'else: correct it, then'],
        [`imports retry ${IMPORT_ID} failed.csv --watch`, 'only what failed is sent again'],
      ),
    )
    .action(async (...[id, path, options, self]) => {
      const session = await open(self);
      const { client, signal } = session;
      const file = path === undefined ? undefined : await openFile(session, path, path === '-' ? 'csv' : undefined);
      await goOn(session, await client.imports.retry(id, file, { signal }), options);
    });
}

async function goOn(session: Session, answer: ImportAnswer, { watch, timeout }: Watching): Promise<void> {
  const { out } = session;
  if (watch) showImportEnd(session, await watchImport(session, answer.id, timeout));
  else out.result(answer, () => importText(answer, out.paint));
}
