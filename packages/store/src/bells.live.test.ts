import { describeFault } from '@qvara/domain/retry';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { cancelJob } from './control.ts';
import { sqlOn } from './sql.ts';
import { findUnclaimed, releaseSilent, releaseWorker, renewBells, ringDue } from './sweep.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { claimRun, runJob, runUntil } from './test-run.ts';
import { beat } from './workers.ts';

const closing: (() => Promise<void>)[] = [];
let databaseUrl: string;
let one: Process;
let two: Process;

beforeEach(async () => {
  const database = await createTestDatabase();
  databaseUrl = database.url;
  const settings = { clientWindow: 5 };
  [one, two] = [await openProcess(database.url, settings), await openProcess(database.url, settings)];
  closing.push(one.close, two.close, database.drop);
  await addRoom(one, 500);
});
afterAll(async () => {
  for (const close of closing) await close();
});

const viewer = { clientId: 'cli_test', admin: false };
type Window = { outstanding: number; rung: number };

/** Each window's counter, beside what it must be. */
async function windows(): Promise<Window[]> {
  return await one.rows<Window>(
    `select w.outstanding, (select count(*)::int from jobs j
       where j.client_id = w.client_id and j.queue = w.queue and j.bell = 'rung') as rung
     from bell_windows w order by w.client_id, w.queue`,
  );
}

async function expectBounded(): Promise<void> {
  for (const { outstanding, rung } of await windows()) {
    expect(outstanding).toBe(rung);
    expect(rung).toBeLessThanOrEqual(5);
  }
}

it('of fifty jobs of a client at most five are rung at any time, all are in the end, and the counters end at zero', async () => {
  const jobs = await Promise.all(Array.from({ length: 50 }, (_, n) => accepted(n % 2 ? one : two, provision())));
  await expectBounded();
  expect([...one.bells, ...two.bells]).toHaveLength(5);
  const heard = new Set<string>();
  let running = 0;
  async function work(): Promise<void> {
    for (;;) {
      const bell = [...one.bells, ...two.bells].find(({ jobId }) => !heard.has(jobId));
      if (bell === undefined) return;
      heard.add(bell.jobId);
      running += 1;
      expect(running).toBeLessThanOrEqual(5);
      const owner = one.bells.includes(bell) ? one : two;
      await runJob(owner, bell.jobId);
      running -= 1;
      await expectBounded();
    }
  }
  while (heard.size < jobs.length) await Promise.all(Array.from({ length: 5 }, work));
  expect((await windows()).map(({ outstanding }) => outstanding)).toEqual([0]);
});

it('all clients together have hardly more rung than the workers take; each has an equal share, and what others leave', async () => {
  const process = await openProcess(databaseUrl, { clientWindow: 1_000 });
  closing.unshift(process.close);
  const outstanding = async () => (await windows()).map((window) => window.outstanding);
  await one.rows('delete from workers');
  await beat(sqlOn(one.ledger.pool), [
    { id: 'wrk_a', slots: 12, sharedSlots: 12 },
    { id: 'wrk_b', slots: 8, sharedSlots: 8 },
  ]);
  const ask = (clientId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => accepted(process, provision({ clientId }))));
  await ask('cli_a', 30);
  expect(await outstanding()).toEqual([20]);
  await ask('cli_b', 30);
  expect(await outstanding()).toEqual([20, 10]);
  await ask('cli_c', 1);
  expect(await outstanding()).toEqual([20, 10, 1]);
  // What is finished is not rung anew until all have no more than the workers take; a place left by the last job of a
  // client is taken with the next finish.
  for (const { jobId } of process.bells.slice(0, 31)) await runJob(process, jobId);
  const after = await outstanding();
  const total = after.reduce((sum, count) => sum + count, 0);
  expect([19, 20]).toContain(total);
});

