import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { changeContainer, listContainers } from './containers.ts';
import { cancelJob } from './control.ts';
import { freeRested } from './sweep.ts';
import { accepted, addRoom, openProcess, type Process, provision, rename } from './test-ledger.ts';
import { claimRun, runJob, runUntil, undoAll } from './test-run.ts';

// Every test has its own containers: a ledger of its own.
const closing: (() => Promise<void>)[] = [];
let one: Process;
let two: Process;

beforeEach(async () => {
  const database = await createTestDatabase();
  [one, two] = [await openProcess(database.url), await openProcess(database.url)];
  closing.push(one.close, two.close, database.drop);
});
afterAll(async () => {
  for (const close of closing) await close();
});

const viewer = { clientId: 'cli_test', admin: false };
const by = { keyId: 'key_test', clientId: 'cli_test' };
const next = { type: 'step-started', step: 'create-tenant' } as const;
type Seat = { container_id: string; number: string; state: string };
const seats = () => one.rows<Seat>('select * from seats order by container_id, number');
const stateOf = async (jobId: string) =>
  (await one.rows<{ state: string }>('select state from jobs where id = $1', [jobId]))[0]?.state;

/** Places a new customer in either process. */
async function place(process: Process, region: string | null = null) {
  const { id } = await accepted(process, provision({}, region === null ? {} : { region }));
  const run = await claimRun(process, id);
  await run.write({ place: { region }, events: [next] });
  return run;
}

/** Each container's counters must be what its rows say. */
async function expectCounted(): Promise<void> {
  const rows = await one.rows<object>(
    `select c.seats - count(s) filter (where s.state <> 'quarantined') as seats,
       c.quarantined - count(s) filter (where s.state = 'quarantined') as resting
     from containers c left join seats s on s.container_id = c.id group by c.id`,
  );
  for (const row of rows) expect(row).toEqual({ seats: '0', resting: '0' });
}

it('221 customers at once and three containers of 70 seats: 210 are placed, 11 are held, no number is given twice', async () => {
  for (let n = 0; n < 3; n += 1) await addRoom(one, 70);
  const runs = await Promise.all(Array.from({ length: 221 }, (_, index) => place(index % 2 ? one : two)));
  const taken = await seats();
  expect(new Set(taken.map(({ container_id, number }) => `${container_id} ${number}`)).size).toBe(210);
  expect(runs.filter(({ job }) => job.state === 'held')).toHaveLength(11);
  const numbers = Array.from({ length: 70 }, (_, index) => String(index + 1).padStart(3, '0'));
  for (const id of ['100001', '100002', '100003'])
    expect(taken.filter((seat) => seat.container_id === id).map(({ number }) => number)).toEqual(numbers);
  await expectCounted();
});

it('a new container wakes as many of the oldest held jobs as fit, and no others', async () => {
  const held = [];
  for (let n = 0; n < 5; n += 1) held.push((await place(one)).job.id);
  await addRoom(two, 3);
  const states = await Promise.all(held.map(stateOf));
  expect(states).toEqual(['waiting', 'waiting', 'waiting', 'held', 'held']);
  for (const id of held.slice(0, 3)) {
    const run = await claimRun({ ...one, bellsOf: two.bellsOf }, id);
    await run.write({ place: { region: null }, events: [next] });
    expect(run.job.state).toBe('running');
  }
});

it('jobs held for a full region do not hide a younger one whose region has room again', async () => {
  const held = [];
  for (const region of ['east', 'east', 'east', 'west']) held.push((await place(one, region)).job.id);
  await addRoom(one, 1, 'west');
  expect(await Promise.all(held.map(stateOf))).toEqual(['held', 'held', 'held', 'waiting']);
});

it('one free seat wakes one job: the oldest of those that want it, in that region or in any', async () => {
  const held = [];
  for (const region of [null, 'east', null]) held.push((await place(one, region)).job.id);
  await addRoom(one, 1, 'east');
  expect(await Promise.all(held.map(stateOf))).toEqual(['waiting', 'held', 'held']);
});

it('head-room that a woken job left unused by being cancelled goes to the next held one', async () => {
  const [first, second] = [(await place(one)).job.id, (await place(one)).job.id];
  await addRoom(one, 1);
  await cancelJob(one.ledger, one.announce, { jobId: first, viewer });
  await freeRested(one.ledger, one.announce);
  expect([await stateOf(first), await stateOf(second)]).toEqual(['cancelled', 'waiting']);
});

