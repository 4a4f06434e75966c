import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { learnTimes } from './job-times.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { claimRun, giveUp, runJob, runUntil, undoAll } from './test-run.ts';

const MINUTE_MS = 60_000;
const closing: (() => Promise<void>)[] = [];
let databaseUrl: string;
let one: Process;

beforeEach(async () => {
  const database = await createTestDatabase();
  databaseUrl = database.url;
  one = await openProcess(databaseUrl);
  closing.push(one.close, database.drop);
  await addRoom(one, 900);
});
afterAll(async () => {
  for (const close of closing) await close();
});

/** Provisionings that have completed; answers their ids. */
async function complete(count: number): Promise<string[]> {
  const jobs = await Promise.all(Array.from({ length: count }, () => accepted(one, provision())));
  await Promise.all(jobs.map(({ id }) => runJob(one, id)));
  return jobs.map(({ id }) => id);
}

/** Lets it be that jobs took an hour longer. */
async function slow(ids: readonly string[]): Promise<void> {
  await one.rows("update jobs set begun_at = begun_at - interval '1 hour' where id = any($1)", [ids]);
}

type Known = { imported: boolean; jobs: number; p99: number | null };
const known = () =>
  one.rows<Known>(
    `select imported, p99_ms as p99, (select sum(n::float8)::float8 from jsonb_array_elements_text(counts) n) as jobs
     from job_times where type = 'customer.provision' order by imported`,
  );

it('what jobs took is learnt once, by however many processes at once', async () => {
  const others = await Promise.all([1, 2, 3].map(() => openProcess(databaseUrl)));
  await complete(40);
  await Promise.all([one, ...others].map(({ ledger }) => learnTimes(ledger, 0)));
  await learnTimes(one.ledger, 0);
  expect(await known()).toEqual([{ imported: false, jobs: 40, p99: null }]);
  await complete(60);
  await learnTimes(one.ledger, 3_600_000);
  expect(await known()).toMatchObject([{ jobs: 40 }]);
  await Promise.all([one, ...others].map(({ ledger }) => learnTimes(ledger, 0)));
  expect(await known()).toMatchObject([{ jobs: 100, p99: expect.any(Number) }]);
  await Promise.all(others.map(({ close }) => close()));
});

it('who fails has not shown how long it takes', async () => {
  await complete(4);
  const { id } = await accepted(one, provision());
  await undoAll(await giveUp(await runUntil(await claimRun(one, id), 'create-tenant')));
  await learnTimes(one.ledger, 0);
  expect(await known()).toMatchObject([{ jobs: 4 }]);
});

it('the time that jobs were held is not taken for the time they need', async () => {
  await complete(100);
  const jobs = await Promise.all(Array.from({ length: 5 }, () => accepted(one, provision({}, { region: 'new' }))));
  for (const { id } of jobs) await (await claimRun(one, id)).write({ place: { region: 'new' }, events: [] });
  await addRoom(one, 900, 'new');
  for (const { id } of jobs) expect((await runUntil(await claimRun(one, id), 'end')).job.state).toBe('completed');
  await slow(jobs.map(({ id }) => id));
  await learnTimes(one.ledger, 0);
  const [first] = await known();
  expect(first?.jobs).toBe(100);
  expect(first?.p99).toBeLessThan(MINUTE_MS);
});

it('jobs of an import are a kind of their own', async () => {
  await complete(100);
  await learnTimes(one.ledger, 0);
  const rows = await complete(100);
  await slow(rows);
  await one.rows("update jobs set import_id = 'imp_test', import_row = 1 where id = any($1)", [rows]);
  await learnTimes(one.ledger, 0);
  const [alone, imported] = await known();
  expect(alone?.p99).toBeLessThan(MINUTE_MS);
  expect(imported?.p99).toBeGreaterThan(59 * MINUTE_MS);
});