it('while a client with little to do is about, those with a backlog get fewer slots', async () => {
  await one.rows('delete from workers');
  await beat(sqlOn(one.ledger.pool), [{ id: 'wrk_a', slots: 30, sharedSlots: 9 }]);
  const process = await openProcess(databaseUrl, { clientWindow: 1_000 });
  closing.unshift(process.close);
  await one.rows("delete from workers where id = 'wrk_able'");
  const ask = (clientId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => accepted(process, provision({ clientId }))));
  const outstanding = async () => (await windows()).map((window) => window.outstanding);
  await ask('cli_a', 60);
  expect(await outstanding()).toEqual([30]);
  await ask('cli_b', 1);
  for (const { jobId } of process.bells.slice(0, 25)) {
    await one.rows("update bell_windows set changed_at = clock_timestamp() where client_id = 'cli_b'");
    await runJob(process, jobId);
  }
  expect(await outstanding()).toEqual([9, 1]);
  await one.rows("update bell_windows set changed_at = clock_timestamp() - interval '2 seconds'");
  const next = process.bells.at(-2);
  await runJob(process, next?.jobId ?? '');
  expect(await outstanding()).toEqual([29, 1]);
});

it('a client with a full window holds up no other client', async () => {
  const big = Array.from({ length: 20 }, () => provision({ clientId: 'cli_big' }));
  const small = [one, two].map((process) => ({ process, item: provision({ clientId: 'cli_small' }) }));
  await Promise.all(big.map((item) => accepted(one, item)).concat(accepted(one, small[0]!.item)));
  await accepted(two, small[1]!.item);
  for (const { process, item } of small) expect((await runJob(process, item.jobId)).job.state).toBe('completed');
});

it('a cancel of a job in any state keeps the counters true and rings the next', async () => {
  const jobs = [];
  for (let n = 0; n < 8; n += 1) jobs.push(await accepted(one, provision()));
  const [rung, running, begun, waiting, , due] = jobs.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  await claimRun(one, running);
  await runUntil(await claimRun(one, begun), 'create-tenant');
  await waitOnce(waiting);
  for (const jobId of [rung, running, begun, waiting, due]) {
    await cancelJob(one.ledger, one.announce, { jobId, viewer });
    await expectBounded();
  }
  const bells = one.bells.length;
  expect(bells).toBeGreaterThan(8);
});

/** Claims a job and puts it to wait for a minute. */
async function waitOnce(jobId: string, delayMs = 60_000): Promise<void> {
  const run = await claimRun(one, jobId);
  const failure = describeFault({ code: 'platform-unavailable', message: 'busy' }, 'reserve-seat');
  await run.write({
    events: [
      { type: 'step-failed', step: 'reserve-seat', failure },
      { type: 'waited', delayMs, counted: true, failure },
    ],
  });
}

it('a job that waits is rung when its time has come, not before', async () => {
  const { id } = await accepted(one, provision());
  await waitOnce(id);
  await ringDue(one.ledger, one.announce);
  expect(one.bellsOf(id)).toHaveLength(1);
  await one.rows('update jobs set due_at = clock_timestamp() where id = $1', [id]);
  await ringDue(one.ledger, one.announce);
  expect(one.bellsOf(id).map(({ bellNo }) => bellNo)).toEqual([1, 2]);
  await expectBounded();
});

it('whatever became due is rung, however many windows there are', async () => {
  const jobs = [];
  for (let n = 0; n < 45; n += 1) jobs.push(await accepted(one, provision({ clientId: `cli_${n}` })));
  for (const { id } of jobs) await waitOnce(id);
  await one.rows('update jobs set due_at = clock_timestamp()');
  await ringDue(one.ledger, one.announce);
  for (const { id } of jobs) expect(one.bellsOf(id)).toHaveLength(2);
  await expectBounded();
});