it('a container that drains or is offline gets nobody, and gets some again when it is back', async () => {
  const id = await addRoom(one, 10);
  await changeContainer(one.ledger, one.announce, { by, id, change: { state: 'draining' } });
  const run = await place(one);
  expect(run.job.held?.detail).toContain('1 draining');
  await changeContainer(one.ledger, one.announce, { by, id, change: { state: 'offline' } });
  expect((await place(two)).job.held?.detail).toContain('1 offline');
  await changeContainer(one.ledger, one.announce, { by, id, change: { state: 'online' } });
  expect(await stateOf(run.job.id)).toBe('waiting');
});

it('a seat that is given back before its tenant was begun is free at once', async () => {
  await addRoom(one, 1);
  const { id } = await accepted(one, provision());
  const run = await claimRun(one, id);
  await run.write({ place: { region: null }, events: [] });
  await cancelJob(one.ledger, one.announce, { jobId: id, viewer });
  await undoAll(await claimRun(one, id));
  expect(await seats()).toEqual([]);
  expect((await place(one)).seat?.number).toBe('001');
  await expectCounted();
});

it('a number whose tenant was begun rests: it is not given out before its quarantine is over', async () => {
  const id = await addRoom(one, 1);
  const run = await place(one);
  await cancelJob(one.ledger, one.announce, { jobId: run.job.id, viewer });
  await undoAll(await claimRun(one, run.job.id));
  expect(await seats()).toMatchObject([{ number: '001', state: 'quarantined' }]);
  expect(await listContainers(one.ledger)).toMatchObject([{ id, seats: 0, quarantined: 1, headRoom: 1 }]);
  const other = await place(one);
  expect(other.seat?.number).toBe('002');
  await one.rows("update seats set free_at = clock_timestamp() where state = 'quarantined'");
  await freeRested(one.ledger, one.announce);
  expect((await seats()).map(({ number }) => number)).toEqual(['002']);
  await expectCounted();
});

it('a disconnect gives its seat to a held job', async () => {
  await addRoom(one, 1);
  const { id, customerId } = await accepted(one, provision());
  await runJob(one, id);
  const held = await place(two);
  expect(held.job.state).toBe('held');
  const ending = await accepted(one, {
    ...rename({ customerId }),
    request: { type: 'customer.disconnect', customerId, payload: { reason: 'gone' } },
  });
  await runUntil(await claimRun(one, ending.id), 'end');
  expect(await stateOf(held.job.id)).toBe('waiting');
});

it('no job is left held beside a free seat, however often a hold and a release meet', async () => {
  await addRoom(one, 1);
  for (let round = 0; round < 40; round += 1) {
    const holder = await place(one);
    const { id } = await accepted(two, provision());
    const [release, hold] = [await claimUndo(holder.job.id), await claimRun(two, id)];
    await Promise.all([undoAll(release), hold.write({ place: { region: null }, events: [next] })]);
    const state = await stateOf(id);
    expect(['running', 'waiting']).toContain(state);
    const bells = () => one.bellsOf(id).length + two.bellsOf(id).length;
    if (state === 'waiting') await eventually(() => bells() === 2, { describe: 'the held job is rung' });
    await one.rows("update jobs set state = 'cancelled', bell = 'none', finished_at = now() where id = $1", [id]);
    await one.rows('delete from seats');
    await one.rows('update containers set seats = 0, quarantined = 0, no_free_below = 1');
  }
});

async function claimUndo(jobId: string) {
  await cancelJob(one.ledger, one.announce, { jobId, viewer });
  return await claimRun(one, jobId);
}

it('a customer who holds a seat keeps it when it is placed again', async () => {
  await addRoom(one, 5);
  const run = await place(one);
  const [reserving, ...others] = run.job.steps;
  const job = { ...run.job, steps: [{ ...reserving!, state: 'running' as const }, ...others] };
  const answer = await one.advance({ job, place: { region: null }, events: [next] });
  expect(answer).toMatchObject({ outcome: 'written', seat: { number: run.seat?.number } });
  expect(await seats()).toMatchObject([{ number: run.seat?.number }]);
});
