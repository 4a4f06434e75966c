import { describeFault } from '@qvara/domain/retry';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { retryJob } from './control.ts';
import { readEvents } from './event-log.ts';
import { learnTimes } from './job-times.ts';
import { jobAnswer, loadJob } from './jobs.ts';
import { tellLate } from './late-jobs.ts';
import { ringDue } from './sweep.ts';
import { accepted, addRoom, openProcess, type Process, provision, rename } from './test-ledger.ts';
import { claimRun, giveUp, runJob, runUntil, undoAll } from './test-run.ts';

const viewer = { clientId: 'cli_test', admin: false };
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

/** So many provisionings have completed, and it is known how long they took. */
async function haveCompleted(count: number): Promise<void> {
  const jobs = await Promise.all(Array.from({ length: count }, () => accepted(one, provision())));
  await Promise.all(jobs.map(({ id }) => runJob(one, id)));
  await learnTimes(one.ledger, 0);
}

/** Lets jobs have begun so much earlier. */
async function age(jobId: string, interval = '1 hour'): Promise<void> {
  await one.rows('update jobs set begun_at = begun_at - $2::interval where id = $1', [jobId, interval]);
}

async function hold(): Promise<string> {
  const { id } = await accepted(one, provision({}, { region: 'nowhere' }));
  await (await claimRun(one, id)).write({ place: { region: 'nowhere' }, events: [] });
  return id;
}

const tell = (by = one) => tellLate(by.ledger, by.announce);
const eventsOf = async (jobId: string) =>
  (await readEvents(one.ledger, viewer, { after: 0, limit: 200, jobId })).events;
const alarmsOf = async (jobId: string) => (await eventsOf(jobId)).filter(({ type }) => type === 'qvara.job.late.v1');

/** Finds the numbers of a job's events to be 1, 2, 3, and as many as its row counts. */
async function expectDense(jobId: string): Promise<void> {
  const numbers = (await eventsOf(jobId)).map(({ data }) => data.jobSequence);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect((await loadJob(one.ledger, viewer, jobId)).eventCount).toBe(numbers.length);
}

it('a job that is held past the time of its kind is told once, with when it was expected and why it is late', async () => {
  await haveCompleted(100);
  const id = await hold();
  expect(await tell()).toBe(0);
  await age(id);
  expect(await tell()).toBe(1);
  expect(await tell()).toBe(0);
  const [alarm, ...more] = await alarmsOf(id);
  expect(more).toEqual([]);
  const { lateAt, begunAt } = await loadJob(one.ledger, viewer, id);
  const { p99Ms, expectedBy } = { ...alarm?.data } as unknown as { p99Ms: number; expectedBy: string };
  expect(alarm?.data).toMatchObject({ state: 'held', scope: 'job', begunAt, held: { reason: 'no-capacity' } });
  expect(Date.parse(expectedBy) - Date.parse(begunAt ?? '')).toBe(p99Ms);
  expect(p99Ms).toBeLessThan(30_000);
  expect(jobAnswer(await loadJob(one.ledger, viewer, id))).toMatchObject({ state: 'held', lateSince: lateAt });
  await expectDense(id);
});

it('while fewer than a hundred jobs of its kind have completed, no job is late', async () => {
  await haveCompleted(99);
  const id = await hold();
  await age(id);
  expect(await tell()).toBe(0);
  await haveCompleted(1);
  expect(await tell()).toBe(1);
});

it('a quick job is not late within half a minute', async () => {
  await haveCompleted(100);
  const id = await hold();
  await age(id, '25 seconds');
  expect(await tell()).toBe(0);
  await age(id, '6 seconds');
  expect(await tell()).toBe(1);
});

it('of processes that look at the same time one tells of each job', async () => {
  await haveCompleted(100);
  const others = await Promise.all([1, 2, 3].map(() => openProcess(databaseUrl)));
  const ids = await Promise.all(Array.from({ length: 30 }, hold));
  await Promise.all(ids.map((id) => age(id)));
  const told = await Promise.all([one, ...others, one, ...others].map((by) => tell(by)));
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(30);
  for (const id of ids) expect(await alarmsOf(id)).toHaveLength(1);
  await Promise.all(others.map(({ close }) => close()));
});

it('a run whose job was told to be late goes on, and tells the rest without a gap or a number twice', async () => {
  await haveCompleted(100);
  const { id } = await accepted(one, provision());
  const run = await runUntil(await claimRun(one, id), 'create-tenant');
  await age(id);
  expect(await tell()).toBe(1);
  const act = {
    events: [
      { type: 'step-succeeded', step: 'create-tenant', told: [] },
      { type: 'step-started', step: 'apply-settings' },
    ],
  } as const;
  // The answer to this is lost: the run asks for the same again.
  await one.advance(run.item(act));
  expect(await run.write(act)).toBe('written');
  await runUntil(run, 'end');
  expect((await loadJob(one.ledger, viewer, id)).state).toBe('completed');
  expect((await eventsOf(id)).at(-1)?.type).toBe('qvara.job.completed.v1');
  await expectDense(id);
});

it('a job whose bell was rung keeps it while it is told to be late', async () => {
  await haveCompleted(100);
  const { id } = await accepted(one, provision());
  const run = await runUntil(await claimRun(one, id), 'create-tenant');
  const failure = describeFault({ code: 'platform-not-ready', message: 'not yet' }, 'create-tenant');
  await run.write({ events: [{ type: 'waited', delayMs: 0, counted: false, failure }] });
  await ringDue(one.ledger, one.announce);
  await age(id);
  expect(await tell()).toBe(1);
  expect(await loadJob(one.ledger, viewer, id)).toMatchObject({ state: 'waiting', bell: 'rung' });
  await runJob(one, id);
  await expectDense(id);
});

it('a retried job is measured from its new start, and told once in all its lives', async () => {
  await haveCompleted(100);
  const { id } = await accepted(one, provision());
  const start = async () => runUntil(await claimRun(one, id), 'create-tenant');
  await undoAll(await giveUp(await start()));
  await age(id);
  await retryJob(one.ledger, one.announce, { jobId: id, viewer });
  expect(await tell()).toBe(0);
  const second = await start();
  expect(await tell()).toBe(0);
  await age(id);
  expect(await tell()).toBe(1);
  await undoAll(await giveUp(second));
  await retryJob(one.ledger, one.announce, { jobId: id, viewer });
  await start();
  await age(id);
  expect(await tell()).toBe(0);
  expect(await alarmsOf(id)).toHaveLength(1);
  await expectDense(id);
});

it('a job that waits its turn is not late: the one before it is', async () => {
  await haveCompleted(100);
  await one.rows(
    `insert into job_times select 'customer.update', imported, counts, p99_ms, late_after_ms from job_times`,
  );
  const { id, customerId } = await accepted(one, provision());
  const behind = await accepted(one, rename({ customerId }));
  await runUntil(await claimRun(one, id), 'create-tenant');
  await age(id);
  expect(await tell()).toBe(1);
  expect(await alarmsOf(behind.id)).toEqual([]);
});

it('a job that has ended is not late, whatever it took', async () => {
  await haveCompleted(100);
  const { id } = await accepted(one, provision());
  await runJob(one, id);
  await age(id);
  expect(await tell()).toBe(0);
});
