import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { cancelJob, retryJob } from './control.ts';
import { loadCustomer } from './customers.ts';
import { readEvents } from './event-log.ts';
import { learnTimes } from './job-times.ts';
import { listJobs } from './jobs.ts';
import { tellLate } from './late-jobs.ts';
import { abandonRun, findUnclaimed, freeRested, releaseSilent, renewBells, ringDue } from './sweep.ts';
import { accepted, addRoom, openProcess, type Process, provision, rename } from './test-ledger.ts';
import { claimRun, giveUp, runJob, runUntil, undoAll } from './test-run.ts';

const GROWING = ['customers', 'lanes', 'jobs', 'seats', 'sites', 'event_entries_1', 'idempotency_keys'];
const MANY = 4_000;

let database: TestDatabase;
let observer: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  observer = await openProcess(database.url);
  for (let n = 0; n < 5; n += 1) await addRoom(observer, 999);
  const { id } = await accepted(observer, provision({ idempotencyKey: 'old' }, { externalRef: 'old' }));
  await runJob(observer, id);
  await copyOften();
});
afterAll(async () => {
  await observer.close();
  await database.drop();
});

/** Gives the one customer that was set up thousands of brothers, with all that belongs to them. */
async function copyOften(): Promise<void> {
  // A connection without the ledger's time limit: this takes long on a busy machine.
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const series = `generate_series(1, ${MANY}) n`;
  const replaced = (table: string, changes: string) =>
    `insert into ${table} select r.* from ${table} t cross join ${series}
     cross join lateral jsonb_populate_record(null::${table}, to_jsonb(t) || ${changes}) r`;
  await client.query('alter table jobs alter failure_code drop expression');
  const id = "jsonb_build_object('id', t.id || n";
  await client.query(replaced('customers', `${id}, 'external_ref', 'old' || n)`));
  await client.query(replaced('lanes', "jsonb_build_object('customer_id', t.customer_id || n)"));
  await client.query(replaced('jobs', `${id}, 'customer_id', t.customer_id || n)`));
  await client.query(
    replaced(
      'event_entries',
      `jsonb_build_object('last', t.last + n * 100, 'job_id', t.job_id || n, 'customer_id', t.customer_id || n)`,
    ),
  );
  await client.query(replaced('idempotency_keys', "jsonb_build_object('key', t.key || n, 'job_id', t.job_id || n)"));
  await client.query(
    `insert into containers (id, label, region, state, capacity)
     select (100010 + n)::text, 'full', 'full', 'online', 750 from generate_series(1, 80) n`,
  );
  await client.query(
    `insert into seats (container_id, number, customer_id, state, tenant_state)
     select (100010 + n)::text, to_char(m, 'FM000'), 'cus_' || n || '_' || m, 'taken', 'active'
     from generate_series(1, 80) n, generate_series(1, 750) m`,
  );
  await client.query('update containers c set seats = (select count(*) from seats where container_id = c.id)');
  await client.query(
    "insert into sites select 'sit_' || n, 'cus_' || n, 'Main', now() from generate_series(1, 4000) n",
  );
  await client.query('vacuum analyze');
  await client.end();
}

/** How often each growing table was read from end to end, by those who have left. */
async function scans(): Promise<Record<string, number>> {
  await observer.rows('select pg_stat_force_next_flush()');
  const rows = await observer.rows<{ relname: string; n: number }>(
    'select relname, seq_scan::int as n from pg_stat_user_tables where relname = any($1)',
    [GROWING],
  );
  return Object.fromEntries(rows.map(({ relname, n }) => [relname, n]));
}

/** Every table that the work read from end to end. A connection tells what it read when it ends, at the latest. */
async function scannedBy(work: (process: Process) => Promise<void>): Promise<string[]> {
  const before = await scans();
  const process = await openProcess(database.url);
  await work(process);
  await process.close();
  const others = 'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
  await eventually(async () => (await observer.rows(others)).length <= 8);
  const after = await scans();
  return GROWING.filter((table) => after[table] !== before[table]);
}

it('a request, its run and its end read no growing table from end to end', async () => {
  const scanned = await scannedBy(async (process) => {
    const jobs = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        accepted(process, provision({ idempotencyKey: `k${n}`, externalId: `e${n}` }, { externalRef: `r${n}` })),
      ),
    );
    await Promise.all(jobs.map(({ customerId }) => accepted(process, rename({ customerId }))));
    await Promise.all(jobs.map((_, n) => accepted(process, rename({ customerRef: `r${n}` }))));
    await Promise.all(jobs.map((_, n) => process.accept(provision({ idempotencyKey: `x${n}`, externalId: `e${n}` }))));
    await Promise.all(
      jobs.map((_, n) => process.accept(provision({ idempotencyKey: `y${n}` }, { externalRef: `r${n}` }))),
    );
    await Promise.all(jobs.map(({ id }) => runJob(process, id)));
  });
  expect(scanned).toEqual([]);
});

it('a failure, its undo, a retry and a cancel read no growing table from end to end', async () => {
  const viewer = { clientId: 'cli_test', admin: false };
  const scanned = await scannedBy(async (process) => {
    const { id } = await accepted(process, provision());
    await undoAll(await giveUp(await runUntil(await claimRun(process, id), 'create-tenant')));
    await retryJob(process.ledger, process.announce, { jobId: id, viewer });
    await cancelJob(process.ledger, process.announce, { jobId: id, viewer });
  });
  expect(scanned).toEqual([]);
});

it('the sweeps read no growing table from end to end', async () => {
  const scanned = await scannedBy(async (process) => {
    const { ledger, announce } = process;
    const jobs = await Promise.all(Array.from({ length: 20 }, () => accepted(process, provision())));
    const run = await claimRun(process, jobs[0]!.id);
    await abandonRun(ledger, announce, { jobId: run.job.id, claimNo: run.job.claimNo });
    const held = await accepted(process, provision({}, { region: 'nowhere' }));
    await (await claimRun(process, held.id)).write({ place: { region: 'nowhere' }, events: [] });
    await ringDue(ledger, announce);
    await releaseSilent(ledger, announce, 6_000);
    await renewBells(ledger, await findUnclaimed(ledger, { queue: 'provisioning', olderThanMs: 0 }));
    await freeRested(ledger, announce);
    await learnTimes(ledger, 0);
    await process.rows("update jobs set begun_at = begun_at - interval '1 hour' where id = $1", [held.id]);
    expect(await tellLate(ledger, announce)).toBe(1);
  });
  expect(scanned).toEqual([]);
});

it('the questions of clients read no growing table from end to end', async () => {
  const viewer = { clientId: 'cli_new', admin: false };
  const scanned = await scannedBy(async (process) => {
    const { ledger } = process;
    const { id, customerId } = await accepted(process, provision({ clientId: 'cli_new' }, { externalRef: 'mine' }));
    await loadCustomer(ledger, viewer, { id: customerId });
    await loadCustomer(ledger, viewer, { externalRef: 'mine' });
    await listJobs(ledger, viewer, { limit: 50 });
    await readEvents(ledger, viewer, { after: 0, limit: 50, jobId: id });
    await readEvents(ledger, viewer, { after: 0, limit: 50 });
  });
  expect(scanned).toEqual([]);
});
