import type { JobEvent, JobEventType } from '@qvara/domain/job';
import type { Candidate } from '@qvara/domain/placement';
import { countBreakers } from './breaker.ts';
import { wakeHeld } from './capacity.ts';
import { applyChanges, applyReleases, seatAfter, startsTenant } from './changes.ts';
import { AGAIN, type BatchVerb } from './coalesce.ts';
import { type Act, type Announce, conclude } from './commit.ts';
import { type JobRow, jobOf, type Stored } from './entities/job.ts';
import { jobEvents, type SeatView } from './events.ts';
import { findHeld, type MovedJob, moveJob, updateJobs, updateRunning } from './job-rows.ts';
import { advanceLanes } from './lanes.ts';
import type { Ledger } from './orm.ts';
import type { AdvanceAnswer, AdvanceItem, Entry, LockedRun, Written } from './run-write.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { loadFitting, lockCapacity, type Placed, placeSeats } from './seats.ts';
import { type Sql, transactInTwo } from './sql.ts';

const MAY_END: ReadonlySet<JobEventType> = new Set(['completed', 'gave-up', 'undo-finished', 'undo-gave-up']);

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

type Answers = Map<AdvanceItem, AdvanceAnswer | typeof AGAIN>;
/** Runs moved in memory, and what the transaction's last act has to write. */
type Prepared = {
  readonly answers: readonly (AdvanceAnswer | typeof AGAIN)[];
  readonly runs: readonly Written[];
  /** Whether the runs are written already: others were to be found by what they leave. */
  readonly written: boolean;
  readonly act: Act;
};

