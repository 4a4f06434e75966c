import { Queue } from 'bullmq';
import pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { provisioning } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { redisUrl, uniquePrefix } from '../../support/redis.ts';
import { addContainers, startStack } from '../../support/stack.ts';
import type { AcceptRivalName } from './accept/config.ts';
import { type AcceptServer, startAcceptRival } from './accept/start.ts';
import { samplePayload } from './accepted.ts';
import { openFloor } from './floor.ts';
import { PROVISIONERS, type ProvisionerName } from './provisioners.ts';
import { countGaps, countRows, demandSameRows, type RowsPerJob } from './rows.ts';

const JOBS = 20;
const ALL = Object.keys(PROVISIONERS) as ProvisionerName[];

let product: RowsPerJob;
let story: unknown[];
let accepted: RowsPerJob;

beforeAll(async () => {
  const stack = await startStack({ backend: 'redis' });
  const ledger = new pg.Pool({ connectionString: stack.database.url, max: 1 });
  try {
    const api = await stack.client();
    await addContainers(api, [{ id: '100001', capacity: 999 }]);
    await api.call('POST', '/v1/queues/provisioning/pause', { body: {} });
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, (_, n) =>
        api.post(provisioning(samplePayload(n)), { 'Idempotency-Key': `key-${n}` }),
      ),
    );
    accepted = await countRows(ledger);
    await ledger.query('delete from idempotency_keys');
    await api.call('POST', '/v1/queues/provisioning/resume', { body: {} });
    await Promise.all(jobs.map(({ id }) => api.ended(id)));
    product = await countRows(ledger);
    story = await readStory(ledger);
  } finally {
    await ledger.end();
    await stack.stop();
  }
});

it.for(ALL)('%s makes every customer active and writes what the product writes, twice over', async (name) => {
  await onDatabase(async (database, ledger) => {
    const servers = { ledgerUrl: database.url, platformUrl: database.sandboxUrl, redisUrl: redisUrl() };
    const rival = await PROVISIONERS[name]({ ...servers, prefix: uniquePrefix() });
    try {
      for (const round of [1, 2]) {
        await rival.accept(JOBS);
        expect(await rival.run()).toMatchObject({ jobs: JOBS, seconds: expect.any(Number) });
        expect(await countActive(ledger)).toBe(round * JOBS);
        demandSameRows(name, await countRows(ledger), product);
        expect(await countGaps(ledger)).toBe(0);
      }
      expect(await readStory(ledger)).toEqual(story);
    } finally {
      await rival.close();
    }
  });
});

it('rows that are missing, and events that say less, are noticed', () => {
  const { rows, events } = product;
  expect(() => demandSameRows('none', { ...product, rows: { ...rows, seats: 0 } }, product)).toThrow('none wrote');
  expect(() => demandSameRows('none', { ...product, events: { ...events, 'fee.incurred': 1 } }, product)).toThrow();
  expect(() => demandSameRows('none', { ...product, eventBytes: product.eventBytes / 2 }, product)).toThrow();
});

it('a floor may call the driver too, and numbers may come from a sequence', async () => {
  await onDatabase(async (database, ledger) => {
    const plan = { ledgerUrl: database.url, platformUrl: database.sandboxUrl, redisUrl: null };
    const rival = await openFloor({ ...plan, batch: 7, callsDriver: true, numbering: 'sequence' });
    await rival.accept(JOBS);
    await rival.run();
    await rival.close();
    demandSameRows('floor', await countRows(ledger), product);
    const platform = new pg.Pool({ connectionString: database.sandboxUrl, max: 1 });
    const { rows } = await platform.query("select count(*)::int as n from tenants where service = 'active'");
    await platform.end();
    expect(rows).toEqual([{ n: JOBS }]);
  });
});

it('plain accepting writes what the product writes when it accepts, and refuses a key that was used', async () => {
  await onDatabase(async (database, ledger) => {
    expect(await acceptAll(database, 'plain-accept')).toEqual([202]);
    const { rows, events, eventBytes } = await countRows(ledger);
    expect({ rows, events, eventBytes }).toEqual({ rows: accepted.rows, events: accepted.events, eventBytes });
    expect(await countGaps(ledger)).toBe(0);
  });
});

