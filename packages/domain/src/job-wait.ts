import type { EventDetail } from '@qvara/contracts/events';
import type { Failure } from '@qvara/contracts/failure';
import type { Happened, Transition } from './job-event.ts';
import { setBack } from './job-steps.ts';
import type { Job } from './life.ts';

type Waiting = {
  readonly reason: EventDetail<'job.waiting'>['reason'];
  /** RFC 3339. */
  readonly dueAt: string;
  readonly failure?: Failure;
};

/** Lets a job wait until `dueAt`. Costs no attempt. */
export function wait(job: Job, { reason, dueAt, failure }: Waiting): Transition {
  return {
    job: { ...job, state: 'waiting', held: null, dueAt },
    told: [{ name: 'job.waiting', attempt: job.attempt, detail: { reason, dueAt, failure: failure ?? null } }],
  };
}

/** A try failed, or something was not ready: the job waits, and a counted failure spends an attempt. */
export function waited(job: Job, event: Happened<'waited'>, now: string): Transition {
  const dueAt = new Date(Date.parse(now) + event.delayMs).toISOString();
  const attempt = event.counted ? job.attempt + 1 : job.attempt;
  // What made the job give up stays its failure while it undoes; a cancelled one has none of its own.
  const failure = job.phase === 'undo' && !job.cancelRequested ? job.failure : event.failure;
  return wait({ ...job, attempt, failure }, { reason: 'retry', dueAt, failure: event.failure });
}

/** No head-room: the seat was not taken, so the step that asked for it is pending again, with no attempt spent. */
export function held(job: Job, detail: string, now: string): Transition {
  const reason = { reason: 'no-capacity', detail, since: now } as const;
  return {
    job: { ...job, state: 'held', held: reason, failure: null, steps: job.steps.map(setBack) },
    told: [{ name: 'job.held', detail: { held: reason } }],
  };
}
