import type { Fault } from '@qvara/contracts/failure';
import { mustRunAlone, refusal } from '@qvara/domain/admission';
import type { JobEvent } from '@qvara/domain/job';
import { firstToRun } from '@qvara/domain/plan';
import { wholeSettings } from '@qvara/domain/settings';
import { AGAIN, type BatchVerb } from './coalesce.ts';
import type { Announce } from './commit.ts';
import type { CustomerRow } from './entities/customer.ts';
import { type JobRow, jobOf, type Stored } from './entities/job.ts';
import { appendEvents, jobEvents, type SeatView } from './events.ts';
import { findHeld, type MovedJob, moveJob, updateJobs } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { changeSeats, type SeatChange } from './seats.ts';
import { type Sql, transactInTwo } from './sql.ts';
import { beat, type WorkerRef } from './workers.ts';

/** A worker's wish to run the job a bell named. `token` is new for every wish: the same one asked twice is one claim. */
export type ClaimItem = {
  readonly jobId: string;
  readonly bellNo: number;
  readonly token: string;
  readonly worker: WorkerRef;
  /** The worker runs nothing beside it. */
  readonly alone?: boolean;
};

/** A worker's right to run a job. Its `claimNo` is the fence of every later write. */
export type Claim = {
  readonly job: JobRow;
  readonly customer: CustomerRow;
  readonly seat: SeatView | null;
  /** Why the job must not begin; its steps have not been started then. */
  readonly refusal: Fault | null;
};

export type ClaimAnswer =
  | { readonly outcome: 'granted'; readonly claim: Claim }
  /** Nothing was claimed: ask again with `alone`, once nothing else runs. */
  | { readonly outcome: 'alone' }
  | { readonly outcome: 'stale' };

export type LockedJob = JobRow &
  SeatColumns & { readonly freshClaim: number; readonly headTurn: number; readonly now: string };

/**
 * Claims jobs: each must be runnable, due, first in its lane and rung by this very bell; else the bell is stale and
 * nothing happens. A claim starts the first step in the same write.
 */
export function claimVerb(ledger: Ledger, announce: Announce): BatchVerb<ClaimItem, ClaimAnswer> {
  return async (items) => {
    const { answers, lastEvent } = await transactInTwo(
      ledger.pool,
      (sql) => claim(sql, items),
      (sql, { answers, begun }) => record(sql, ledger, begun).then((lastEvent) => ({ answers, lastEvent })),
    );
    announce({ bells: [], lastEvent, ended: false, dueInMs: [] });
    return answers;
  };
}

type Begun = Claim & { readonly told: MovedJob['told'] };

async function claim(sql: Sql, items: readonly ClaimItem[]) {
  const jobIds = [...new Set(items.map((item) => item.jobId))];
  const [, locked, customers] = await Promise.all([
    beat(
      sql,
      items.map(({ worker }) => worker),
    ),
    lockJobs(sql, jobIds),
    loadCustomers(sql, jobIds),
  ]);
  const held = await findHeld(
    sql,
    jobIds.filter((id) => !locked.has(id)),
  );
  const begun = new Map<string, Begun>();
  const answers = items.map((item): ClaimAnswer | typeof AGAIN => {
    const job = locked.get(item.jobId);
    const customer = customers.get(job?.customerId ?? '');
    if (job === undefined && held.has(item.jobId)) return AGAIN;
    if (job === undefined || customer === undefined) return { outcome: 'stale' };
    if (job.claimToken === item.token) return { outcome: 'granted', claim: repeated(job, customer) };
    if (begun.has(job.id) || !claimable(job, item)) return { outcome: 'stale' };
    if (mustRunAlone(job) && !item.alone) return { outcome: 'alone' };
    const claim = begin(job, item, customer);
    begun.set(job.id, claim);
    return { outcome: 'granted', claim };
  });
  return { answers, begun: [...begun.values()] };
}

/** The claim that this very wish was granted before. */
export function repeated(job: LockedJob, customer: CustomerRow): Claim {
  return { job, customer, seat: seatOf(job), refusal: refusalOf(job, customer) };
}

async function record(sql: Sql, ledger: Ledger, begun: readonly Begun[]): Promise<number> {
  const jobs = begun.map(({ job }) => job);
  const records = begun.flatMap((one) => jobEvents(ledger, one, one.seat));
  const written = [
    updateJobs(sql, jobs),
    changeSeats(sql, jobs.flatMap(seatChange)),
    appendEvents(sql, records),
  ] as const;
  return (await Promise.all(written))[2];
}

/** Locks jobs, and answers those it got: one that somebody else holds keeps no other from its claim. */
export async function lockJobs(sql: Sql, jobIds: readonly string[]): Promise<Map<string, LockedJob>> {
  const rows = await sql.query<Stored<LockedJob>>(
    `select j.*, ${seatColumns}, nextval('claim_numbers') as fresh_claim, clock_timestamp() as now,
       (select min(o.turn) from jobs o where o.customer_id = j.customer_id
        and o.state in ('accepted', 'running', 'waiting', 'held')) as head_turn
     from jobs j left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id
     where j.id = any($1) order by j.id for update of j skip locked`,
    [jobIds],
  );
  return new Map(rows.map((row) => [row.id, jobOf(row)]));
}

function claimable(job: LockedJob, item: ClaimItem): boolean {
  const runnable = job.state === 'accepted' || job.state === 'waiting';
  const due = job.dueAt === null || job.dueAt <= job.now;
  // Who waited to run it alone may hold a bell that was thought lost meanwhile and rung anew.
  const current = job.bellNo === item.bellNo || item.alone === true;
  return runnable && due && job.bell === 'rung' && current && job.turn === job.headTurn;
}

function begin(row: LockedJob, item: ClaimItem, customer: CustomerRow): Begun {
  const why = refusalOf(row, customer);
  const events: JobEvent[] = [{ type: 'claimed' }];
  const first = firstToRun(row);
  if (why === null && row.phase === 'forward' && first !== undefined)
    events.push({ type: 'step-started', step: first.name });
  const { job, told } = moveJob(row, events, row.now);
  const claimed = {
    ...job,
    claimNo: row.freshClaim,
    claimToken: item.token,
    workerId: item.worker.id,
    writeNo: row.writeNo + 1,
  };
  return { job: claimed, customer, seat: seatOf(row), refusal: why, told };
}

function refusalOf(job: LockedJob, customer: CustomerRow): Fault | null {
  return refusal(job, { ...customer, tenantState: seatOf(job)?.tenantState ?? null });
}

/**
 * What the start of a step means for its seat, whatever becomes of the step: a number whose tenant is begun on the
 * platform is not free at once any more, and a tenant that is being switched off is not in service.
 */
export function seatChange({ customerId, steps }: JobRow): SeatChange[] {
  const running = steps.find((step) => step.state === 'running')?.name;
  const change = { customerId, tenantState: null, tenantStarted: false, strandedBy: null };
  if (running === 'create-tenant') return [{ ...change, tenantStarted: true }];
  return running === 'deactivate-tenant' ? [{ ...change, tenantState: 'inactive' }] : [];
}

/** The customers of these jobs, which must be locked before. */
export async function loadCustomers(sql: Sql, jobIds: readonly string[]): Promise<Map<string, CustomerRow>> {
  const rows = await sql.query<CustomerRow>(
    'select * from customers where id in (select customer_id from jobs where id = any($1))',
    [jobIds],
  );
  return new Map(rows.map((row) => [row.id, { ...row, settings: wholeSettings(row.settings) }]));
}
