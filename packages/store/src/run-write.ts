import type { JobEvent } from '@qvara/domain/job';
import type { TenantState } from './entities/container.ts';
import type { CustomerRow } from './entities/customer.ts';
import type { JobRow } from './entities/job.ts';
import type { SeatView } from './events.ts';
import type { MovedJob } from './job-rows.ts';
import type { Placed } from './place-seats.ts';
import type { SeatColumns } from './seat-view.ts';

/** What a write changes beside the job itself; it commits with the job's move and its events, or not at all. */
export type Changes = {
  /** Fields of the customer's record; its version grows by one. */
  readonly customer?: Partial<CustomerRow>;
  readonly site?: { readonly add: { readonly id: string; readonly name: string } } | 'remove';
  readonly tenantState?: TenantState;
  readonly seat?: 'release' | 'strand';
};

/**
 * One write of a run. `job` is the job as its claim, or the write before this one, left it: its `claimNo` and `writeNo`
 * name this write, so that the same one asked again is answered, not repeated; and nobody else changes what a claim holds,
 * but that more may have been told of the job.
 */
export type AdvanceItem = {
  readonly job: JobRow;
  readonly events: readonly JobEvent[];
  readonly changes?: Changes;
  /** Take a seat first: then `reserve-seat` has succeeded and the events follow; without head-room the job is held instead. */
  readonly place?: { readonly region: string | null };
};

export type AdvanceAnswer =
  | { readonly outcome: 'written'; readonly job: JobRow; readonly seat: SeatView | null }
  /** Somebody else has the job now: a cancel, or a rescue. Nothing was written. */
  | { readonly outcome: 'fenced' };

/** What a write finds of its job, locked. */
export type LockedRun = Pick<JobRow, 'id' | 'state' | 'claimNo' | 'writeNo' | 'eventCount'> &
  SeatColumns & { readonly now: string };
/** A write on its way: the seat may be found while it is carried out. `now` is RFC 3339, by the database's clock. */
export type Entry = {
  readonly item: AdvanceItem;
  readonly now: string;
  /** How many events the job has told: its run does not know of all. */
  readonly eventCount: number;
  seat: SeatView | null;
  placed: Placed | null;
};
export type Written = Entry & { readonly moved: MovedJob };
