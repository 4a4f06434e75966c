import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { advanceVerb } from './advance.ts';
import { AGAIN } from './coalesce.ts';
import { retryJob } from './control.ts';
import { accepted, addRoom, openProcess, type Process, provision, rename } from './test-ledger.ts';
import { claimRun, giveUp, runJob, runUntil, undoAll } from './test-run.ts';

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

type Lane = { id: string; turn: number; bell: string; state: string };
const laneOf = (customerId: string) =>
  one.rows<Lane>('select id, turn, bell, state from jobs where customer_id = $1 order by turn', [customerId]);

it('concurrent requests for one customer, by two processes, get dense turns, and one of them is due', async () => {
  const { customerId } = await accepted(one, provision());
  const items = Array.from({ length: 60 }, () => rename({ customerId }));
  await Promise.all(items.map((item, index) => accepted(index % 2 ? one : two, item)));
  const lane = await laneOf(customerId);
  expect(lane.map(({ turn }) => turn)).toEqual(Array.from({ length: 61 }, (_, index) => index + 1));
  expect(lane.filter(({ bell }) => bell !== 'none').map(({ turn }) => turn)).toEqual([1]);
});

it('the jobs of a customer are rung one by one, each when the one before has ended', async () => {
  await addRoom(one, 10);
  const first = await accepted(one, provision());
  const { customerId } = first;
  const others = [await accepted(one, rename({ customerId })), await accepted(one, rename({ customerId }))];
  for (const job of [first, ...others]) {
    const rung = (await laneOf(customerId)).filter(({ bell }) => bell === 'rung');
    expect(rung.map(({ id }) => id)).toEqual([job.id]);
    await runJob(one, job.id);
  }
  expect((await laneOf(customerId)).map(({ state }) => state)).toEqual(['completed', 'completed', 'completed']);
});

it('a job behind a provisioning that is held does not run', async () => {
  const first = await accepted(one, provision({}, { region: 'nowhere' }));
  const behind = await accepted(one, rename({ customerId: first.customerId }));
  const run = await claimRun(one, first.id);
  await run.write({ place: { region: 'nowhere' }, events: [] });
  expect(run.job).toMatchObject({ state: 'held', held: { reason: 'no-capacity' } });
  expect(one.bellsOf(behind.id)).toEqual([]);
  const bell = {
    jobId: behind.id,
    bellNo: 0,
    token: 'a guess',
    worker: { id: one.workerId, slots: 8, sharedSlots: 8 },
  };
  expect(await one.claim(bell)).toEqual({ outcome: 'stale' });
});

it('a retried job takes a new turn behind those that wait', async () => {
  const first = await accepted(one, provision());
  const { customerId } = first;
  const behind = await accepted(one, rename({ customerId }));
  await undoAll(await giveUp(await claimRun(one, first.id)));
  const viewer = { clientId: 'cli_test', admin: false };
  const retried = await retryJob(one.ledger, one.announce, { jobId: first.id, viewer });
  expect(retried.turn).toBe(3);
  expect((await laneOf(customerId)).map(({ id, bell }) => [id, bell])).toEqual([
    [behind.id, 'rung'],
    [first.id, 'none'],
  ]);
  await giveUp(await claimRun(one, behind.id), 'customer-not-provisioned');
  expect(one.bellsOf(first.id)).toHaveLength(2);
});

it('an end and a request that meet in a lane leave one job due, however often they meet', async () => {
  await addRoom(one, 900);
  for (let round = 0; round < 40; round += 1) {
    const { id, customerId } = await accepted(one, provision());
    const run = await runUntil(await claimRun(one, id), 'activate-tenant');
    const items = Array.from({ length: 3 }, () => rename({ customerId }));
    await Promise.all([runUntil(run, 'end'), ...items.map((item) => accepted(two, item))]);
    const lane = await laneOf(customerId);
    expect(lane.filter(({ bell }) => bell === 'rung').map(({ turn }) => turn)).toEqual([2]);
  }
});

it('an end that meets a locked lane is written in a later batch', async () => {
  const { id, customerId } = await accepted(one, provision());
  const run = await runUntil(await claimRun(one, id), 'activate-tenant');
  const connection = await two.ledger.pool.connect();
  await connection.query('begin');
  await connection.query('select from lanes where customer_id = $1 for update', [customerId]);
  const done = { type: 'step-succeeded', step: 'activate-tenant', told: [] } as const;
  const end = run.item({ events: [done, { type: 'completed', result: {} }] });
  expect(await advanceVerb(one.ledger, one.announce)([end], false)).toEqual([AGAIN]);
  await connection.query('rollback');
  connection.release();
  expect(await one.advance(end)).toMatchObject({ outcome: 'written', job: { state: 'completed' } });
});
