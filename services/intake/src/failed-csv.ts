import { csvCell, csvRow, firstCells, harmless } from '@qvara/domain/csv-text';
import { textOf } from '@qvara/domain/import-correction';
import { namedValues } from '@qvara/domain/import-object';
import { type FailedRow, readFailed, reasonOf } from '@qvara/store/import-rows';
import type { ImportLayout, ImportRow } from '@qvara/store/imports';
import type { Ledger } from '@qvara/store/orm';
import { parseObject } from './import-objects.ts';

const PAGE = 1_000;
const END = '\r\n';
const ADDED = ['_row', '_code', '_error'];

/** The failed rows as they were sent, with why they failed, page by page. It can be imported as it is. */
export async function* failedCsv(ledger: Ledger, of: ImportRow): AsyncGenerator<string> {
  const text = textsFor(of.layout);
  yield `${text.header}${END}`;
  let after = 0;
  for (;;) {
    const rows = await readFailed(ledger, of, { after, limit: PAGE });
    if (rows.length === 0) return;
    yield rows.map((row) => `${text.rowOf(row)}${END}`).join('');
    after = rows.at(-1)?.rowNo ?? after;
  }
}

function textsFor({ header, columns, separator }: ImportLayout) {
  const between = separator ?? ',';
  const kept = ownColumns(columns);
  const cut = (raw: string) => (kept < columns.length ? firstCells(raw, kept, between) : raw);
  const added = (row: FailedRow) => {
    const { code, error } = reasonOf(row);
    return csvRow([String(row.rowNo), code, harmless(error)], between);
  };
  const sent = (raw: string) => (header === null ? cellsOf(raw, columns) : cut(raw));
  return {
    header: `${header === null ? csvRow(columns) : cut(header)}${between}${csvRow(ADDED, between)}`,
    rowOf: (row: FailedRow) => `${sent(row.raw)}${between}${added(row)}`,
  };
}

/** How many columns there are but for those that an earlier file of failed rows had at its end. */
function ownColumns(columns: readonly string[]): number {
  const own = columns.length - ADDED.length;
  return ADDED.every((name, at) => columns[own + at] === name) ? own : columns.length;
}

/** An object as a row of cells; nothing in them of a line that is none. */
function cellsOf(raw: string, columns: readonly string[]): string {
  const object = parseObject(raw);
  const values = new Map(typeof object === 'string' ? [] : namedValues(object));
  return columns.map((name) => csvCell(textOf(values.get(name)))).join(',');
}
