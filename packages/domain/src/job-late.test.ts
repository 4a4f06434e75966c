import { expect, test } from 'vitest';
import { transition } from './job.ts';
import type { JobEvent } from './job-event.ts';
import type { Job } from './life.ts';
import { acceptedJob, SAMPLE_TIME } from './possible-events.ts';
import { describeFault } from './retry.ts';

const LATER = '2031-01-01T00:00:00.000Z';
const late: JobEvent = { type: 'late', p99Ms: 40_000 };
const failure = describeFault({ code: 'platform-unavailable', message: 'as it was' }, 'suspend-tenant');

const happen = (job: Job, events: readonly JobEvent[], now = SAMPLE_TIME): Job =>
  events.reduce((moved, event) => transition(moved, event, now).job, job);
/** A job that has tried once, and waits. */
const waiting = happen(acceptedJob('customer.suspend'), [
  { type: 'claimed' },
  { type: 'step-started', step: 'suspend-tenant' },
  { type: 'step-failed', step: 'suspend-tenant', failure },
  { type: 'waited', delayMs: 1_500, counted: true, failure },
]);
const givenUp: readonly JobEvent[] = [{ type: 'claimed' }, { type: 'gave-up', failure }];

test('a late job goes on as before; it is told when it was expected, and why it does not go on', () => {
  const { job, told } = transition(waiting, late, LATER);
  expect(job).toEqual({ ...waiting, lateAt: LATER });
  const detail = { begunAt: SAMPLE_TIME, expectedBy: '2030-01-01T00:00:40.000Z', p99Ms: 40_000 };
  const why = { held: null, failure: { ...failure, occurredAt: SAMPLE_TIME } };
  expect(told).toEqual([{ name: 'job.late', attempt: 2, detail: { ...detail, ...why } }]);
});

test('a retry measures a job anew, from when it begins again', () => {
  const retried = happen(waiting, [...givenUp, { type: 'retried' }]);
  expect(retried).toMatchObject({ startedAt: SAMPLE_TIME, begunAt: null });
  expect(happen(retried, [{ type: 'claimed' }], LATER)).toMatchObject({ startedAt: SAMPLE_TIME, begunAt: LATER });
});

test('a job is told to be late once, whatever it goes through', () => {
  const told = happen(waiting, [late]);
  const again = happen(told, [...givenUp, { type: 'retried' }, { type: 'claimed' }], LATER);
  for (const job of [told, again]) expect(() => happen(job, [late])).toThrow('it was told before');
});

test('a job that waits its turn or has ended cannot be late', () => {
  const ended = happen(waiting, givenUp);
  for (const job of [acceptedJob('customer.suspend'), ended]) {
    expect(() => happen(job, [late])).toThrow(`"late" cannot happen to a customer.suspend job: it is ${job.state}`);
  }
});
