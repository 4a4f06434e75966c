import type { Evidence, Subscription } from './evidence.ts';
import type { Accepted } from './load-log.ts';
import type { CounterName } from './verdict.ts';

/** A defect: what is done to the ledger, to the platform's database, or to what load and reader remember. */
export type Defect = {
  readonly name: string;
  readonly ledger?: string;
  readonly platform?: string;
  readonly memory?: (evidence: Evidence) => Partial<Evidence>;
};

const newest = 'where last = (select max(last) from event_entries where job_id is not null)';
const firstJob = "where id = (select min(id) from jobs where type = 'customer.provision')";
const someOfARow = "select min(id) from jobs where import_id is not null and state = 'completed' and import_row > 2";
const ofSomeRow = `where id = (${someOfARow})`;
export const firstDelivered = '(select min(sequence) from deliveries)';
const effect = 'insert into effects (effect, value, container_id, number, customer_id, job_id, claim_no)';

/** What each counter must find. */
export const DEFECTS: Readonly<Record<CounterName, readonly Defect[]>> = {
  lost: [
    { name: 'a job is gone', ledger: `delete from jobs ${firstJob}` },
    { name: 'a job never ended', ledger: `update jobs set state = 'running', finished_at = null ${firstJob}` },
    { name: 'a job is held for no reason', ledger: `update jobs set state = 'held', held = null ${firstJob}` },
  ],
  repeated: [
    {
      name: 'a second tenant',
      platform: `${effect} select 'created', null, container_id, number + 500, customer_id, job_id, claim_no + 1000
                 from effects e where effect = 'created' and not exists (
                   select from effects r where r.effect = 'removed' and r.customer_id = e.customer_id) limit 1`,
    },
    {
      name: 'a second removal',
      platform: `${effect} select effect, value, container_id, number, customer_id, job_id, claim_no from effects
                 where effect = 'removed' limit 1`,
    },
    {
      name: 'a second configuration by one job',
      platform: `${effect} select effect, value, container_id, number, customer_id, job_id, claim_no from effects
                 where effect = 'configured' limit 1`,
    },
    {
      name: 'a second activation in the events',
      ledger: `insert into event_entries select last + 1000000, client_id, customer_id, job_id, job_last + 1000, subject, occurred_at,
               common, told from event_entries where told @> '[{"name": "tenant.activated"}]' limit 1`,
    },
    {
      name: 'a job that is told to be late twice',
      ledger: `update event_entries set told = jsonb_set(told, '{0,name}', '"job.late"')
               where job_id = (select min(id) from jobs) and told @> '[{"name": "step.started"}]'`,
    },
    {
      name: 'a request that made two jobs',
      memory: ({ accepted }) => ({
        accepted: [...accepted, { ...(accepted[0] as Accepted), jobId: accepted[1]?.jobId as string }],
      }),
    },
  ],
  'out of order': [
    {
      name: 'a late effect of an earlier run',
      platform: `${effect} select 'service', 'late', container_id, number, customer_id, job_id, claim_no from effects
                 order by id limit 1`,
    },
    {
      name: 'a late call of an earlier run',
      platform: `insert into calls (verb, container_id, number, customer_id, job_id, claim_no, outcome)
                 select verb, container_id, number, customer_id, job_id, claim_no, outcome from calls order by id limit 1`,
    },
    { name: 'jobs that ran against their turns', ledger: `update jobs set turn = 99 ${firstJob}` },
  ],
  gaps: [
    {
      name: 'numbers are missing',
      ledger: 'delete from event_entries where last = (select min(last) from event_entries where last > 4)',
    },
    { name: 'the first number is missing', ledger: 'delete from event_entries where last = 1' },
    { name: 'the end of a job is missing', ledger: `delete from event_entries ${newest}` },
    { name: 'a number within a job is missing', ledger: `update event_entries set job_last = 999 ${newest}` },
    {
      name: 'an event tells another end',
      ledger: `update event_entries set told = jsonb_set(told, '{-1,state}', '"failed"') ${newest}`,
    },
    { name: 'a job ended as its events do not say', ledger: `update jobs set state = 'cancelled' ${firstJob}` },
    { name: 'the reader missed a number', memory: ({ seen }) => ({ seen: new Map([...(seen ?? [])].slice(1)) }) },
    { name: 'the reader saw a number twice', memory: ({ seen }) => ({ seen: new Map(seen).set(3, 2) }) },
    { name: 'the reader saw what is not there', memory: ({ seen }) => ({ seen: new Map(seen).set(1e6, 1) }) },
  ],
  leaked: [
    {
      name: 'a seat without a tenant',
      ledger: `insert into seats (container_id, number, customer_id, state, tenant_state)
               values ('100001', '777', 'cus_nobody', 'taken', 'active')`,
    },
    { name: 'a tenant without a seat', ledger: 'delete from seats where customer_id is not null' },
    { name: 'a tenant that is gone', platform: 'update tenants set removed = true' },
    { name: 'a container over capacity', ledger: 'update containers set capacity = 1' },
    { name: 'a container that counts wrong', ledger: 'update containers set seats = seats + 1' },
    {
      name: 'a number given out twice',
      platform: `${effect} select effect, value, container_id, number, 'cus_other', job_id, claim_no from effects
                 where effect = 'created' limit 1`,
    },
    { name: 'a customer out of service with a seat', ledger: "update customers set service_status = 'disconnected'" },
    { name: 'a place in a window not given back', ledger: 'update bell_windows set outstanding = outstanding + 1' },
  ],
  undelivered: [
    { name: 'a receiver missed an event', memory: received(withoutFirst) },
    {
      name: 'a receiver took nothing of an event but its replay',
      memory: received((receipts) => receipts.map((one, index) => (index === 0 ? { ...one, replay: true } : one))),
    },
    {
      name: 'an event was given up without a try',
      ledger: `update deliveries set state = 'failed', attempts = '[]' where sequence = ${firstDelivered}`,
      memory: received(withoutFirst),
    },
    {
      name: 'a receiver took what is not in the log',
      memory: received((receipts) => [...receipts, { sequence: 1e6, jobId: null, replay: false }]),
    },
    { name: 'a receiver took what is not its client’s', ledger: "update webhooks set client_id = 'cli_other'" },
  ],
  'delivered out of order': [
    {
      name: 'an event came after later ones of its job',
      memory: received((receipts) => [...receipts.slice(1), ...receipts.slice(0, 1)]),
    },
    { name: 'all came backwards', memory: received((receipts) => receipts.toReversed()) },
  ],
  'imports inexact': [
    { name: 'an import is gone', ledger: 'delete from imports' },
    { name: 'an import never ended', ledger: "update imports set state = 'running'" },
    {
      name: 'a count that lies',
      ledger: 'update import_chunks set done = done - 1, failed = failed + 1 where done > 0',
    },
    { name: 'a row is gone', ledger: 'delete from import_rows where row_no = 1' },
    { name: 'a row is still open', ledger: "update import_rows set state = 'pending' where row_no = 1" },
    { name: 'a row is done and its job is not', ledger: `update jobs set state = 'failed' ${ofSomeRow}` },
    {
      name: 'a row has failed and its job is completed',
      ledger: `update import_rows set state = 'failed' where job_id = (${someOfARow})`,
    },
    { name: 'a row is done by no job', ledger: `update import_rows set job_id = null where job_id = (${someOfARow})` },
    {
      name: 'a row names the job of another',
      ledger: `update import_rows set job_id = (${someOfARow}) where row_no = 2`,
    },
    {
      name: 'a row that two jobs carried out',
      memory: ({ jobs }) => ({ jobs: [...jobs, ...jobs.filter((job) => job.import_id !== null)] }),
    },
    {
      name: 'a bad row that was carried out',
      memory: ({ sent, rows }) => ({
        sent: sent.map((one) => ({
          ...one,
          bad: rows.filter(({ state }) => state === 'done').map((row) => row.row_no),
        })),
      }),
    },
    {
      name: 'two customers of one reference',
      memory: ({ customers }) => ({ customers: [...customers, ...customers] }),
    },
    { name: 'totals that did not add up once', memory: () => ({ sums: ['imp_x'] }) },
  ],
};

type Receipts = Subscription['receipts'];

/** Changes what receivers of webhooks remember. */
export function received(change: (receipts: Receipts) => Receipts): NonNullable<Defect['memory']> {
  return ({ subscriptions }) => ({
    subscriptions: subscriptions.map((one) => ({ ...one, receipts: change(one.receipts) })),
  });
}

/** Without the event of the smallest number. */
export function withoutFirst(receipts: Receipts): Receipts {
  const first = Math.min(...receipts.map(({ sequence }) => sequence));
  return receipts.filter(({ sequence }) => sequence !== first);
}
