import type { Pool, PoolClient } from 'pg';
import type { BackendName } from '../support/stack.ts';
import { type ProvisioningCost, provisionRepeatedly, type Repeats } from './provisioning.ts';
import { onSite } from './site.ts';

export type Beside = { readonly customers: number; readonly eventsEach: number };
export type Growth = { readonly empty: ProvisioningCost; readonly grown: ProvisioningCost };

const AT_ONCE = 20_000;
const SEATS_EACH = 999;
/** Beyond those of the bench. */
const FIRST_CONTAINER = 900_000;

/** What a job costs in a ledger that is empty, and in the same one when many customers are in it. */
export async function measureGrowth(backend: BackendName, beside: Beside, repeats: Repeats): Promise<Growth> {
  return await onSite({ backend }, async (site) => {
    const [key = ''] = await site.keys(1);
    const empty = await provisionRepeatedly(site, key, repeats);
    await grow(site.ledger, beside);
    return { empty, grown: await provisionRepeatedly(site, key, repeats) };
  });
}

/** Copies one customer whom the product has set up, with its job and its first events, so many times. */
async function grow(pool: Pool, { customers, eventsEach }: Beside): Promise<void> {
  const ledger = await pool.connect();
  const { rows } = await ledger.query<{ id: string; customerId: string }>(
    `select id, customer_id as "customerId" from jobs where state = 'completed' limit 1`,
  );
  const [job] = rows;
  if (job === undefined) throw new Error('there is no customer to copy');
  await ledger.query('set synchronous_commit = off');
  await ledger.query(
    `insert into containers (id, label, region, state, capacity, seats, no_free_below)
     select n::text, 'Full ' || n, 'west', 'online', ${SEATS_EACH}, ${SEATS_EACH}, 1000
     from generate_series(${FIRST_CONTAINER}, ${FIRST_CONTAINER} + $1::int / ${SEATS_EACH}) n`,
    [customers],
  );
  for (let from = 0; from < customers; from += AT_ONCE) {
    const numbers = [from, Math.min(from + AT_ONCE, customers) - 1] as const;
    for (const table of Object.keys(COPIES) as Copied[]) await copy(ledger, { table, job, numbers, eventsEach });
  }
  await ledger.query('vacuum analyze');
  await ledger.query('checkpoint');
  ledger.release(true);
}

const idOf = (prefix: string) => `'${prefix}_' || lpad(n::text, 26, '0')`;
const [CUSTOMER, JOB] = [idOf('cus'), idOf('job')];

/** Where a copy differs from its original: the copy is number `n`, `$3` the last event's number before. */
const COPIES = {
  customers: { of: 'id = $2', with: { id: CUSTOMER, provision_job_id: JOB } },
  lanes: { of: 'customer_id = $2', with: { customer_id: CUSTOMER } },
  sites: { of: 'customer_id = $2', with: { id: idOf('sit'), customer_id: CUSTOMER } },
  seats: {
    of: 'customer_id = $2',
    with: {
      customer_id: CUSTOMER,
      job_id: JOB,
      container_id: `(${FIRST_CONTAINER} + n / ${SEATS_EACH})::text`,
      number: `to_char(n % ${SEATS_EACH} + 1, 'FM000')`,
    },
  },
  jobs: { of: 'id = $1', with: { id: JOB, customer_id: CUSTOMER } },
  event_entries: {
    of: 'job_id = $1 and job_last <= $6',
    with: { last: '$3 + (n - $4) * $6 + job_last', customer_id: CUSTOMER, job_id: JOB },
  },
} as const satisfies Record<string, { readonly of: string; readonly with: Readonly<Record<string, string>> }>;
type Copied = keyof typeof COPIES;

type Copy = {
  readonly table: Copied;
  readonly job: { readonly id: string; readonly customerId: string };
  readonly numbers: readonly [number, number];
  readonly eventsEach: number;
};

async function copy(ledger: PoolClient, { table, job, numbers, eventsEach }: Copy): Promise<void> {
  const { of, with: changed } = COPIES[table] as { of: string; with: Readonly<Record<string, string>> };
  const { rows } = await ledger.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  const columns = rows.map(({ name }) => name);
  const last = await ledger.query<{ last: number }>('select last_event()::float8 as last');
  await ledger.query(
    `insert into ${table} (${columns.join(', ')})
     select ${columns.map((name) => changed[name] ?? `t.${name}`).join(', ')}
     from (values ($1::text, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::int)) as given,
       ${table} t, generate_series($4::bigint, $5::bigint) n
     where ${of.replaceAll(/\b(id|customer_id|job_id|job_last)\b/g, 't.$1')} order by n`,
    [job.id, job.customerId, last.rows[0]?.last, ...numbers, eventsEach],
  );
}
