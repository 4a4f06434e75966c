import type { ImportTotals } from '@qvara/contracts/imports';
import type { Sql } from './sql.ts';

/** Rows by verdict and state, how many of them changed since the check, and how many chunks are not checked. */
export type ImportSums = ImportTotals & { readonly changed: number; readonly unchecked: number };

type Sums = Omit<ImportSums, 'create' | 'update'> & {
  readonly importId: string;
  readonly toCreate: number;
  readonly toUpdate: number;
};

const COUNTS =
  'rows, to_create, to_update, unchanged, invalid, conflict, pending, running, done, failed, skipped, changed'.split(
    ', ',
  );
const NONE: ImportSums = {
  rows: 0,
  create: 0,
  update: 0,
  unchanged: 0,
  invalid: 0,
  conflict: 0,
  pending: 0,
  running: 0,
  done: 0,
  failed: 0,
  skipped: 0,
  changed: 0,
  unchecked: 0,
};

/** The totals of imports, as one statement sees them: exact at that moment. */
export async function totalsOf(sql: Sql, importIds: readonly string[]): Promise<Map<string, ImportSums>> {
  const rows = await sql.query<Sums>(
    `select import_id, (count(*) filter (where not checked))::int as unchecked,
       ${COUNTS.map((name) => `sum(${name})::int as ${name}`).join(', ')}
     from import_chunks where import_id = any($1) group by import_id`,
    [importIds],
  );
  const found = new Map(
    rows.map(({ importId, toCreate, toUpdate, ...sums }) => [
      importId,
      { ...sums, create: toCreate, update: toUpdate },
    ]),
  );
  return new Map(importIds.map((id) => [id, found.get(id) ?? NONE]));
}
