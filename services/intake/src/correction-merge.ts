import type { ImportColumn } from '@qvara/contracts/import-columns';
import { shorten } from '@qvara/contracts/problem-items';
import { csvRow } from '@qvara/domain/csv-text';
import { correctCells, correctValues } from '@qvara/domain/import-correction';
import { findColumn } from '@qvara/domain/import-layout';
import { namedValues } from '@qvara/domain/import-object';
import { type CodeNames, readRow } from '@qvara/domain/import-row';
import { type Correction, type Corrigible, findNamedRows } from '@qvara/store/import-retry';
import type { ImportRow } from '@qvara/store/imports';
import type { Ledger } from '@qvara/store/orm';
import { type CorrectionRow, placeIn, unfit } from './correction-rows.ts';
import { readRecord } from './csv-records.ts';
import { objectReader, parseObject } from './import-objects.ts';
import { contentHash } from './receive-import.ts';

/** Whose rows are corrected, and by which names codes are known. */
export type Correcting = { readonly of: ImportRow; readonly names: CodeNames };

/** The rows that corrections are about, as they will be. Throws `invalid-file` for one that is about no failed row. */
export async function correctRows(
  ledger: Ledger,
  { of, names }: Correcting,
  corrections: readonly CorrectionRow[],
): Promise<Correction[]> {
  const rowNos = corrections.flatMap(({ rowNo }) => (rowNo === null ? [] : [rowNo]));
  const refs = corrections.flatMap(({ ref }) => (ref === null ? [] : [ref]));
  const found = await findNamedRows(ledger, of.id, { rowNos, refs });
  const byNumber = new Map(found.map((row) => [row.rowNo, row]));
  const byRef = Map.groupBy(byNumber.values(), ({ ref }) => ref);
  const rewrite = of.format === 'csv' ? rewriterOfCells(of, names) : rewriterOfObjects(of, names);
  return corrections.map((correction) => {
    const row = named(correction, byNumber, byRef);
    const { raw, fields, ref } = rewrite(row, correction);
    return { rowNo: row.rowNo, raw, fields, ref, hash: contentHash(fields) };
  });
}

function named(
  { at, rowNo, ref }: CorrectionRow,
  byNumber: ReadonlyMap<number, Corrigible>,
  byRef: ReadonlyMap<string | null, readonly Corrigible[]>,
): Corrigible {
  if (rowNo !== null) {
    const row = byNumber.get(rowNo);
    if (row === undefined) throw unfit(at, `names row ${rowNo}, which the import does not have`);
    if (row.state !== 'failed') throw unfit(at, `names row ${rowNo}, which has not failed: it is ${row.state}`);
    return row;
  }
  const [row, another] = (byRef.get(ref) ?? []).filter(({ state }) => state === 'failed');
  const shown = JSON.stringify(shorten(ref ?? ''));
  if (row === undefined) throw unfit(at, `names ${shown}, but no failed row has this reference`);
  if (another !== undefined) throw unfit(at, `names ${shown}, but several failed rows have this reference`);
  return row;
}

type Rewrite = (row: Corrigible, correction: CorrectionRow) => Pick<Correction, 'raw' | 'fields' | 'ref'>;

const columnsOf = (of: ImportRow, fields: readonly (string | null)[]) =>
  fields.map((field) => (field === null ? null : (findColumn(of.type, field) ?? null)));

function constantsOf({ type, layout }: ImportRow): (readonly [ImportColumn, string])[] {
  return layout.constants.map(([field, value]) => [findColumn(type, field) as ImportColumn, value]);
}

/** A row whose cells could not be told apart begins without any. */
function rewriterOfCells(of: ImportRow, names: CodeNames): Rewrite {
  const separator = of.layout.separator ?? ',';
  const columns = columnsOf(of, of.layout.fields);
  const layout = { type: of.type, columns, constants: constantsOf(of) };
  return (row, { values }) => {
    const sent = readRecord(row.raw, separator);
    const cells = sent.length === columns.length ? sent : columns.map(() => '');
    const replaced = values.flatMap(([name, value]) => {
      const place = placeIn(of, name);
      return typeof place === 'number' ? [[place, value] as const] : [];
    });
    const corrected = correctCells(cells, replaced);
    return { raw: csvRow(corrected, separator), ...readRow(layout, corrected, names) };
  };
}

function rewriterOfObjects(of: ImportRow, names: CodeNames): Rewrite {
  const reader = objectReader({ type: of.type, map: of.layout.map, constants: constantsOf(of) }, names);
  return (row, { values }) => {
    const sent = parseObject(row.raw);
    const corrected = correctValues(typeof sent === 'string' ? [] : namedValues(sent), values);
    const raw = JSON.stringify(Object.fromEntries(corrected));
    return { raw, ...reader.read(raw) };
  };
}