it('the jobs of silent workers are rung again, whatever their number, each once though two rescuers look', async () => {
  const wide = await openWide();
  const jobs = await Promise.all(Array.from({ length: 450 }, () => accepted(wide, provision())));
  await Promise.all(jobs.map(({ id }) => claimRun(wide, id, 'wrk_dead')));
  await one.rows("update workers set beat_at = clock_timestamp() - interval '7 seconds'");
  const taken = await Promise.all([
    releaseSilent(wide.ledger, wide.announce, 6_000),
    releaseSilent(wide.ledger, wide.announce, 6_000),
  ]);
  expect(taken[0]! + taken[1]!).toBe(450);
  for (const { id } of jobs) expect(wide.bellsOf(id).map(({ bellNo }) => bellNo)).toEqual([1, 2]);
  for (const { outstanding, rung } of await windows()) expect(outstanding).toBe(rung);
});

/** A process without the narrow window. */
async function openWide(): Promise<Process> {
  const wide = await openProcess(one.ledger.orm.config.get('clientUrl') as string);
  closing.unshift(wide.close);
  return wide;
}

it('a worker that beats loses nothing', async () => {
  const { id } = await accepted(one, provision());
  await claimRun(one, id);
  expect(await releaseSilent(one.ledger, one.announce, 6_000)).toBe(0);
});

it('a worker that stops gives back also a job that somebody else has locked for a moment', async () => {
  const jobs = await Promise.all([accepted(one, provision()), accepted(one, provision())]);
  for (const { id } of jobs) await claimRun(one, id);
  const [locked, open] = jobs.map(({ id }) => id);
  const holder = await two.ledger.pool.connect();
  await holder.query('begin');
  await holder.query('select from jobs where id = $1 for update', [locked]);
  const released = releaseWorker(one.ledger, one.announce, one.workerId);
  const isBack = async () =>
    (await one.rows("select from jobs where id = $1 and state = 'waiting'", [open])).length > 0;
  await eventually(isBack, { describe: 'what nobody has locked is given back' });
  await holder.query('commit');
  holder.release();
  expect(await released).toBe(2);
});

it('a release beside writes of the same runs mixes nothing up', async () => {
  const wide = await openWide();
  for (let round = 0; round < 30; round += 1) {
    const { id } = await accepted(wide, provision());
    const run = await claimRun(wide, id);
    const next = { type: 'step-started', step: 'create-tenant' } as const;
    await Promise.all([
      run.write({ place: { region: null }, events: [next] }),
      releaseWorker(two.ledger, two.announce, wide.workerId),
    ]);
    const [row] = await one.rows<{ event_count: number; state: string; seats: number; step: string }>(
      `select event_count, state, steps -> 0 ->> 1 as step,
         (select count(*)::int from seats s where s.customer_id = j.customer_id) as seats from jobs j where id = $1`,
      [id],
    );
    const events = await one.rows('select from events where job_id = $1', [id]);
    expect(row?.event_count).toBe(events.length);
    expect(row!.seats).toBe(row!.step === 'succeeded' ? 1 : 0);
    await cancelJob(wide.ledger, wide.announce, { jobId: id, viewer });
  }
});

it('a lost bell gets a new number, a claimed or renewed one does not', async () => {
  const [lost, claimed] = [await accepted(one, provision()), await accepted(one, provision())];
  const old = [...one.bells];
  await claimRun(one, claimed.id);
  await one.rows("update jobs set rung_at = clock_timestamp() - interval '1 minute'");
  const look = { queue: 'provisioning', olderThanMs: 10_000 } as const;
  expect(await findUnclaimed(one.ledger, look)).toMatchObject([{ queue: 'provisioning', jobId: lost.id, bellNo: 1 }]);
  const both = await Promise.all([renewBells(one.ledger, old), renewBells(two.ledger, old)]);
  expect(both.flat()).toEqual([{ queue: 'provisioning', jobId: lost.id, bellNo: 2 }]);
  expect(await findUnclaimed(one.ledger, look)).toEqual([]);
  await expectBounded();
});
