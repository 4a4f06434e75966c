import type { Failure } from '@qvara/contracts/failure';
import type { StepName } from '@qvara/contracts/steps';
import { describe, expect, test } from 'vitest';
import { transition } from './job.ts';
import type { JobEvent } from './job-event.ts';
import type { Job } from './life.ts';
import { acceptedJob, SAMPLE_TIME } from './possible-events.ts';
import { describeFault } from './retry.ts';

const fault = (code: Failure['code']) => ({
  ...describeFault({ code, message: 'as it was' }, null),
  occurredAt: SAMPLE_TIME,
});
const broken = fault('platform-broken');
const timedOut = fault('platform-unavailable');

const happen = (job: Job, ...events: JobEvent[]): Job =>
  events.reduce((moved, event) => transition(moved, event, SAMPLE_TIME).job, job);
const told = (job: Job, event: JobEvent) => transition(job, event, SAMPLE_TIME).told.map(({ name }) => name);

const claimed: JobEvent = { type: 'claimed' };
const start = (step: StepName): JobEvent => ({ type: 'step-started', step });
const succeed = (step: StepName): JobEvent => ({ type: 'step-succeeded', step, told: [] });
const undo = (step: StepName): JobEvent[] => [
  { type: 'undo-started', step },
  { type: 'undone', step, told: [] },
];
const giveUp = (step: StepName): JobEvent[] => [
  { type: 'step-failed', step, failure: broken },
  { type: 'gave-up', failure: broken },
];
const cancel: JobEvent = { type: 'cancel-requested' };
const retry: JobEvent = { type: 'retried' };
const waitFor = (failure: Failure, counted: boolean): JobEvent => ({
  type: 'waited',
  delayMs: 1_500,
  counted,
  failure,
});
const states = (job: Job) => job.steps.map((step) => step.state);

const provision = acceptedJob('customer.provision');
const settingUp: StepName[] = ['reserve-seat', 'create-tenant', 'apply-settings', 'create-site', 'verify-tenant'];
/** A provisioning in the middle of its nth step. */
const within = (n: number) =>
  happen(
    provision,
    claimed,
    ...settingUp.slice(0, n).flatMap((step) => [start(step), succeed(step)]),
    start(settingUp[n] ?? 'activate-tenant'),
  );

describe('a cancel', () => {
  test('ends a job at once that has touched nothing', () => {
    for (const job of [provision, acceptedJob('customer.suspend'), happen(provision, claimed)]) {
      expect(happen(job, cancel)).toMatchObject({ state: 'cancelled', phase: 'forward', undo: null });
      expect(told(job, cancel)).toEqual(['job.cancelled']);
    }
  });

  test('ends a held provisioning at once, and forgets why it had waited', () => {
    const held = happen(within(0), waitFor(fault('platform-not-ready'), false), claimed, start('reserve-seat'), {
      type: 'held',
      detail: 'full',
    });
    expect(held).toMatchObject({ state: 'held', held: { reason: 'no-capacity', detail: 'full', since: SAMPLE_TIME } });
    expect(happen(held, cancel)).toMatchObject({ state: 'cancelled', held: null, failure: null });
  });

  test('of a provisioning under way undoes what was done, with a budget of its own', () => {
    const tired = happen(
      within(1),
      { type: 'abandoned' },
      claimed,
      start('create-tenant'),
      { type: 'step-failed', step: 'create-tenant', failure: timedOut },
      waitFor(timedOut, true),
    );
    expect(tired).toMatchObject({ attempt: 2, abandonments: 1, failure: timedOut });
    const job = happen(tired, cancel);
    expect(job).toMatchObject({
      state: 'waiting',
      phase: 'undo',
      attempt: 1,
      abandonments: 0,
      failure: null,
      cancellable: false,
    });
    const end = happen(job, claimed, ...undo('create-tenant'), ...undo('reserve-seat'), { type: 'undo-finished' });
    expect(end).toMatchObject({ state: 'cancelled', undo: 'complete', failure: null });
  });

  test('in the middle of a step with nothing to undo leaves that step pending', () => {
    expect(states(happen(within(4), cancel))).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
      'succeeded',
      'pending',
      'pending',
    ]);
  });

  test('is impossible from the write that starts activate-tenant', () => {
    expect(within(4).cancellable).toBe(true);
    expect(within(5).cancellable).toBe(false);
    expect(() => happen(within(5), cancel)).toThrow('can no longer be cancelled');
  });

  test('of another job is impossible from its first step on', () => {
    expect(() => happen(acceptedJob('customer.suspend'), claimed, start('suspend-tenant'), cancel)).toThrow(
      'can no longer be cancelled',
    );
  });

  test('whose undo cannot finish says why while it waits, fails, and is cancelled after a retry', () => {
    const waiting = happen(
      within(1),
      cancel,
      claimed,
      { type: 'undo-started', step: 'create-tenant' },
      waitFor(timedOut, true),
    );
    expect(waiting).toMatchObject({ state: 'waiting', phase: 'undo', failure: timedOut });
    const stuck = happen(waiting, claimed, { type: 'undo-gave-up', failure: broken });
    expect(stuck).toMatchObject({ state: 'failed', undo: 'incomplete', failure: broken, cancelRequested: true });
    const end = happen(stuck, retry, claimed, ...undo('create-tenant'), ...undo('reserve-seat'), {
      type: 'undo-finished',
    });
    expect(end).toMatchObject({ state: 'cancelled', undo: 'complete' });
  });
});

