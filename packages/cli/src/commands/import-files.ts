import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { type CommandUnknownOpts, createArgument } from '@commander-js/extra-typings';
import type { FileColumns } from '@qvara/client/imports';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import { whole, writeWhole } from '../download.ts';
import { each } from '../each.ts';
import type { Column } from '../output.ts';
import type { Open, Session } from '../session.ts';
import { examples } from './examples.ts';
import { IMPORT_ARGUMENT, IMPORT_ID } from './import-argument.ts';

const FILES = [
  [
    'failed',
    'Get the failed rows as they were sent, with what is wrong with them: itself a file to import',
    'failed.csv',
  ],
  ['results', 'Get every row with its customer, container and tenant', 'results.csv'],
] as const;

/** `qvara imports failed|results|template|columns`: files, as they come, and what may be in them. */
export function addImportFiles(imports: CommandUnknownOpts, open: Open): void {
  for (const [name, description, file] of FILES) {
    imports
      .command(name)
      .description(description)
      .argument(...IMPORT_ARGUMENT)
      .option('--to <file>', 'where to (default: stdout)')
      .addHelpText('after', examples([`imports ${name} ${IMPORT_ID} --to ${file}`, 'of any size']))
      .action(async (id, { to }, self) => {
        const session = await open(self);
        await write(session, await session.client.imports[name](id, { signal: session.signal }), to);
      });
  }

  addColumns(imports, open);
  imports
    .command('template')
    .description('Get the header row of a file to fill in')
    .addArgument(createArgument('<type>', 'what each row is to be').choices(JOB_TYPES))
    .option('--to <file>', 'where to (default: stdout)')
    .addHelpText('after', examples(['imports template customer.provision --to customers.csv', 'every column there is']))
    .action(async (type, { to }, self) => {
      const session = await open(self);
      await write(session, await session.client.imports.template(type, { signal: session.signal }), to);
    });
}

const COLUMNS: readonly Column<FileColumns['columns'][number]>[] = [
  ['column', ({ field }) => field],
  ['required', ({ required }) => required],
  ['what it holds', ({ description }) => description],
  ['example', ({ example }) => example],
];

function addColumns(imports: CommandUnknownOpts, open: Open): void {
  imports
    .command('columns')
    .description('List the columns that a file may have')
    .addArgument(createArgument('<type>', 'what each row is').choices(JOB_TYPES))
    .addHelpText('after', examples(['imports columns customer.provision', 'and how their cells are read']))
    .action(async (type, _, self) => {
      const { client, out, signal } = await open(self);
      const { columns } = await client.imports.columns(type, { signal });
      await out.rows(each(columns), COLUMNS);
    });
}

async function write({ out, signal, stdout }: Session, bytes: ReadableStream<Uint8Array>, to?: string): Promise<void> {
  const source = whole(Readable.fromWeb(bytes as NodeReadableStream), signal);
  if (to === undefined) return await pipeline(source, stdout, { end: false, signal });
  await writeWhole(source, to, signal);
  out.note(`Written to ${to}.`);
}