async function prepare(sql: Sql, ledger: Ledger, items: readonly AdvanceItem[]): Promise<Prepared> {
  const [lanes, rows, candidates] = await Promise.all([
    lockLanesOf(sql, items.filter(mayEnd)),
    lockRuns(sql, items),
    items.some(movesSeats) ? lockCandidates(sql) : [],
  ]);
  const found: Found = { rows, lanes, ...(await lookAgain(sql, items, rows)) };
  const answers: Answers = new Map();
  const entries = judgeAll(items, found, answers);
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

function mayEnd(item: AdvanceItem): boolean {
  return item.events.some((event) => MAY_END.has(event.type));
}

function movesSeats({ place, changes }: AdvanceItem): boolean {
  return place !== undefined || changes?.seat === 'release';
}

async function lockCandidates(sql: Sql): Promise<Candidate[]> {
  return (await Promise.all([lockCapacity(sql), loadFitting(sql)]))[1];
}

type Found = {
  readonly rows: ReadonlyMap<string, LockedRun>;
  readonly lanes: ReadonlySet<string>;
  /** Jobs that are there, but somebody else has them locked. */
  readonly held: ReadonlySet<string>;
  /** Jobs whose write was carried out before, as it left them. */
  readonly written: ReadonlyMap<string, WrittenJob>;
};

/** Looks for what is not as a first write finds it, which is rare. */
async function lookAgain(sql: Sql, items: readonly AdvanceItem[], rows: Found['rows']) {
  const missing = items.map(({ job }) => job.id).filter((id) => !rows.has(id));
  const repeated = items.filter((item) => isWritten(item, rows.get(item.job.id))).map(({ job }) => job.id);
  const [held, written] = await Promise.all([findHeld(sql, missing), readWritten(sql, repeated)]);
  return { held, written: new Map(written.map((job) => [job.id, job])) };
}

type WrittenJob = JobRow & SeatColumns;

/** The seat is read again too: what the locking statement shows of it may be older than the job. */
async function readWritten(sql: Sql, jobIds: readonly string[]): Promise<WrittenJob[]> {
  if (jobIds.length === 0) return [];
  const rows = await sql.query<Stored<WrittenJob>>(
    `select j.*, ${seatColumns} from jobs j
     left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id
     where j.id = any($1)`,
    [jobIds],
  );
  return rows.map(jobOf);
}

function isWritten({ job }: AdvanceItem, row: LockedRun | undefined): boolean {
  return row !== undefined && row.claimNo === job.claimNo && row.writeNo === job.writeNo + 1;
}

/** The items that are to be written now; the others get their answers. */
function judgeAll(items: readonly AdvanceItem[], found: Found, answers: Answers): Entry[] {
  const entries = new Map<string, Entry>();
  for (const item of items) {
    const row = found.rows.get(item.job.id);
    const answer = row === undefined ? unlocked(item, found.held) : judge(item, row, found);
    if (answer !== null || row === undefined || entries.has(row.id)) answers.set(item, answer ?? AGAIN);
    else entries.set(row.id, { item, now: row.now, seat: seatOf(row), placed: null });
  }
  return [...entries.values()];
}

/** What runs that end, or give seats back, leave to others: that is found only when they are written. */
async function follow(sql: Sql, ledger: Ledger, runs: readonly Written[]): Promise<Pick<Prepared, 'written' | 'act'>> {
  const records = runs.flatMap(({ moved, seat }) => jobEvents(ledger, moved, seat));
  const freed = runs
    .filter(({ moved }) => moved.job.state !== 'running')
    .map(({ moved: { job } }) => ({ clientId: job.clientId, queue: job.queue }));
  const ended = runs.filter(({ moved }) => moved.job.finishedAt !== null).map(({ item }) => item.job.customerId);
  const frees = runs.some(({ item }) => item.changes?.seat === 'release');
  if (ended.length === 0 && !frees) return { written: false, act: { freed, touched: [], records } };
  const [, next] = await Promise.all([writeRuns(sql, runs), advanceLanes(sql, ended)]);
  if (!frees) return { written: true, act: { freed, touched: next, records } };
  await applyReleases(sql, ledger, runs);
  const woken = await wakeHeld(sql, ledger);
  const act = { freed, touched: [...next, ...woken.touched], records: [...records, ...woken.records] };
  return { written: true, act };
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

/** Locks the lanes of jobs that may end, and answers those it got. */
async function lockLanesOf(sql: Sql, items: readonly AdvanceItem[]): Promise<Set<string>> {
  if (items.length === 0) return new Set();
  const rows = await sql.query<{ customerId: string }>(
    'select customer_id from lanes where customer_id = any($1) order by customer_id for update skip locked',
    [items.map(({ job }) => job.customerId)],
  );
  return new Set(rows.map(({ customerId }) => customerId));
}

/** Locks the jobs of runs, and answers those it got: one that somebody else holds keeps no other from being written. */
async function lockRuns(sql: Sql, items: readonly AdvanceItem[]): Promise<Map<string, LockedRun>> {
  const rows = await sql.query<LockedRun>(
    `select j.id, j.state, j.claim_no, j.write_no, ${seatColumns}, clock_timestamp() as now
     from jobs j left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id
     where j.id = any($1) order by j.id for update of j skip locked`,
    [items.map(({ job }) => job.id)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function unlocked({ job }: AdvanceItem, held: ReadonlySet<string>): AdvanceAnswer | typeof AGAIN {
  return held.has(job.id) ? AGAIN : { outcome: 'fenced' };
}

/** The answer to an item that is not to be written now; null when it is. */
function judge(item: AdvanceItem, row: LockedRun, { lanes, written }: Found): AdvanceAnswer | typeof AGAIN | null {
  const { claimNo, writeNo, customerId } = item.job;
  const before = written.get(row.id);
  if (before !== undefined && isWritten(item, row)) return { outcome: 'written', job: before, seat: seatOf(before) };
  if (row.claimNo !== claimNo || row.writeNo !== writeNo || row.state !== 'running') return { outcome: 'fenced' };
  return mayEnd(item) && !lanes.has(customerId) ? AGAIN : null;
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

function moveEntry({ item, now, seat, placed }: Entry): MovedJob {
  const { job, told } = moveJob(item.job, eventsOf(item, seat, placed), now);
  return { job: { ...job, writeNo: item.job.writeNo + 1 }, told };
}

function eventsOf(item: AdvanceItem, seat: SeatView | null, placed: Placed | null): readonly JobEvent[] {
  if (item.place === undefined) return item.events;
  if (seat === null) return [{ type: 'held', detail: placed?.reason ?? 'no container has head-room' }];
  const choice = placed?.reason ?? 'the seat it already holds';
  const reserved = { name: 'container.reserved', detail: { choice } } as const;
  return [{ type: 'step-succeeded', step: 'reserve-seat', told: [reserved] }, ...item.events];
}
