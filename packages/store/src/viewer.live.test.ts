import { describeFault } from '@qvara/domain/retry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { listStranded } from './containers.ts';
import { cancelJob } from './control.ts';
import { listCustomers, loadCustomer, takePortingPin } from './customers.ts';
import { readEvents } from './event-log.ts';
import { listJobs, loadJob } from './jobs.ts';
import { accepted, addRoom, openProcess, type Process, provision, rename } from './test-ledger.ts';
import { claimRun, giveUp, runUntil } from './test-run.ts';

let database: TestDatabase;
let one: Process;
const made = new Map<string, { jobId: string; customerId: string }>();

beforeAll(async () => {
  database = await createTestDatabase();
  one = await openProcess(database.url);
  await addRoom(one, 10);
  for (const clientId of ['cli_a', 'cli_b']) {
    const job = await accepted(one, provision({ clientId }, { externalRef: 'same-ref' }));
    made.set(clientId, { jobId: job.id, customerId: job.customerId });
    const run = await giveUp(await runUntil(await claimRun(one, job.id), 'create-tenant'));
    const failure = describeFault({ code: 'platform-broken', message: 'gone' }, 'create-tenant');
    await run.write({ events: [{ type: 'undo-gave-up', failure }], changes: { seat: 'strand' } });
  }
});
afterAll(async () => {
  await one.close();
  await database.drop();
});

const [a, b] = [
  { clientId: 'cli_a', admin: false },
  { clientId: 'cli_b', admin: false },
];
const admin = { clientId: 'cli_admin', admin: true };
const of = (clientId: string) => made.get(clientId)!;

it('a client sees its own jobs only, an administrator sees all', async () => {
  const seen = async (viewer: typeof a) =>
    (await listJobs(one.ledger, viewer, { limit: 10 })).items.map(({ id }) => id);
  expect(await seen(a)).toEqual([of('cli_a').jobId]);
  expect(await seen(b)).toEqual([of('cli_b').jobId]);
  expect(await seen(admin)).toEqual([of('cli_b').jobId, of('cli_a').jobId]);
  await expect(loadJob(one.ledger, a, of('cli_b').jobId)).rejects.toMatchObject({ code: 'not-found' });
  expect((await loadJob(one.ledger, admin, of('cli_b').jobId)).id).toBe(of('cli_b').jobId);
});

it('a client sees its own customers only; a reference means its own customer', async () => {
  const seen = async (viewer: typeof a) =>
    (await listCustomers(one.ledger, viewer, { limit: 10 })).items.map(({ id }) => id);
  expect(await seen(a)).toEqual([of('cli_a').customerId]);
  expect(await seen(admin)).toHaveLength(2);
  expect((await loadCustomer(one.ledger, b, { externalRef: 'same-ref' })).id).toBe(of('cli_b').customerId);
  await expect(loadCustomer(one.ledger, a, { id: of('cli_b').customerId })).rejects.toMatchObject({
    code: 'not-found',
  });
  await expect(loadCustomer(one.ledger, admin, { externalRef: 'same-ref' })).rejects.toMatchObject({
    code: 'not-found',
  });
  const pin = { viewer: a, keyId: 'key_a', name: { id: of('cli_b').customerId } };
  await expect(takePortingPin(one.ledger, pin)).rejects.toMatchObject({ code: 'not-found' });
});

it('a client reads its own events only, by whichever filter it asks', async () => {
  const read = async (viewer: typeof a, filter = {}) =>
    (await readEvents(one.ledger, viewer, { after: 0, limit: 100, ...filter })).events;
  expect(new Set((await read(a)).map(({ data }) => data.jobId))).toEqual(new Set([of('cli_a').jobId]));
  expect(await read(a, { jobId: of('cli_b').jobId })).toEqual([]);
  expect(await read(a, { customerId: of('cli_b').customerId })).toEqual([]);
  expect((await read(admin, { jobId: of('cli_b').jobId })).length).toBeGreaterThan(3);
});

it('a client sees its own stranded seats only', async () => {
  const seen = async (viewer: typeof a) => (await listStranded(one.ledger, viewer)).map(({ customerId }) => customerId);
  expect(await seen(a)).toEqual([of('cli_a').customerId]);
  expect(await seen(admin)).toHaveLength(2);
});

it('pages of jobs and customers follow each other without a gap', async () => {
  const ids = [];
  for (let n = 0; n < 7; n += 1) ids.push((await accepted(one, provision({ clientId: 'cli_pages' }))).id);
  const viewer = { clientId: 'cli_pages', admin: false };
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listJobs>> = await listJobs(one.ledger, viewer, {
      limit: 3,
      ...(cursor === null ? {} : { cursor }),
    });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  expect(seen).toEqual(ids.toReversed());
});

it('a client sees what an administrator does to its customer, all of it, and leaves it to administrators to cancel', async () => {
  const { customerId } = await accepted(one, provision({ clientId: 'cli_a' }));
  const item = { ...rename({ customerId }, { clientId: 'cli_admin' }), byAdmin: true };
  const { id } = await accepted(one, item);
  expect((await loadJob(one.ledger, a, id)).id).toBe(id);
  const { events: told } = await readEvents(one.ledger, a, { after: 0, limit: 10, jobId: id });
  expect(told.map(({ data }) => data.jobSequence)).toEqual([1]);
  await expect(loadJob(one.ledger, b, id)).rejects.toMatchObject({ code: 'not-found' });
  const cancel = (viewer: typeof a) => cancelJob(one.ledger, one.announce, { jobId: id, viewer });
  await expect(cancel(a)).rejects.toMatchObject({ code: 'forbidden' });
  expect((await cancel(admin)).state).toBe('cancelled');
});
