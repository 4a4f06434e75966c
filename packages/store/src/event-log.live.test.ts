import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { lastEventNumber, readEvents } from './event-log.ts';
import { appendEvents, type EventDrafts } from './events.ts';
import { sqlIn } from './sql.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { runJob } from './test-run.ts';

let database: TestDatabase;
let one: Process;
let two: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  [one, two] = [await openProcess(database.url), await openProcess(database.url)];
});
afterAll(async () => {
  await one.close();
  await two.close();
  await database.drop();
});

const admin = { clientId: 'cli_admin', admin: true };
const record = (client: string): EventDrafts => ({
  client_id: client,
  customer_id: null,
  job_id: null,
  job_last: null,
  common: {},
  told: [{ name: 'customer.activated' }],
});

/** Appends in a transaction that stays open for a while after. */
async function appendSlowly(process: Process, { openMs, end }: { openMs: number; end: 'commit' | 'rollback' }) {
  const connection = await process.ledger.pool.connect();
  try {
    await connection.query("set lock_timeout = '20s'");
    await connection.query('begin');
    await appendEvents(sqlIn(connection), [record('cli_slow'), record('cli_slow')]);
    await connection.query('select pg_sleep($1)', [openMs / 1_000]);
    await connection.query(end);
  } finally {
    connection.release(true);
  }
}

it('a reader that pages misses no number and sees none before an earlier one, whatever writers do', async () => {
  await addRoom(one, 200);
  const seen: number[] = [];
  let writing = true;
  async function read(): Promise<void> {
    while (writing || seen.length < (await lastEventNumber(one.ledger))) {
      const { events: page } = await readEvents(two.ledger, admin, { after: seen.at(-1) ?? 0, limit: 50 });
      seen.push(...page.map(({ data }) => data.sequence));
    }
  }
  const reader = read();
  const slow = [
    appendSlowly(one, { openMs: 1_000, end: 'commit' }),
    appendSlowly(two, { openMs: 150, end: 'rollback' }),
  ];
  const jobs = await Promise.all(
    Array.from({ length: 120 }, async (_, index) => {
      const process = index % 2 ? one : two;
      const { id } = await accepted(process, provision());
      await runJob(process, id);
      return id;
    }),
  );
  await Promise.all(slow);
  writing = false;
  await reader;
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
  expect(seen.length).toBe((await one.rows('select from events')).length);
  expect(jobs).toHaveLength(120);
});

it('the events of a job are numbered densely within it', async () => {
  const { id } = await accepted(one, provision());
  await runJob(one, id);
  const { events } = await readEvents(one.ledger, admin, { after: 0, limit: 100, jobId: id });
  expect(events.map(({ data }) => data.jobSequence)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ type }) => type).at(-1)).toBe('qvara.job.completed.v1');
});

it('a number that was written and rolled back is given to the next event', async () => {
  const before = await lastEventNumber(one.ledger);
  await appendSlowly(one, { openMs: 1, end: 'rollback' });
  await appendSlowly(one, { openMs: 1, end: 'commit' });
  expect(await lastEventNumber(one.ledger)).toBe(before + 2);
});

it('a transaction that keeps the log for three seconds delays requests and loses none', async () => {
  const started = performance.now();
  const slow = appendSlowly(two, { openMs: 3_000, end: 'commit' });
  await eventually(async () => (await locksHeld()) > 0);
  const jobs = await Promise.all(Array.from({ length: 20 }, () => accepted(one, provision())));
  expect(jobs).toHaveLength(20);
  expect(performance.now() - started).toBeGreaterThan(2_900);
  await slow;
});

async function locksHeld(): Promise<number> {
  const [row] = await one.rows<{ n: number }>(
    "select count(*)::int as n from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())",
  );
  return row!.n;
}

it('a reader that comes back after its place was removed is told so', async () => {
  await one.rows('delete from event_entries where last <= 10');
  const [oldest] = await one.rows<{ number: number }>('select min(sequence)::int as number from events');
  const number = oldest?.number ?? 0;
  const reading = readEvents(one.ledger, admin, { after: 3, limit: 10 });
  await expect(reading).rejects.toMatchObject({ code: 'events-expired', details: { oldest: number } });
  expect(number).toBeGreaterThan(4);
  expect((await readEvents(one.ledger, admin, { after: number - 1, limit: 1 })).events[0]?.id).toBe(String(number));
});
