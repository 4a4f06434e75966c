import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { lastEventNumber, readEvents } from './event-log.ts';
import { keepEventPartitions } from './event-partitions.ts';
import { accepted, openProcess, type Process, provision } from './test-ledger.ts';

const DAYS = 30;
const admin = { clientId: 'cli_admin', admin: true };
const FIRST = ['event_entries_1', 'event_entries_10000000'];

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

async function partitions(): Promise<string[]> {
  const rows = await one.rows<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'event_entries'::regclass order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** As if the log had come so far: the next event has the number after. */
async function goTo(number: number): Promise<void> {
  await one.rows(
    `insert into event_entries (last, client_id, occurred_at, common, told)
     select $1, 'cli_test', clock_timestamp(), '{}', '[{"name": "customer.activated"}]'`,
    [number],
  );
}

it('while one lies ahead, there is nothing to do', async () => {
  await accepted(one, provision());
  expect(await keepEventPartitions(one.ledger, DAYS)).toEqual({ made: [], dropped: [] });
  expect(await partitions()).toEqual(FIRST);
});

it('the next is made when the last begins to fill, once, while events are being written', async () => {
  await goTo(9_999_999);
  const [mine, others] = await Promise.all([
    keepEventPartitions(one.ledger, DAYS),
    keepEventPartitions(two.ledger, DAYS),
    Promise.all(Array.from({ length: 50 }, () => accepted(one, provision()))),
  ]);
  const made = [...mine.made, ...others.made, ...(await keepEventPartitions(one.ledger, DAYS)).made];
  expect(made).toEqual(['event_entries_20000000']);
  expect(await lastEventNumber(one.ledger)).toBe(10_000_049);
  const { events } = await readEvents(one.ledger, admin, { after: 9_999_998, limit: 100 });
  expect(events.map(({ data }) => data.sequence)).toEqual(Array.from({ length: 51 }, (_, n) => 9_999_999 + n));
});

it('it is large enough for its part of the days that are kept, by how quickly the log grows', async () => {
  const [row] = await one.rows<{ bound: string }>(
    "select pg_get_expr(relpartbound, oid) as bound from pg_class where relname = 'event_entries_20000000'",
  );
  // Ten million numbers within a day, thirty days, twelve parts.
  expect(row?.bound).toBe("FOR VALUES FROM ('20000000') TO ('46000000')");
});

it('one goes when all in it is too old, and readers of it are told so', async () => {
  expect((await keepEventPartitions(one.ledger, DAYS)).dropped).toEqual([]);
  await one.rows("update event_entries set occurred_at = occurred_at - interval '29 days' where last < 10000000");
  expect((await keepEventPartitions(one.ledger, DAYS)).dropped).toEqual([]);
  await one.rows("update event_entries set occurred_at = occurred_at - interval '2 days' where last < 10000000");
  expect((await keepEventPartitions(one.ledger, DAYS)).dropped).toEqual(['event_entries_1']);
  const reading = readEvents(one.ledger, admin, { after: 0, limit: 10 });
  await expect(reading).rejects.toMatchObject({ code: 'events-expired', details: { oldest: 10_000_000 } });
  expect((await readEvents(one.ledger, admin, { after: 9_999_999, limit: 1 })).events).toHaveLength(1);
});

it('the one with the newest event stays, however old', async () => {
  await one.rows("update event_entries set occurred_at = occurred_at - interval '900 days'");
  expect((await keepEventPartitions(one.ledger, DAYS)).dropped).toEqual([]);
  await accepted(one, provision());
  expect(await lastEventNumber(one.ledger)).toBe(10_000_050);
});
