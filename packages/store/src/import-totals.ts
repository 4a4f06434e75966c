import type { ImportTotals } from '@qvara/contracts/imports';
import type { Sql } from './sql.ts';

/** Rows by verdict and state, how many of them changed since the check, and how many chunks are not checked. */
export type ImportSums = ImportTotals & { readonly changed: number; readonly unchecked: number };

const COUNTS = 'rows, unchanged, invalid, conflict, pending, running, done, failed, skipped, changed'.split(', ');
const COLUMNS = [...COUNTS.map((name) => [name, name]), ['to_create', 'create'], ['to_update', 'update']];

/** The sums of an import's chunks, as columns. */
export const SUMS = [
  ...COLUMNS.map(([column, name]) => `coalesce(sum(${column}), 0)::int as "${name}"`),
  '(count(*) filter (where not checked))::int as unchecked',
].join(', ');

/** The totals of imports, as one statement sees them: exact at that moment. */
export async function totalsOf(sql: Sql, importIds: readonly string[]): Promise<Map<string, ImportSums>> {
  const rows = await sql.query<ImportSums & { readonly importId: string }>(
    `select i.id as import_id, n.* from unnest($1::text[]) i (id) cross join lateral (
       select ${SUMS} from import_chunks where import_id = i.id) n`,
    [importIds],
  );
  return new Map(rows.map(({ importId, ...sums }) => [importId, sums]));
}
