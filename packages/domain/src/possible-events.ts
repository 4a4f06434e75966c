import type { JobType } from '@qvara/contracts/jobs';
import { LAWFUL } from './job.ts';
import type { JobEvent, JobEventType } from './job-event.ts';
import { hindrance } from './lawful.ts';
import type { Job } from './life.ts';
import { newSteps } from './plan.ts';
import { describeFault } from './retry.ts';

/** The time at which everything happens that is only thought through. */
export const SAMPLE_TIME = '2030-01-01T00:00:00.000Z';

const failure = describeFault({ code: 'platform-unavailable', message: 'The platform did not answer.' }, null);

/** A job as it is when it was just accepted. */
export function acceptedJob(type: JobType, payload: unknown = {}): Job {
  return {
    type,
    state: 'accepted',
    phase: 'forward',
    undo: null,
    attempt: 1,
    steps: newSteps(type, payload),
    held: null,
    failure: null,
    result: null,
    fees: [],
    cancellable: true,
    cancelRequested: false,
    abandonments: 0,
    dueAt: SAMPLE_TIME,
    startedAt: null,
    finishedAt: null,
    begunAt: null,
    lateAt: null,
  };
}

/** Every event, lawful or not, that names a step of this job or none. */
export function thinkableEvents(job: Job): readonly JobEvent[] {
  const waits = [true, false].map((counted): JobEvent => ({ type: 'waited', delayMs: 1_000, counted, failure }));
  const ofSteps = job.steps.flatMap(({ name: step }): JobEvent[] => [
    { type: 'step-started', step },
    { type: 'step-succeeded', step, told: [] },
    { type: 'step-failed', step, failure },
    { type: 'undo-started', step },
    { type: 'undone', step, told: [] },
  ]);
  const plain = (
    ['claimed', 'woken', 'undo-finished', 'cancel-requested', 'retried', 'released', 'abandoned'] as const
  ).map((type): JobEvent => ({ type }));
  const ends: JobEvent[] = [
    { type: 'held', detail: 'no container in any region has head-room: 1 full' },
    { type: 'gave-up', failure },
    { type: 'undo-gave-up', failure },
    { type: 'completed', result: { version: 1 } },
    { type: 'late', p99Ms: 40_000 },
  ];
  return [...waits, ...ofSteps, ...plain, ...ends];
}

/** What may happen to a job now. */
export function possibleEvents(job: Job): readonly JobEvent[] {
  return thinkableEvents(job).filter(
    (event) => LAWFUL[event.type].includes(job.state) && hindrance(job, event) === null,
  );
}

/** Every type of event, once. */
export const JOB_EVENT_TYPES = Object.keys(LAWFUL) as JobEventType[];
