import type { ImportState } from '@qvara/contracts/imports';
import { type ImportMove, nextImportMove } from '@qvara/domain/import-state';
import { headRoom } from '@qvara/domain/placement';
import type { Announce } from './commit.ts';
import type { ImportRecord } from './entities/import.ts';
import { appendEvents } from './events.ts';
import { toldOf } from './import-events.ts';
import { type ImportSums, totalsOf } from './import-totals.ts';
import type { Ledger } from './orm.ts';
import { loadFitting } from './seats.ts';
import { type Sql, sqlOn, transactPatiently } from './sql.ts';

/** While rows move, that is told about this often. */
const TELL_EVERY_MS = 2_000;
/** How much the newest measurement counts. */
const NEWEST = 0.5;

type Open = Omit<ImportRecord, 'layout' | 'mode' | 'format'> & {
  readonly pausedRegions: readonly string[] | null;
  readonly rateRows: number;
  /** Milliseconds since the rows were last counted, and since anything was told. */
  readonly countedMs: number | null;
  readonly toldMs: number | null;
};

/** Moves an import on by what has become of its rows, and tells how far it is. Answers its state; null when it is gone. */
export async function moveOn(ledger: Ledger, announce: Announce, importId: string): Promise<ImportState | null> {
  const moved = await transactPatiently(ledger.pool, (sql) => move(sql, importId));
  if (moved === null) return null;
  if (moved.lastEvent > 0) announce({ bells: [], lastEvent: moved.lastEvent, ended: false, dueInMs: [] });
  return moved.state;
}

async function move(sql: Sql, importId: string) {
  const [own] = await sql.query<Open>(
    `select *, extract(epoch from clock_timestamp() - rate_at)::float8 * 1000 as counted_ms,
       extract(epoch from clock_timestamp() - told_at)::float8 * 1000 as told_ms
     from imports where id = $1 for update`,
    [importId],
  );
  if (own === undefined) return null;
  const sums = (await totalsOf(sql, [importId])).get(importId) as ImportSums;
  const next = nextImportMove(standingOf(own), sums, await hasRoom(sql, own));
  const counted = countedRows(own, sums);
  if (next === null && (counted === own.rateRows || (own.toldMs ?? TELL_EVERY_MS) < TELL_EVERY_MS))
    return { state: own.state, lastEvent: 0 };
  const state = next?.state ?? own.state;
  // Who begins anew is measured anew.
  const rate = next === null ? rateOf(own, counted) : null;
  const told = {
    ...own,
    state,
    rate,
    pausedReason: next?.pause?.reason ?? null,
    pausedDetail: next?.pause?.detail ?? null,
  };
  await writeMove(sql, { own, next, rate, counted });
  const name = next?.finishes === true ? 'import.finished' : 'import.progressed';
  return { state, lastEvent: await appendEvents(sql, [toldOf(told, sums, name)]) };
}

function standingOf({ startedAt, finishedAt, ...own }: Open) {
  return { ...own, started: startedAt !== null, finished: finishedAt !== null };
}

/** Whether there is room again where an import waits for it: more than the jobs want that are held. */
async function hasRoom(sql: Sql, { state, pausedReason, pausedRegions }: Open): Promise<boolean> {
  if (state !== 'paused' || pausedReason !== 'no-capacity') return false;
  const [fitting, held] = await Promise.all([
    loadFitting(sql),
    sql.query<{ region: string | null; n: number }>(
      `select c.region, count(*)::int as n from jobs j join customers c on c.id = j.customer_id
       where j.state = 'held' group by c.region`,
    ),
  ]);
  return (pausedRegions ?? ['']).some((region) => {
    const inRegion = (name: string | null) => region === '' || name === region;
    const free = fitting.filter((one) => inRegion(one.region)).reduce((sum, one) => sum + headRoom(one), 0);
    const waiting = held.filter((one) => inRegion(one.region)).reduce((sum, { n }) => sum + n, 0);
    return free > waiting;
  });
}

/** Rows that are behind it: checked, or over. */
function countedRows({ state }: Open, sums: ImportSums): number {
  if (state !== 'checking') return sums.done + sums.failed + sums.skipped;
  return sums.create + sums.update + sums.unchanged + sums.invalid + sums.conflict;
}

/** Rows a second, the newest ones counting most. */
function rateOf({ rate, rateRows, countedMs }: Open, counted: number): number | null {
  if (countedMs === null || countedMs <= 0) return rate;
  const newest = (Math.max(0, counted - rateRows) / countedMs) * 1_000;
  return rate === null ? newest : rate * (1 - NEWEST) + newest * NEWEST;
}

type Written = {
  readonly own: Open;
  readonly next: ImportMove | null;
  readonly rate: number | null;
  readonly counted: number;
};

async function writeMove(sql: Sql, { own, next, rate, counted }: Written): Promise<void> {
  await sql.query(
    `update imports set rate = $2, rate_rows = $3, rate_at = clock_timestamp(), told_at = clock_timestamp() where id = $1`,
    [own.id, rate, counted],
  );
  if (next === null) return;
  await sql.query(
    `update imports set state = $2, paused_reason = $3, paused_detail = $4, paused_regions = null,
       paused_at = case when $3::text is null then null else clock_timestamp() end,
       checked_at = case when state = 'checking' then clock_timestamp() else checked_at end,
       started_at = case when $2 = 'running' then coalesce(started_at, clock_timestamp()) else started_at end,
       finished_at = case when $5 then clock_timestamp() end
     where id = $1`,
    [own.id, next.state, next.pause?.reason ?? null, next.pause?.detail ?? null, next.finishes],
  );
}

type Lack = { readonly importId: string; readonly regions: readonly string[]; readonly detail: string };

/** Lets a running import stand still until there is room in one of these regions; the empty name: anywhere. */
export async function pauseForRoom(ledger: Ledger, announce: Announce, lack: Lack): Promise<void> {
  const lastEvent = await transactPatiently(ledger.pool, async (sql) => {
    const [own] = await sql.query<Open>(
      `update imports set state = 'paused', paused_reason = 'no-capacity', paused_detail = $2, paused_regions = $3,
           paused_at = clock_timestamp(), told_at = clock_timestamp(), rate = null
         where id = $1 and state = 'running' returning *`,
      [lack.importId, lack.detail, lack.regions],
    );
    if (own === undefined) return 0;
    const sums = (await totalsOf(sql, [own.id])).get(own.id) as ImportSums;
    return await appendEvents(sql, [toldOf(own, sums, 'import.progressed')]);
  });
  if (lastEvent > 0) announce({ bells: [], lastEvent, ended: false, dueInMs: [] });
}

/** Imports that may move on by themselves. */
export async function findOpenImports(ledger: Ledger): Promise<string[]> {
  const rows = await sqlOn(ledger.pool).query<{ id: string }>(
    `select id from imports where finished_at is null and state in ('checking', 'running', 'paused', 'cancelled')
     order by id`,
  );
  return rows.map(({ id }) => id);
}
