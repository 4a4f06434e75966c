import type { JobEventType } from '@qvara/domain/job';
import { AGAIN } from './coalesce.ts';
import { type JobRow, jobOf, type Stored } from './entities/job.ts';
import { findHeld } from './job-rows.ts';
import type { AdvanceAnswer, AdvanceItem, Entry, LockedRun } from './run-write.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import type { Sql } from './sql.ts';

type WrittenJob = JobRow & SeatColumns;

/** What writes find of their jobs. */
export type LockedRuns = {
  readonly rows: ReadonlyMap<string, LockedRun>;
  /** The customers whose lanes are locked. */
  readonly lanes: ReadonlySet<string>;
  /** Jobs that are there, but somebody else has them locked. */
  readonly held: ReadonlySet<string>;
  /** Jobs whose write was carried out before, as it left them. */
  readonly written: ReadonlyMap<string, WrittenJob>;
};

const MAY_END: ReadonlySet<JobEventType> = new Set(['completed', 'gave-up', 'undo-finished', 'undo-gave-up']);

function mayEnd(item: AdvanceItem): boolean {
  return item.events.some((event) => MAY_END.has(event.type));
}

/** Locks the jobs of writes, and the lanes of those that may end: of both what nobody else holds. */
export async function lockForWrites(sql: Sql, items: readonly AdvanceItem[]): Promise<LockedRuns> {
  const [lanes, rows] = await Promise.all([lockLanesOf(sql, items.filter(mayEnd)), lockRuns(sql, items)]);
  return { lanes, rows, ...(await lookAgain(sql, items, rows)) };
}

async function lockLanesOf(sql: Sql, items: readonly AdvanceItem[]): Promise<Set<string>> {
  if (items.length === 0) return new Set();
  const rows = await sql.query<{ customerId: string }>(
    'select customer_id from lanes where customer_id = any($1) order by customer_id for update skip locked',
    [items.map(({ job }) => job.customerId)],
  );
  return new Set(rows.map(({ customerId }) => customerId));
}

/** One that somebody else holds keeps no other from being written. */
async function lockRuns(sql: Sql, items: readonly AdvanceItem[]): Promise<Map<string, LockedRun>> {
  const rows = await sql.query<LockedRun>(
    `select j.id, j.state, j.claim_no, j.write_no, j.event_count, ${seatColumns}, clock_timestamp() as now
     from jobs j left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id
     where j.id = any($1) order by j.id for update of j skip locked`,
    [items.map(({ job }) => job.id)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Looks for what is not as a first write finds it, which is rare. */
async function lookAgain(sql: Sql, items: readonly AdvanceItem[], rows: LockedRuns['rows']) {
  const missing = items.map(({ job }) => job.id).filter((id) => !rows.has(id));
  const repeated = items.filter((item) => isWritten(item, rows.get(item.job.id))).map(({ job }) => job.id);
  const [held, written] = await Promise.all([findHeld(sql, missing), readWritten(sql, repeated)]);
  return { held, written: new Map(written.map((job) => [job.id, job])) };
}

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

/** What is known of each write before it is carried out: an answer, or the entry that is to be written. */
export type Judged = {
  readonly answers: Map<AdvanceItem, AdvanceAnswer | typeof AGAIN>;
  readonly entries: readonly Entry[];
};

/** Finds out which items are to be written now; the others have their answers. Of a job's items only one is. */
export function judgeWrites(items: readonly AdvanceItem[], found: LockedRuns): Judged {
  const entries = new Map<string, Entry>();
  const answers: Judged['answers'] = new Map();
  for (const item of items) {
    const row = found.rows.get(item.job.id);
    const answer = row === undefined ? unlocked(item, found.held) : judge(item, row, found);
    if (answer !== null || row === undefined || entries.has(row.id)) answers.set(item, answer ?? AGAIN);
    else entries.set(row.id, { item, now: row.now, eventCount: row.eventCount, seat: seatOf(row), placed: null });
  }
  return { answers, entries: [...entries.values()] };
}

function unlocked({ job }: AdvanceItem, held: ReadonlySet<string>): AdvanceAnswer | typeof AGAIN {
  return held.has(job.id) ? AGAIN : { outcome: 'fenced' };
}

/** The answer to an item that is not to be written now; null when it is. */
function judge(item: AdvanceItem, row: LockedRun, { lanes, written }: LockedRuns) {
  const { claimNo, writeNo, customerId } = item.job;
  const before = written.get(row.id);
  if (before !== undefined && isWritten(item, row))
    return { outcome: 'written', job: before, seat: seatOf(before) } as const;
  if (row.claimNo !== claimNo || row.writeNo !== writeNo || row.state !== 'running')
    return { outcome: 'fenced' } as const;
  return mayEnd(item) && !lanes.has(customerId) ? AGAIN : null;
}

function isWritten({ job }: AdvanceItem, row: LockedRun | undefined): boolean {
  return row !== undefined && row.claimNo === job.claimNo && row.writeNo === job.writeNo + 1;
}
