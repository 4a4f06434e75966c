import type { JobEvent } from '@qvara/domain/job';
import type { Candidate } from '@qvara/domain/placement';
import type { WindowKey } from './bells.ts';
import { countBreakers } from './breaker.ts';
import { wakeHeld } from './capacity.ts';
import { applyChanges, applyReleases, seatAfter, startsTenant } from './changes.ts';
import type { AGAIN, BatchVerb } from './coalesce.ts';
import { type Act, type Announce, conclude } from './commit.ts';
import { jobEvents, type SeatView } from './events.ts';
import { type MovedJob, moveJob, updateJobs, updateRunning } from './job-rows.ts';
import { advanceLanes } from './lanes.ts';
import { judgeWrites, lockForWrites } from './locked-runs.ts';
import type { Ledger } from './orm.ts';
import { type Placed, placeSeats } from './place-seats.ts';
import type { AdvanceAnswer, AdvanceItem, Entry, Written } from './run-write.ts';
import { loadFitting, lockCapacity } from './seats.ts';
import { type Sql, transactInTwo } from './sql.ts';

/**
 * Writes what runs have done: each job's new state, what it changed and its events, all in one commit for all runs that
 * wrote at the same time. Every write is fenced by its claim.
 */
export function advanceVerb(ledger: Ledger, announce: Announce): BatchVerb<AdvanceItem, AdvanceAnswer> {
  return async (items) => {
    const { answers, news } = await transactInTwo(
      ledger.pool,
      (sql) => prepare(sql, ledger, items),
      (sql, prepared) => finish(sql, ledger, prepared),
    );
    announce(news);
    return answers;
  };
}

/** Runs moved in memory, and what the transaction's last act has to write. */
type Prepared = {
  readonly answers: readonly (AdvanceAnswer | typeof AGAIN)[];
  readonly runs: readonly Written[];
  /** Whether the runs are written already: others were to be found by what they leave. */
  readonly written: boolean;
  readonly act: Act;
};

async function prepare(sql: Sql, ledger: Ledger, items: readonly AdvanceItem[]): Promise<Prepared> {
  const [found, candidates] = await Promise.all([
    lockForWrites(sql, items),
    items.some(movesSeats) ? lockCandidates(sql) : [],
  ]);
  const { answers, entries } = judgeWrites(items, found);
  await place(
    sql,
    entries.filter(({ item }) => item.place !== undefined),
    candidates,
  );
  const runs = entries.map((entry): Written => ({ ...entry, seat: seatAfter(entry), moved: moveEntry(entry) }));
  for (const { item, moved, seat } of runs) answers.set(item, { outcome: 'written', job: moved.job, seat });
  return {
    answers: items.map((item) => answers.get(item) as AdvanceAnswer | typeof AGAIN),
    runs,
    ...(await follow(sql, ledger, runs)),
  };
}

function movesSeats({ place, changes }: AdvanceItem): boolean {
  return place !== undefined || changes?.seat === 'release';
}

async function lockCandidates(sql: Sql): Promise<Candidate[]> {
  return (await Promise.all([lockCapacity(sql), loadFitting(sql)]))[1];
}

/** What runs that end, or give seats back, leave to others: that is found only when they are written. */
async function follow(sql: Sql, ledger: Ledger, runs: readonly Written[]): Promise<Pick<Prepared, 'written' | 'act'>> {
  const records = runs.flatMap(({ moved, seat }) => jobEvents(ledger, moved, seat));
  const over = runs.filter(({ moved }) => moved.job.state !== 'running');
  const freed = windowsOf(over, ({ item }) => item.job.bell === 'rung');
  const waiting = windowsOf(over, ({ item, moved }) => item.job.bell === 'taken' && moved.job.state === 'waiting');
  const ended = runs.filter(({ moved }) => moved.job.finishedAt !== null).map(({ item }) => item.job.customerId);
  const frees = runs.some(({ item }) => item.changes?.seat === 'release');
  if (ended.length === 0 && !frees) return { written: false, act: { freed, touched: waiting, records } };
  const [, next] = await Promise.all([writeRuns(sql, runs), advanceLanes(sql, ended)]);
  if (!frees) return { written: true, act: { freed, touched: [...waiting, ...next], records } };
  await applyReleases(sql, ledger, runs);
  const woken = await wakeHeld(sql, ledger);
  const act = { freed, touched: [...waiting, ...next, ...woken.touched], records: [...records, ...woken.records] };
  return { written: true, act };
}

function windowsOf(runs: readonly Written[], which: (run: Written) => boolean): WindowKey[] {
  return runs.filter(which).map(({ moved: { job } }) => ({ clientId: job.clientId, queue: job.queue }));
}

async function writeRuns(sql: Sql, runs: readonly Written[]): Promise<void> {
  const jobs = runs.map(({ moved }) => moved.job);
  await Promise.all([
    updateRunning(
      sql,
      jobs.filter(({ state }) => state === 'running'),
    ),
    updateJobs(
      sql,
      jobs.filter(({ state }) => state !== 'running'),
    ),
    applyChanges(sql, runs),
    countBreakers(sql, runs),
  ]);
}

async function finish(sql: Sql, ledger: Ledger, { answers, runs, written, act }: Prepared) {
  const [, news] = await Promise.all([written ? undefined : writeRuns(sql, runs), conclude(sql, ledger, act)]);
  const dueInMs = runs.flatMap(({ now, moved }) =>
    moved.job.state === 'waiting' ? [msBetween(now, moved.job.dueAt)] : [],
  );
  return { answers, news: { ...news, dueInMs } };
}

function msBetween(now: string, dueAt: string | null): number {
  return dueAt === null ? 0 : Math.max(0, Date.parse(dueAt) - Date.parse(now));
}

async function place(sql: Sql, entries: readonly Entry[], candidates: readonly Candidate[]): Promise<void> {
  const seatless = entries.filter((entry) => entry.seat === null);
  const requests = seatless.map(({ item }) => ({
    jobId: item.job.id,
    customerId: item.job.customerId,
    region: item.place?.region ?? null,
    tenantStarted: startsTenant(item),
  }));
  const placed = await placeSeats(sql, requests, candidates);
  seatless.forEach((entry, index) => {
    entry.placed = placed[index] ?? null;
    entry.seat = entry.placed?.seat ?? null;
  });
}

function moveEntry({ item, now, eventCount, seat, placed }: Entry): MovedJob {
  const { job, told } = moveJob({ ...item.job, eventCount }, eventsOf(item, seat, placed), now);
  return { job: { ...job, writeNo: item.job.writeNo + 1 }, told };
}

function eventsOf(item: AdvanceItem, seat: SeatView | null, placed: Placed | null): readonly JobEvent[] {
  if (item.place === undefined) return item.events;
  if (seat === null) return [{ type: 'held', detail: placed?.reason ?? 'no container has head-room' }];
  const choice = placed?.reason ?? 'the seat it already holds';
  const reserved = { name: 'container.reserved', detail: { choice } } as const;
  return [{ type: 'step-succeeded', step: 'reserve-seat', told: [reserved] }, ...item.events];
}
