import { separatorOf } from '@qvara/domain/csv-text';
import { placeOf } from '@qvara/domain/import-correction';
import { findColumn, isIgnored } from '@qvara/domain/import-layout';
import { type NamedValue, namedValues } from '@qvara/domain/import-object';
import type { ImportRow } from '@qvara/store/imports';
import { readCsv } from './csv-records.ts';
import { readLines } from './file-lines.ts';
import { checkText, readAhead } from './file-text.ts';
import { parseObject } from './import-objects.ts';
import { firstLine, refuseFaults } from './import-table.ts';
import { malformedFile } from './refusal.ts';
import type { SentFile } from './sent-file.ts';

/** One row of a correction: which row it is about, and what of that it replaces. */
export type CorrectionRow = {
  /** Its own number in its file. */
  readonly at: number;
  readonly rowNo: number | null;
  readonly ref: string | null;
  readonly values: readonly NamedValue[];
};

const ROW = '_row';
const ROW_NUMBER = /^[1-9]\d{0,6}$/;
const REFERENCES = new Set(['externalRef', 'customerRef', 'customerId']);
const ENOUGH = 64 * 1024;

/** Reads the rows of a correction as they come. Throws `malformed-file`, or `invalid-file` for what fits no column. */
export async function* correctionRows(of: ImportRow, { format, bytes }: SentFile): AsyncGenerator<CorrectionRow> {
  const { head, all } = await readAhead(checkText(bytes), ENOUGH);
  const rows = format === 'csv' ? csvRows(of, all, separatorOf(firstLine(head))) : objectRows(all);
  let at = 0;
  for await (const named of rows) {
    at += 1;
    yield correctionOf(of, at, named);
  }
  if (at > 0) return;
  const remedy = 'Send a header row and at least one row, each with its _row.';
  throw malformedFile('malformed-file', { code: 'empty', message: 'the correction has no row', remedy });
}

async function* csvRows(of: ImportRow, bytes: AsyncIterable<Buffer>, separator: string): AsyncGenerator<NamedValue[]> {
  const records = readCsv(bytes, separator);
  const first = await records.next();
  if (first.done === true) return;
  const { cells: header } = first.value;
  refuseUnknown(of, header);
  let at = 0;
  for await (const { cells } of records) {
    at += 1;
    if (cells.length !== header.length)
      throw unfit(at, `has ${cells.length} cells, but the header ${header.length} columns`);
    yield header.map((name, place) => [name, cells[place]]);
  }
}

async function* objectRows(bytes: AsyncIterable<Buffer>): AsyncGenerator<NamedValue[]> {
  let at = 0;
  for await (const line of readLines(bytes)) {
    at += 1;
    const object = parseObject(line);
    if (typeof object === 'string') throw unfit(at, object);
    yield namedValues(object);
  }
}

/** A column of a correction must be one that the file had, or of an object a field. */
function refuseUnknown(of: ImportRow, header: readonly string[]): void {
  const places = header.map((name) => placeIn(of, name));
  const unknown = header.filter((name, at) => !isIgnored(name) && places[at] === undefined);
  const twice = header.filter(
    (name, at) => !isIgnored(name) && places.indexOf(places[at]) < at && !unknown.includes(name),
  );
  const remedy = `Leave it out. The file had: ${of.layout.columns.join(', ')}.`;
  refuseFaults([
    ...unknown.map((name) => ({
      place: 'column' as const,
      name,
      code: 'unknown-column' as const,
      message: 'is no column of the file that is corrected',
      remedy,
    })),
    ...twice.map((name) => ({
      place: 'column' as const,
      name,
      code: 'given-twice' as const,
      message: 'means the same as another column of the correction',
      remedy,
    })),
  ]);
}

/** What a name of a correction means: a column by its number, else the name of a field; undefined when it is nothing. */
export function placeIn({ type, format, layout }: ImportRow, name: string): number | string | undefined {
  const place = placeOf({ type, columns: layout.columns, fields: layout.fields }, name);
  if (place >= 0) return place;
  return format === 'ndjson' ? findColumn(type, name)?.field : undefined;
}

function correctionOf(of: ImportRow, at: number, named: readonly NamedValue[]): CorrectionRow {
  const [, number] = named.findLast(([name]) => name.trim() === ROW) ?? [];
  const values = named.filter(([name]) => !isIgnored(name));
  if (number !== undefined && String(number).trim() !== '') {
    if (!ROW_NUMBER.test(String(number).trim())) throw unfit(at, 'has a _row that is no number of a row');
    return { at, rowNo: Number(number), ref: null, values };
  }
  const [, ref] = values.find(([name]) => REFERENCES.has(fieldOf(of, name) ?? '')) ?? [];
  if (typeof ref === 'string' && ref.trim() !== '') return { at, rowNo: null, ref: ref.trim(), values };
  throw unfit(at, 'names no row: it has neither a _row nor a reference');
}

function fieldOf({ type, layout }: ImportRow, name: string): string | null | undefined {
  const place = placeOf({ type, columns: layout.columns, fields: layout.fields }, name);
  return place >= 0 ? layout.fields[place] : findColumn(type, name)?.field;
}

/** The refusal of a row of a correction. */
export function unfit(row: number, message: string) {
  const remedy = 'Correct it: each row of a correction names one failed row by its _row, as failed.csv does.';
  return malformedFile('invalid-file', { row, code: 'unfit-row', message, remedy });
}
