import type { Fault } from '@qvara/contracts/failure';
import { refusal } from '@qvara/domain/admission';
import type { JobEvent } from '@qvara/domain/job';
import { firstToRun } from '@qvara/domain/plan';
import type { AGAIN, BatchVerb } from './coalesce.ts';
import type { Announce } from './commit.ts';
import type { CustomerRow } from './entities/customer.ts';
import type { JobRow } from './entities/job.ts';
import { appendEvents, type SeatView } from './events.ts';
import { type MovedJob, moveJob, updateJobs } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { changeSeats } from './seats.ts';
import { type Sql, transact } from './sql.ts';
import { beat } from './workers.ts';

/** A worker's wish to run the job a bell named. `token` is new for every wish: the same one asked twice is one claim. */
export type ClaimItem = {
  readonly jobId: string;
  readonly bellNo: number;
  readonly token: string;
  readonly workerId: string;
};

/** A worker's right to run a job. Its `claimNo` is the fence of every later write. */
export type Claim = {
  readonly job: JobRow;
  readonly customer: CustomerRow;
  readonly seat: SeatView | null;
  /** Why the job must not begin; its steps have not been started then. */
  readonly refusal: Fault | null;
};

export type ClaimAnswer = { readonly outcome: 'granted'; readonly claim: Claim } | { readonly outcome: 'stale' };

type Locked = JobRow & SeatColumns & { readonly freshClaim: number; readonly headTurn: number; readonly now: string };

/**
 * Claims jobs: each must be runnable, due, first in its lane and rung by this very bell; else the bell is stale and
 * nothing happens. A claim starts the first step in the same write.
 */
export function claimVerb(ledger: Ledger, announce: Announce): BatchVerb<ClaimItem, ClaimAnswer> {
  return async (items, rerun) => {
    const { answers, lastEvent } = await transact(ledger.pool, (sql) => claim(sql, ledger, { items, rerun }));
    announce({ bells: [], lastEvent, dueInMs: [] });
    return answers;
  };
}

async function claim(sql: Sql, ledger: Ledger, batch: { items: readonly ClaimItem[]; rerun: boolean }) {
  await beat(sql, [...new Set(batch.items.map((item) => item.workerId))]);
  const locked = await lockJobs(sql, batch.items);
  const taken = new Map<string, ClaimItem>();
  for (const item of batch.items) {
    const job = locked.get(item.jobId);
    if (job !== undefined && claimable(job, item) && !taken.has(item.jobId)) taken.set(item.jobId, item);
  }
  const repeated = batch.items.filter((item) => batch.rerun && locked.get(item.jobId)?.claimToken === item.token);
  const customers = await loadCustomers(
    sql,
    [...taken.keys(), ...repeated.map((item) => item.jobId)].map((id) => (locked.get(id) as Locked).customerId),
  );
  const claims = new Map<string, Claim & { told: MovedJob['told'] }>();
  for (const item of taken.values()) {
    const job = locked.get(item.jobId) as Locked;
    claims.set(item.token, begin(job, item, customers.get(job.customerId) as CustomerRow));
  }
  const begun = [...claims.values()];
  await updateJobs(
    sql,
    begun.map(({ job }) => job),
  );
  await changeSeats(
    sql,
    begun
      .filter(({ job }) => startsTenant(job))
      .map(({ job }) => ({ customerId: job.customerId, tenantState: null, tenantStarted: true, stranded: false })),
  );
  const records = begun.flatMap(({ job, told, seat }) =>
    jobEvents(ledger, { job: { ...job, eventCount: job.eventCount - told.length }, told }, seat),
  );
  const lastEvent = await appendEvents(sql, records);
  const answers = batch.items.map((item): ClaimAnswer | typeof AGAIN => {
    const fresh = claims.get(item.token);
    if (fresh !== undefined) return { outcome: 'granted', claim: fresh };
    const job = locked.get(item.jobId);
    if (!repeated.includes(item) || job === undefined) return { outcome: 'stale' };
    const customer = customers.get(job.customerId) as CustomerRow;
    return { outcome: 'granted', claim: { job, customer, seat: seatOf(job), refusal: refusal(job, customer) } };
  });
  return { answers, lastEvent };
}

async function lockJobs(sql: Sql, items: readonly ClaimItem[]): Promise<Map<string, Locked>> {
  const rows = await sql.query<Locked>(
    `select j.*, ${seatColumns}, nextval('claim_numbers') as fresh_claim, clock_timestamp() as now,
       (select min(o.turn) from jobs o where o.customer_id = j.customer_id
        and o.state in ('accepted', 'running', 'waiting', 'held')) as head_turn
     from jobs j left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id
     where j.id = any($1) order by j.id for update of j`,
    [[...new Set(items.map((item) => item.jobId))]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function claimable(job: Locked, item: ClaimItem): boolean {
  const runnable = job.state === 'accepted' || job.state === 'waiting';
  const due = job.dueAt === null || job.dueAt <= job.now;
  return runnable && due && job.bell === 'rung' && job.bellNo === item.bellNo && job.turn === job.headTurn;
}

function begin(row: Locked, item: ClaimItem, customer: CustomerRow): Claim & { told: MovedJob['told'] } {
  const why = refusal(row, customer);
  const events: JobEvent[] = [{ type: 'claimed' }];
  const first = firstToRun(row);
  if (why === null && row.phase === 'forward' && first !== undefined)
    events.push({ type: 'step-started', step: first.name });
  const { job, told } = moveJob(row, events, row.now);
  const claimed = {
    ...job,
    claimNo: row.freshClaim,
    claimToken: item.token,
    workerId: item.workerId,
    writeNo: row.writeNo + 1,
    eventCount: row.eventCount + told.length,
  };
  return { job: claimed as JobRow, customer, seat: seatOf(row), refusal: why, told };
}

/** Whether the step that was just started begins the tenant on the platform: its number is not free at once any more. */
function startsTenant(job: JobRow): boolean {
  return job.steps.some((step) => step.name === 'create-tenant' && step.state === 'running');
}

async function loadCustomers(sql: Sql, ids: readonly string[]): Promise<Map<string, CustomerRow>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.query<CustomerRow>('select * from customers where id = any($1)', [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}
