import type { Bell } from '@qvara/contracts/jobs';
import { refill, type WindowKey } from './bells.ts';
import { repeatConflicts } from './coalesce.ts';
import { appendEvents, type EventDrafts, tellsEnd } from './events.ts';
import type { ImportBell } from './import-bells.ts';
import type { Ledger } from './orm.ts';
import { type Sql, transactInTwo } from './sql.ts';

/** What is to be done when a transaction has committed: bells to ring, and how far the event log now goes. */
export type News = {
  readonly bells: readonly (Bell | ImportBell)[];
  /** Number of the last event, 0 when none was written. */
  readonly lastEvent: number;
  /** Whether they tell of a job's end. */
  readonly ended: boolean;
  /** In how many milliseconds each job that was put to wait is due. */
  readonly dueInMs: readonly number[];
};

/** Hears the news of each commit. Must not throw. */
export type Announce = (news: News) => void;

/** What a part of a transaction leaves for its last act. */
export type Outcome = { readonly touched: readonly WindowKey[]; readonly records: readonly EventDrafts[] };

/** An outcome, and the windows in which places became free. */
export type Act = Outcome & { readonly freed: readonly WindowKey[] };

// THE ORDER OF LOCKS, the same in every verb (each skips what it has no use for):
//   idempotency keys (sorted), customers being made (sorted by reference), lanes (sorted; batches skip the taken ones),
//   worker rows, jobs (sorted), the capacity lock, customers' records, sites, seats, containers,
//   then jobs that become runnable (held ones with SKIP LOCKED, the next of a lane whose lock is held),
//   bell windows (sorted), due jobs (SKIP LOCKED), and the event log.
// Whoever still meets another waits 200 ms at most, gives everything up and begins again.

/**
 * The last act of a transaction that moved jobs: places in windows, then the event log, whose lock is always last. Calls
 * both at once, so that it can travel with the commit.
 */
export async function conclude(
  sql: Sql,
  ledger: Ledger,
  act: Act,
): Promise<Pick<News, 'bells' | 'lastEvent' | 'ended'>> {
  const [bells, lastEvent] = await Promise.all([refill(sql, ledger, act), appendEvents(sql, act.records)]);
  return { bells, lastEvent, ended: act.records.some(tellsEnd) };
}

/** One transaction of its own with its last act, repeated when it meets locks, its news announced. */
export async function commit(ledger: Ledger, announce: Announce, work: (sql: Sql) => Promise<Act>): Promise<void> {
  const news = await repeatConflicts(() => transactInTwo(ledger.pool, work, (sql, act) => conclude(sql, ledger, act)));
  announce({ ...news, dueInMs: [] });
}
