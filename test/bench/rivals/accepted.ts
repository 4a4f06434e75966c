import { newId } from '@qvara/runtime/ids';
import type { Pool } from 'pg';
import type { Seat, Subject } from './story.ts';
import { acceptedEvent, defaultSettings, newSteps } from './story.ts';

const AT_ONCE = 500;
/** Fewer than a container holds, so that whole batches fit. */
const CUSTOMERS_EACH = 900;
const CAPACITY = 999;

/** What the bench posts. */
export function samplePayload(n: number) {
  return { name: `Customer ${n}`, serviceType: 'hosted-pbx', industry: 'dental' };
}

/** Writes what the product has written when it has accepted provisionings; answers whose they are. */
export async function acceptJobs(ledger: Pool, append: string, jobs: number): Promise<Subject[]> {
  const clientId = newId('cli');
  const subjects = Array.from({ length: jobs }, () => ({ jobId: newId('job'), customerId: newId('cus'), clientId }));
  for (let from = 0; from < jobs; from += AT_ONCE) {
    const some = subjects.slice(from, from + AT_ONCE);
    await ledger.query(INSERT, [JSON.stringify(some.map(rowOf))]);
    await ledger.query(`select ${append}($1)`, [JSON.stringify(some.map(acceptedEvent))]);
  }
  // As after a minute of use: else each rival would run on plans that were made for empty tables.
  await ledger.query('analyze customers, lanes, jobs');
  return subjects;
}

function rowOf(subject: Subject, index: number) {
  return {
    ...subject,
    ...samplePayload(index),
    payload: samplePayload(index),
    steps: newSteps(),
    settings: defaultSettings(),
  };
}

const INSERT = `
  with given as materialized (
    select * from jsonb_to_recordset($1) as r ("jobId" text, "customerId" text, "clientId" text, name text,
      "serviceType" text, industry text, payload jsonb, steps jsonb, settings jsonb)
  ), customer as (
    insert into customers (id, client_id, version, name, service_type, industry, tags, service_status, settings,
      provision_job_id, created_at, updated_at)
    select "customerId", "clientId", 1, name, "serviceType", industry, '{}', 'pending', settings, "jobId",
      clock_timestamp(), clock_timestamp() from given
  ), lane as (
    insert into lanes (customer_id, next_turn) select "customerId", 2 from given
  )
  insert into jobs (id, client_id, owner_id, customer_id, type, queue, payload, by_admin, turn, state, phase, attempt, steps,
    cancellable, accepted_at, bell, bell_no, event_count)
  select "jobId", "clientId", "clientId", "customerId", 'customer.provision', 'provisioning', payload, false, 1, 'accepted',
    'forward', 1, steps, true, clock_timestamp(), 'none', 0, 1 from given`;

export type Container = Pick<Seat, 'containerId' | 'containerLabel'>;

/** Adds containers until so many more customers fit; answers them. */
export async function addContainers(ledger: Pool, customers: number): Promise<Container[]> {
  const { rows } = await ledger.query<Container>(
    `insert into containers (id, label, region, state, capacity)
     select (coalesce((select max(id::int) from containers), 100000) + n)::text, 'Bench ' || n, 'west', 'online', $2
     from generate_series(1, $1::int) n returning id as "containerId", label as "containerLabel"`,
    [Math.ceil(customers / CUSTOMERS_EACH), CAPACITY],
  );
  return rows;
}
