import type { Bell } from '@qvara/contracts/jobs';
import { refill, type WindowKey } from './bells.ts';
import { appendEvents, type EventRecord, jobEvents, type SeatView } from './events.ts';
import type { MovedJob } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import type { Sql } from './sql.ts';

/** What is to be done when a transaction has committed: bells to ring, and how far the event log now goes. */
export type News = {
  readonly bells: readonly Bell[];
  /** Number of the last event, 0 when none was written. */
  readonly lastEvent: number;
  /** In how many milliseconds each job that was put to wait is due. */
  readonly dueInMs: readonly number[];
};

/** Hears the news of each commit. Must not throw. */
export type Announce = (news: News) => void;

/** What a part of a transaction leaves for its last act. */
export type Outcome = { readonly touched: readonly WindowKey[]; readonly records: readonly EventRecord[] };

/** The event records of a moved job. */
export function appendable(ledger: Ledger, moved: MovedJob, seat: SeatView | null): EventRecord[] {
  return jobEvents(ledger, moved.job, moved.told, seat);
}

/** The last act of a transaction that moved jobs: places in windows, then the event log, whose lock is always last. */
export async function conclude(
  sql: Sql,
  ledger: Ledger,
  act: Outcome & { readonly freed: readonly WindowKey[] },
): Promise<Pick<News, 'bells' | 'lastEvent'>> {
  const bells = await refill(sql, ledger, act);
  const lastEvent = await appendEvents(sql, act.records);
  return { bells, lastEvent };
}