describe('giving up', () => {
  test('fails at once when there is nothing to undo', () => {
    const job = happen(acceptedJob('customer.suspend'), claimed, start('suspend-tenant'), ...giveUp('suspend-tenant'));
    expect(job).toMatchObject({ state: 'failed', undo: null, failure: broken });
  });

  test('keeps its cause as the failure while the undo waits, and after it', () => {
    const undoing = happen(
      within(1),
      ...giveUp('create-tenant'),
      { type: 'undo-started', step: 'create-tenant' },
      waitFor(timedOut, true),
    );
    expect(undoing).toMatchObject({ state: 'waiting', phase: 'undo', failure: broken, attempt: 2 });
    const end = happen(undoing, claimed, { type: 'undone', step: 'create-tenant', told: [] }, ...undo('reserve-seat'), {
      type: 'undo-finished',
    });
    expect(end).toMatchObject({ state: 'failed', undo: 'complete', failure: broken });
  });

  test('in the middle of a step, its workers lost, fails that step too', () => {
    const lost = fault('worker-lost');
    const job = happen(
      acceptedJob('retention.update'),
      claimed,
      start('apply-settings'),
      { type: 'abandoned' },
      claimed,
    );
    expect(told(job, { type: 'gave-up', failure: lost })).toEqual(['step.failed', 'job.failed']);
    expect(happen(job, { type: 'gave-up', failure: lost }).steps[0]).toMatchObject({
      state: 'failed',
      failure: { ...lost, step: 'apply-settings' },
    });
  });
});

