import { CodedError } from '@qvara/contracts/failure';
import type { JobEvent } from '@qvara/domain/job';
import { type Announce, conclude } from './commit.ts';
import type { CustomerRow } from './entities/customer.ts';
import { type JobRow, jobOf, type Stored } from './entities/job.ts';
import { jobEvents } from './events.ts';
import { moveJob, updateJobs } from './job-rows.ts';
import { advanceLanes, takeTurns } from './lanes.ts';
import type { Ledger } from './orm.ts';
import { rewriteRecord } from './provision-record.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { type Sql, transactPatiently } from './sql.ts';
import { mayLookAt, type Viewer } from './viewer.ts';

type Target = JobRow & SeatColumns & { readonly now: string; readonly freshClaim: number };
type Request = { readonly jobId: string; readonly viewer: Viewer };

/**
 * Asks a job to stop: one that has touched nothing is cancelled at once, another undoes what it did. The present run,
 * if any, is fenced by the same write. Throws `not-found`, or `job-not-cancellable` with the reason.
 */
export async function cancelJob(ledger: Ledger, announce: Announce, request: Request): Promise<JobRow> {
  return await change(ledger, announce, { ...request, work: cancel });
}

/**
 * Lets a failed job try again, in a new turn at the end of its lane. Throws `not-found`, `job-not-retryable`, or
 * `customer-already-provisioned` when another job has taken over its customer.
 */
export async function retryJob(ledger: Ledger, announce: Announce, request: Request): Promise<JobRow> {
  return await change(ledger, announce, { ...request, work: retry });
}

type Work = Request & { readonly work: (sql: Sql, job: Target) => Promise<readonly JobEvent[]> };

async function change(ledger: Ledger, announce: Announce, { jobId, viewer, work }: Work): Promise<JobRow> {
  const { row, news } = await transactPatiently(ledger.pool, async (sql) => {
    const target = await lockTarget(sql, jobId, viewer);
    const events = await work(sql, target);
    const again = events.some((event) => event.type === 'retried');
    const { job, told } = moveJob(target, events, target.now);
    const turn = again ? ((await takeTurns(sql, [job.customerId]))[0] as number) : job.turn;
    const row: JobRow = {
      ...job,
      turn,
      claimNo: target.freshClaim,
      writeNo: job.writeNo + 1,
    };
    await updateJobs(sql, [row]);
    await endCustomer(sql, row);
    const next = row.finishedAt !== null || again ? await advanceLanes(sql, [row.customerId]) : [];
    const window = { clientId: row.clientId, queue: row.queue };
    const records = jobEvents(ledger, { job: row, told }, seatOf(target));
    const freed = target.bell === 'rung' ? [window] : [];
    return { row, news: await conclude(sql, ledger, { freed, touched: [window, ...next], records }) };
  });
  announce({ ...news, dueInMs: [] });
  return row;
}

async function lockTarget(sql: Sql, jobId: string, viewer: Viewer): Promise<Target> {
  await sql.query(
    'select customer_id from lanes where customer_id = (select customer_id from jobs where id = $1) for update',
    [jobId],
  );
  const [row] = await sql.query<Stored<Target>>(
    `select j.*, ${seatColumns}, clock_timestamp() as now, nextval('claim_numbers') as fresh_claim
     from jobs j left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id
     where j.id = $1 for update of j`,
    [jobId],
  );
  if (row === undefined || !mayLookAt(viewer, row.ownerId))
    throw new CodedError('not-found', `There is no job ${jobId}.`);
  const job = jobOf(row);
  if (!mayLookAt(viewer, job.clientId))
    throw new CodedError('forbidden', 'An administrator sent this job; only an administrator may cancel or retry it.');
  return job;
}

async function cancel(_sql: Sql, job: Target): Promise<readonly JobEvent[]> {
  if (job.finishedAt !== null) throw new CodedError('job-not-cancellable', `The job is ${job.state}.`);
  if (job.cancelRequested) throw new CodedError('job-not-cancellable', 'The job is being cancelled.');
  if (job.phase === 'undo') throw new CodedError('job-not-cancellable', 'The job gave up and is undoing what it did.');
  if (!job.cancellable) throw new CodedError('job-not-cancellable', 'The job has begun what cannot be taken back.');
  return [{ type: 'cancel-requested' }];
}

/** A provisioning that was cancelled before it touched anything leaves a customer that never lived. */
async function endCustomer(sql: Sql, job: JobRow): Promise<void> {
  if (job.type !== 'customer.provision' || job.state !== 'cancelled') return;
  await sql.query(
    `update customers set service_status = 'disconnected', version = version + 1, updated_at = clock_timestamp()
     where id = $1 and provision_job_id = $2`,
    [job.customerId, job.id],
  );
}

async function retry(sql: Sql, job: Target): Promise<readonly JobEvent[]> {
  if (job.state !== 'failed')
    throw new CodedError('job-not-retryable', `The job is ${job.state}; only a failed one can be retried.`);
  if (job.failure?.retryable === false)
    throw new CodedError('job-not-retryable', `It failed for good: ${job.failure.message}`);
  const [customer] = await sql.query<Reclaimed>(
    `select c.*, p.state as other_state,
       exists (select from seats s where s.customer_id = c.id and s.job_id <> $2) as seat_of_other
     from customers c left join jobs p on p.id = c.provision_job_id and p.id <> $2
     where c.id = $1 for update of c`,
    [job.customerId, job.id],
  );
  if (customer === undefined) throw new Error(`the customer of job ${job.id} is missing`);
  if (job.type === 'customer.provision') await reclaimCustomer(sql, job, customer);
  else if (customer.serviceStatus === 'disconnected')
    throw new CodedError('job-not-retryable', 'Its customer is disconnected.');
  return [{ type: 'retried' }];
}

type Reclaimed = CustomerRow & { readonly otherState: string | null; readonly seatOfOther: boolean };

/** A provisioning that was taken over may come back only when the other has failed and left nothing behind. */
async function reclaimCustomer(sql: Sql, job: Target, customer: Reclaimed): Promise<void> {
  const taken = customer.otherState !== null && customer.otherState !== 'failed';
  if (customer.activatedAt !== null || taken || customer.seatOfOther) {
    throw new CodedError('customer-already-provisioned', `Job ${customer.provisionJobId} provisions this customer.`);
  }
  if (customer.provisionJobId === job.id) return;
  await rewriteRecord(sql, { customerId: customer.id, jobId: job.id, payload: job.payload });
}
