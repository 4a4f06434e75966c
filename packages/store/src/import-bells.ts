import { OPEN_CHUNK } from './import-chunks.ts';
import type { Ledger } from './orm.ts';
import { sqlOn } from './sql.ts';

/** So many bells of an import are about at once: so many hands it can have. */
export const IMPORT_BELLS = 8;
/** An import with something to do that nobody does, and not rung for so long, is rung again: its bells were lost. */
const LOST_AFTER_S = 10;
const RUNG_AT_ONCE = 200;

export type ImportBell = { readonly queue: 'imports'; readonly jobId: string; readonly bellNo: number };

/** The bells of an import: one for each chunk that waits for a hand, so many at most. */
export async function ringImport(ledger: Ledger, importId: string, most = IMPORT_BELLS): Promise<ImportBell[]> {
  return await ring(ledger, { which: 'i.id = $2', most, value: importId });
}

/** The bells of imports whose bells were lost, or that were never rung. */
export async function ringLostImports(ledger: Ledger): Promise<ImportBell[]> {
  const which = `coalesce(i.rung_at < clock_timestamp() - make_interval(secs => $2), true)`;
  return await ring(ledger, { which, most: IMPORT_BELLS, value: LOST_AFTER_S });
}

type Wish = { readonly which: string; readonly most: number; readonly value: unknown };

async function ring(ledger: Ledger, { which, most, value }: Wish): Promise<ImportBell[]> {
  const rung = await sqlOn(ledger.pool).query<{ id: string; bellNo: number; bells: number }>(
    `with due as materialized (
       select i.id, i.bells from (
         select i.id, i.rung_at, (select count(*)::int from (
           select from import_chunks c where c.import_id = i.id and ${OPEN_CHUNK} limit $1) n) as bells
         from imports i where i.finished_at is null and i.state in ('checking', 'running') and ${which}) i
       where i.bells > 0 order by i.id limit ${RUNG_AT_ONCE})
     update imports i set bell_no = i.bell_no + due.bells, rung_at = clock_timestamp()
     from due where i.id = due.id returning i.id, i.bell_no, due.bells`,
    [most, value],
  );
  return rung.flatMap(({ id, bellNo, bells }) =>
    Array.from({ length: bells }, (_, index) => ({ queue: 'imports' as const, jobId: id, bellNo: bellNo - index })),
  );
}