describe('a retry', () => {
  test('starts at the first step that has not succeeded', () => {
    const failed = happen(
      acceptedJob('retention.update'),
      claimed,
      start('apply-settings'),
      succeed('apply-settings'),
      start('verify-tenant'),
      ...giveUp('verify-tenant'),
    );
    const again = happen(failed, retry);
    expect(again).toMatchObject({ state: 'accepted', attempt: 1, failure: null, finishedAt: null, cancellable: false });
    expect(states(again)).toEqual(['succeeded', 'pending']);
    expect(() => happen(again, claimed, start('apply-settings'))).toThrow('the step to run is verify-tenant');
  });

  test('of a provisioning that was undone starts anew: settings that went with their tenant are applied again', () => {
    const undone = happen(
      within(4),
      ...giveUp('verify-tenant'),
      ...undo('create-site'),
      ...undo('create-tenant'),
      ...undo('reserve-seat'),
      { type: 'undo-finished' },
    );
    expect(states(undone)).toEqual(['undone', 'undone', 'undone', 'undone', 'failed', 'pending']);
    expect(happen(undone, retry)).toMatchObject({ state: 'accepted', phase: 'forward', undo: null, cancellable: true });
    expect(states(happen(undone, retry))).toEqual(Array(6).fill('pending'));
  });

  test('of an undo that could not finish finishes it, then goes forward with a claim of its own', () => {
    const stuck = happen(
      within(1),
      ...giveUp('create-tenant'),
      { type: 'undo-started', step: 'create-tenant' },
      { type: 'undo-gave-up', failure: timedOut },
    );
    expect(stuck).toMatchObject({ state: 'failed', undo: 'incomplete', failure: timedOut });
    expect(states(stuck).slice(0, 2)).toEqual(['succeeded', 'failed']);
    const again = happen(stuck, retry);
    expect(again).toMatchObject({
      state: 'accepted',
      phase: 'undo',
      undo: 'incomplete',
      attempt: 1,
      cancellable: false,
    });
    const forward = happen(again, claimed, ...undo('create-tenant'), ...undo('reserve-seat'), {
      type: 'undo-finished',
    });
    expect(forward).toMatchObject({
      state: 'waiting',
      phase: 'forward',
      undo: null,
      failure: null,
      dueAt: SAMPLE_TIME,
      cancellable: true,
    });
    expect(states(forward)).toEqual(Array(6).fill('pending'));
  });

  test('is refused to a job that did not fail', () => {
    expect(() => happen(provision, retry)).toThrow('it is accepted');
    expect(() => happen(happen(provision, cancel), retry)).toThrow('it is cancelled');
  });
});

describe('waiting', () => {
  test('ends at the time that was asked for', () => {
    expect(happen(within(1), waitFor(timedOut, true)).dueAt).toBe('2030-01-01T00:00:01.500Z');
  });

  test('a step that was interrupted, not ready or held goes on with the try it was in', () => {
    const attemptAfter = (...events: JobEvent[]) =>
      happen(within(0), ...events, claimed, start('reserve-seat')).steps[0]?.attempt;
    expect(attemptAfter({ type: 'released' })).toBe(1);
    expect(attemptAfter({ type: 'abandoned' })).toBe(1);
    expect(attemptAfter(waitFor(fault('platform-not-ready'), false))).toBe(1);
    expect(attemptAfter({ type: 'held', detail: 'full' }, { type: 'woken' })).toBe(1);
    expect(
      attemptAfter({ type: 'step-failed', step: 'reserve-seat', failure: timedOut }, waitFor(timedOut, true)),
    ).toBe(2);
  });

  test('only the search for a seat can be held', () => {
    expect(() => happen(within(1), { type: 'held', detail: 'full' })).toThrow('reserve-seat is succeeded');
  });

  test('a failure that was overcome is no longer the job’s', () => {
    const again = happen(within(1), waitFor(timedOut, true), claimed, start('create-tenant'));
    expect(again.failure).toEqual(timedOut);
    expect(happen(again, succeed('create-tenant')).failure).toBeNull();
  });

  test('lost workers are counted until a step is done', () => {
    const lost = happen(within(1), { type: 'abandoned' }, claimed, start('create-tenant'), { type: 'abandoned' });
    expect(lost.abandonments).toBe(2);
    expect(happen(lost, claimed, start('create-tenant'), succeed('create-tenant')).abandonments).toBe(0);
  });

  test('a job is told to have started once, however often it is claimed', () => {
    expect(told(provision, claimed)).toEqual(['job.started']);
    expect(told(happen(provision, claimed, { type: 'released' }), claimed)).toEqual([]);
  });
});

test('a job that has run all its steps completes with its result and its fees', () => {
  const fee = {
    code: 'retention-fax',
    setting: 'retention.fax',
    amountMinor: 300,
    currency: 'USD',
    per: 'month',
  } as const;
  const done: JobEvent = { type: 'step-succeeded', step: 'activate-tenant', told: [], fees: [fee] };
  expect(told(within(5), done)).toEqual(['step.succeeded', 'fee.incurred']);
  expect(() => happen(within(5), { type: 'completed', result: {} })).toThrow('a step has not succeeded');
  const job = happen(within(5), done, { type: 'completed', result: { version: 2 } });
  expect(job).toMatchObject({ state: 'completed', result: { version: 2 }, fees: [fee], undo: null });
});