it('insert and add writes one job for each request, bare none, and both answer each', async () => {
  await onDatabase(async (database, ledger) => {
    const jobs = async () => (await ledger.query('select count(*)::int as n from jobs')).rows[0]?.n;
    expect(await acceptAll(database, 'bare')).toEqual([202]);
    expect(await jobs()).toBe(0);
    expect(await acceptAll(database, 'insert-add')).toEqual([202]);
    expect(await jobs()).toBe(JOBS);
  });
});

/** Works with a ledger of its own. */
async function onDatabase(work: (database: TestDatabase, ledger: pg.Pool) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  const ledger = new pg.Pool({ connectionString: database.url, max: 1 });
  try {
    await work(database, ledger);
    await eventually(() => isAlone(ledger), { describe: 'every connection is closed' });
  } finally {
    await ledger.end();
    await database.drop();
  }
}

async function isAlone(ledger: pg.Pool): Promise<boolean> {
  const { rowCount } = await ledger.query(
    `select from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'
       and datname in (current_database(), current_database() || '_sandbox')`,
  );
  return rowCount === 0;
}

/** Posts to a rival, among them what intake refuses; answers the distinct statuses of the others. */
async function acceptAll(database: TestDatabase, rival: AcceptRivalName): Promise<number[]> {
  const prefix = uniquePrefix();
  const server = await startAcceptRival({ rival, ledgerUrl: database.url, redisUrl: redisUrl(), prefix });
  const queue = new Queue('accepted', { connection: { url: redisUrl() }, prefix });
  try {
    const calls = Array.from({ length: JOBS }, (_, n) => post(server, provisioning(samplePayload(n)), `key-${n}`));
    const statuses = await Promise.all(calls);
    const fit = statuses.filter((status) => status === 202).length;
    expect(await queue.getWaitingCount()).toBe(fit);
    if (rival !== 'bare') expect(await post(server, { ...provisioning(), more: 1 }, 'other')).toBe(400);
    if (rival === 'plain-accept') expect(await post(server, provisioning(), 'key-0')).toBe(409);
    return [...new Set(statuses)];
  } finally {
    await queue.close();
    await server.stop();
  }
}

async function post({ url }: AcceptServer, body: object, key: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.text();
  return answer.status;
}

async function countActive(ledger: pg.Pool): Promise<number> {
  const { rows } = await ledger.query<{ n: number }>(
    `select count(*)::int as n from customers c join jobs j on j.customer_id = c.id and j.state = 'completed'
       join seats s on s.customer_id = c.id and s.state = 'taken' and s.tenant_state = 'active'
       join sites t on t.customer_id = c.id join lanes l on l.customer_id = c.id
     where c.service_status = 'active' and c.version = 2 and c.porting_pin is not null and j.event_count = 22
       and j.result is not null`,
  );
  return rows[0]?.n ?? 0;
}

/** The events of one job, and the job at its end, without what differs from job to job. */
async function readStory(ledger: pg.Pool): Promise<unknown[]> {
  const { rows: events } = await ledger.query<{ name: string; told: string }>(
    `select name, data::text as told from events where job_id = (select max(id) from jobs) order by job_sequence`,
  );
  const { rows: jobs } = await ledger.query<{ told: string }>(
    `select (to_jsonb(j) - '{id,client_id,owner_id,customer_id,payload,by_admin,claim_no,bell_no,due_at,accepted_at,started_at,
       finished_at,rung_at,write_no}'::text[])::text as told from jobs j order by id desc limit 1`,
  );
  return [...events, ...jobs].map((one) => ({
    ...one,
    told: JSON.parse(
      one.told
        .replaceAll(/"(id|label|number|domain|choice)": "[^"]*"/g, '"$1": ""')
        .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '""'),
    ),
  }));
}
