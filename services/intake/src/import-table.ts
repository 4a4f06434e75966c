import type { ImportColumn } from '@qvara/contracts/import-columns';
import { MOST_COLUMNS, MOST_ROWS } from '@qvara/contracts/imports';
import { shorten } from '@qvara/contracts/problem-items';
import { separatorOf } from '@qvara/domain/csv-text';
import { type LayoutFault, type LayoutWish, layOut } from '@qvara/domain/import-layout';
import { type CodeNames, type RowContent, readRow, unreadableRow } from '@qvara/domain/import-row';
import type { ImportLayout } from '@qvara/store/imports';
import { readCsv } from './csv-records.ts';
import { readLines } from './file-lines.ts';
import { objectReader } from './import-objects.ts';
import { malformedFile } from './refusal.ts';
import type { FileFormat } from './sent-file.ts';

/** A row as it was sent and as it was understood. */
export type TableRow = RowContent & { readonly raw: string };

/** A file that is a table: its columns are known, its rows are still to come. */
export type Table = {
  /** How its columns are read; of NDJSON as far as it is known. */
  layout(): ImportLayout;
  readonly rows: AsyncGenerator<TableRow>;
};

export type TableWish = Omit<LayoutWish, 'header'> & { readonly names: CodeNames };
type Source = { readonly format: FileFormat; readonly head: Buffer; readonly bytes: AsyncIterable<Buffer> };

/** Opens a file as a table. Throws `malformed-file`, or `invalid-file` naming each column that does not fit. */
export async function openTable(source: Source, wish: TableWish): Promise<Table> {
  const table = await (source.format === 'csv' ? openCsv(source, wish) : openNdjson(source, wish));
  return { layout: table.layout, rows: bounded(table.rows) };
}

async function openCsv({ head, bytes }: Source, { names, ...wish }: TableWish): Promise<Table> {
  const separator = separatorOf(firstLine(head));
  const records = readCsv(bytes, separator);
  const first = await records.next();
  if (first.done === true) throw nothingIn('the file has no header row');
  const { cells: header, raw } = first.value;
  if (header.length > MOST_COLUMNS) throw tooManyColumns(header.length);
  const { layout, faults } = layOut({ ...wish, header });
  refuseFaults(faults);

  async function* rows(): AsyncGenerator<TableRow> {
    for await (const { cells, raw } of records) {
      const fits = cells.length === header.length;
      yield { raw, ...(fits ? readRow(layout, cells, names) : unreadableRow(countWords(cells.length, header.length))) };
    }
  }
  const fields = layout.columns.map((column) => column?.field ?? null);
  const said = { map: wish.map, constants: constantsOf(layout.constants) };
  return { rows: rows(), layout: () => ({ header: raw, columns: header, fields, separator, ...said }) };
}

function countWords(cells: number, columns: number): string {
  const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
  return `the row has ${count(cells, 'cell')}, but the header ${count(columns, 'column')}`;
}

/** What is said about names is judged at once; the names themselves come with the rows. */
async function openNdjson({ bytes }: Source, { names, ...wish }: TableWish): Promise<Table> {
  const { layout, faults } = layOut({ ...wish, header: wish.map.map(([, name]) => name) });
  refuseFaults(faults.filter(({ place }) => place !== 'column'));
  const reader = objectReader({ type: wish.type, map: wish.map, constants: layout.constants }, names);

  async function* rows(): AsyncGenerator<TableRow> {
    for await (const raw of readLines(bytes)) {
      yield { raw, ...reader.read(raw) };
      if (reader.columns().length > MOST_COLUMNS) throw tooManyColumns(reader.columns().length);
    }
  }
  function layoutNow(): ImportLayout {
    const columns = reader.columns();
    return {
      header: null,
      columns: columns.map(([name]) => name),
      fields: columns.map(([, column]) => column?.field ?? null),
      separator: null,
      map: wish.map,
      constants: constantsOf(layout.constants),
    };
  }
  return { rows: rows(), layout: layoutNow };
}

function constantsOf(constants: readonly (readonly [ImportColumn, string])[]): ImportLayout['constants'] {
  return constants.map(([{ field }, value]) => [field, value]);
}

/** The first row that is not blank, as far as it can be seen. */
export function firstLine(head: Buffer): string {
  return /[^\r\n]+/.exec(head.toString('utf8').replace(/^\ufeff/, ''))?.[0] ?? '';
}

async function* bounded(rows: AsyncIterable<TableRow>): AsyncGenerator<TableRow> {
  let count = 0;
  for await (const row of rows) {
    count += 1;
    if (count > MOST_ROWS) throw tooManyRows();
    yield row;
  }
  if (count === 0) throw nothingIn('the file has no row');
}

/** Refuses columns that do not fit. */
export function refuseFaults(faults: readonly LayoutFault[]): void {
  if (faults.length === 0) return;
  const items = faults.slice(0, MOST_TOLD).map(({ place, name, ...words }) => ({
    ...(place === 'column' ? { column: shorten(name) } : { parameter: place }),
    ...words,
  }));
  throw malformedFile('invalid-file', ...items);
}

const MOST_TOLD = 50;

function nothingIn(message: string) {
  const remedy = 'Send a header row and at least one row; GET /v1/imports/template.csv shows the columns.';
  return malformedFile('malformed-file', { code: 'empty', message, remedy });
}

function tooManyColumns(count: number) {
  return malformedFile('malformed-file', {
    code: 'too-many-columns',
    message: `a file must have at most ${MOST_COLUMNS} columns, not ${count}`,
    remedy: 'Leave out the columns that are not needed.',
  });
}

function tooManyRows() {
  return malformedFile('file-too-large', {
    row: MOST_ROWS + 1,
    code: 'too-many-rows',
    message: `a file must have at most ${MOST_ROWS} rows`,
    remedy: 'Split the file.',
  });
}
