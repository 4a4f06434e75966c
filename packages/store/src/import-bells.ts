import { BEATS, OPEN_CHUNK } from './import-chunks.ts';
import type { Ledger } from './orm.ts';
import { sqlOn } from './sql.ts';

/** So many bells of an import are about at once: so many hands it can have. */
export const IMPORT_BELLS = 8;
/** Hands that an import has not got so long after it was rung are rung for again: their bells were lost. */
const LOST_AFTER_S = 10;
const RUNG_AT_ONCE = 200;

export type ImportBell = { readonly queue: 'imports'; readonly jobId: string; readonly bellNo: number };

/** The bell of one hand that goes on with an import, if a chunk waits for it: the other hands have theirs. */
export async function ringHand(ledger: Ledger, importId: string): Promise<ImportBell[]> {
  return await ring(ledger, { which: 'i.id = $1', most: 1, rungAt: 'i.rung_at', value: importId });
}

/** The bells of an import: one for each chunk that waits for a hand, up to the hands it can have and has not. */
export async function ringImport(ledger: Ledger, importId: string): Promise<ImportBell[]> {
  return await ring(ledger, { which: 'i.id = $1', most: MISSING, rungAt: 'clock_timestamp()', value: importId });
}

/** The bells of imports whose bells were lost, some or all, or that were never rung. */
export async function ringLostImports(ledger: Ledger): Promise<ImportBell[]> {
  const which = `coalesce(i.rung_at < clock_timestamp() - make_interval(secs => $1), true)`;
  return await ring(ledger, { which, most: MISSING, rungAt: 'clock_timestamp()', value: LOST_AFTER_S });
}

const MISSING = `greatest(0, ${IMPORT_BELLS} - (select count(*) from import_chunks c join workers w on w.id = c.worker_id
  where c.import_id = i.id and ${BEATS}))`;

/** Of an import `i`, as SQL. */
type Wish = {
  readonly which: string;
  readonly most: number | string;
  /** When all its hands were rung for. */
  readonly rungAt: string;
  readonly value: unknown;
};

async function ring(ledger: Ledger, { which, most, rungAt, value }: Wish): Promise<ImportBell[]> {
  const rung = await sqlOn(ledger.pool).query<{ id: string; bellNo: number; bells: number }>(
    `with due as materialized (
       select i.id, i.bells from (
         select i.id, i.rung_at, (select count(*)::int from (
           select from import_chunks c where c.import_id = i.id and ${OPEN_CHUNK} limit ${most}) n) as bells
         from imports i where i.finished_at is null and i.state in ('checking', 'running') and ${which}) i
       where i.bells > 0 order by i.id limit ${RUNG_AT_ONCE})
     update imports i set bell_no = i.bell_no + due.bells, rung_at = ${rungAt}
     from due where i.id = due.id returning i.id, i.bell_no, due.bells`,
    [value],
  );
  return rung.flatMap(({ id, bellNo, bells }) =>
    Array.from({ length: bells }, (_, index) => ({ queue: 'imports' as const, jobId: id, bellNo: bellNo - index })),
  );
}
