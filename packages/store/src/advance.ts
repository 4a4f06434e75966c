import type { JobEvent, JobEventType } from '@qvara/domain/job';
import { countBreakers } from './breaker.ts';
import { wakeHeld } from './capacity.ts';
import { applyChanges } from './changes.ts';
import { AGAIN, type BatchVerb } from './coalesce.ts';
import { type Announce, conclude, type News } from './commit.ts';
import { jobEvents, type SeatView } from './events.ts';
import { type MovedJob, moveJob, updateJobs } from './job-rows.ts';
import { advanceLanes, lockLanes } from './lanes.ts';
import type { Ledger } from './orm.ts';
import type { AdvanceAnswer, AdvanceItem, Entry, LockedRun, Written } from './run-write.ts';
import { seatColumns, seatOf } from './seat-view.ts';
import { lockCapacity, type Placed, placeSeats } from './seats.ts';
import { type Sql, transact } from './sql.ts';

const MAY_END: ReadonlySet<JobEventType> = new Set(['completed', 'gave-up', 'undo-finished', 'undo-gave-up']);

/**
 * Writes what runs have done: each job's new state, what it changed and its events, all in one commit for all runs that
 * wrote at the same time. Every write is fenced by its claim.
 */
export function advanceVerb(ledger: Ledger, announce: Announce): BatchVerb<AdvanceItem, AdvanceAnswer> {
  return async (items) => {
    const { answers, news } = await transact(ledger.pool, (sql) => advance(sql, ledger, items));
    announce(news);
    return answers;
  };
}

async function advance(sql: Sql, ledger: Ledger, items: readonly AdvanceItem[]) {
  const mayEnd = items.filter((item) => item.events.some((event) => MAY_END.has(event.type)));
  const lanes = await lockLanesOf(sql, mayEnd);
  const rows = await lockRuns(sql, items);
  const answers = new Map<AdvanceItem, AdvanceAnswer | typeof AGAIN>();
  const entries: Entry[] = [];
  for (const item of items) {
    const row = rows.get(item.jobId);
    const answer = row === undefined ? ({ outcome: 'fenced' } as const) : judge(item, row, lanes);
    const twice = entries.some((entry) => entry.row === row);
    if (answer !== null || twice) answers.set(item, answer ?? AGAIN);
    else if (row !== undefined) entries.push({ item, row, seat: seatOf(row), placed: null });
  }
  const written = await write(sql, ledger, entries);
  for (const { item, moved, seat } of written.runs) answers.set(item, { outcome: 'written', job: moved.job, seat });
  return { answers: items.map((item) => answers.get(item) as AdvanceAnswer | typeof AGAIN), news: written.news };
}

async function lockLanesOf(sql: Sql, items: readonly AdvanceItem[]): Promise<Set<string>> {
  if (items.length === 0) return new Set();
  const rows = await sql.query<{ customerId: string }>('select customer_id from jobs where id = any($1)', [
    items.map((item) => item.jobId),
  ]);
  return await lockLanes(
    sql,
    rows.map((row) => row.customerId),
  );
}

async function lockRuns(sql: Sql, items: readonly AdvanceItem[]): Promise<Map<string, LockedRun>> {
  const rows = await sql.query<LockedRun>(
    `select j.*, ${seatColumns}, clock_timestamp() as now
     from jobs j left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id
     where j.id = any($1) order by j.id for update of j`,
    [items.map((item) => item.jobId)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The answer to an item that is not to be written now; null when it is. */
function judge(item: AdvanceItem, row: LockedRun, lanes: Set<string>): AdvanceAnswer | typeof AGAIN | null {
  if (row.claimNo !== item.claimNo) return { outcome: 'fenced' };
  if (row.writeNo === item.writeNo + 1) return { outcome: 'written', job: row, seat: seatOf(row) };
  if (row.writeNo !== item.writeNo || row.state !== 'running') return { outcome: 'fenced' };
  return item.events.some((event) => MAY_END.has(event.type)) && !lanes.has(row.customerId) ? AGAIN : null;
}

async function write(sql: Sql, ledger: Ledger, entries: Entry[]): Promise<{ runs: Written[]; news: News }> {
  const frees = entries.some(({ item }) => item.changes?.seat === 'release');
  const places = entries.filter(({ item }) => item.place !== undefined);
  if (frees || places.length > 0) await lockCapacity(sql);
  await place(sql, places);
  const runs = entries.map((entry): Written => ({ ...entry, moved: moveEntry(entry) }));
  await updateJobs(
    sql,
    runs.map(({ moved }) => moved.job),
  );
  await applyChanges(sql, ledger, runs);
  await countBreakers(sql, runs);
  const ended = runs.filter(({ moved }) => moved.job.finishedAt !== null).map(({ row }) => row.customerId);
  const next = await advanceLanes(sql, ended);
  const woken = frees ? await wakeHeld(sql, ledger) : { touched: [], records: [] };
  const freed = runs
    .filter(({ moved }) => moved.job.state !== 'running')
    .map(({ row }) => ({ clientId: row.clientId, queue: row.queue }));
  const records = runs.flatMap(({ moved, seat }) => jobEvents(ledger, moved, seat));
  const news = await conclude(sql, ledger, {
    freed,
    touched: [...next, ...woken.touched],
    records: [...records, ...woken.records],
  });
  const waits = runs.flatMap(({ row, moved }) =>
    moved.job.state === 'waiting' ? [msBetween(row.now, moved.job.dueAt)] : [],
  );
  return { runs, news: { ...news, dueInMs: waits } };
}

function msBetween(now: string, dueAt: string | null): number {
  return dueAt === null ? 0 : Math.max(0, Date.parse(dueAt) - Date.parse(now));
}

async function place(sql: Sql, entries: readonly Entry[]): Promise<void> {
  const seatless = entries.filter((entry) => entry.seat === null);
  const placed = await placeSeats(
    sql,
    seatless.map(({ item, row: { id, customerId } }) => ({
      jobId: id,
      customerId,
      region: item.place?.region ?? null,
    })),
  );
  seatless.forEach((entry, index) => {
    entry.placed = placed[index] ?? null;
    entry.seat = entry.placed?.seat ?? null;
  });
}

function moveEntry({ item, row, seat, placed }: Entry): MovedJob {
  const { job, told } = moveJob(row, eventsOf(item, seat, placed), row.now);
  return { job: { ...job, writeNo: item.writeNo + 1 }, told };
}

function eventsOf(item: AdvanceItem, seat: SeatView | null, placed: Placed | null): readonly JobEvent[] {
  if (item.place === undefined) return item.events;
  if (seat === null) return [{ type: 'held', detail: placed?.reason ?? 'no container has head-room' }];
  const choice = placed?.reason ?? 'the seat it already holds';
  const reserved = { name: 'container.reserved', detail: { choice } } as const;
  return [{ type: 'step-succeeded', step: 'reserve-seat', told: [reserved] }, ...item.events];
}
