import type { JobState } from '@qvara/contracts/job-answer';
import { cancelRequested, completed, gaveUp, undoFinished, undoGaveUp } from './job-end.ts';
import type { DatedEvent, JobEvent, JobEventType, Transition } from './job-event.ts';
import { late } from './job-late.ts';
import { retried } from './job-restart.ts';
import { stepFailed, stepStarted, stepSucceeded, undone, undoStarted } from './job-steps.ts';
import { held, wait, waited } from './job-wait.ts';
import { hindrance } from './lawful.ts';
import type { Job } from './life.ts';

export type { JobEvent, JobEventType, Transition } from './job-event.ts';

/** From which states an event is lawful. The lifecycle picture is drawn from this. */
export const LAWFUL: Readonly<Record<JobEventType, readonly JobState[]>> = {
  claimed: ['accepted', 'waiting'],
  'step-started': ['running'],
  'step-succeeded': ['running'],
  'step-failed': ['running'],
  waited: ['running'],
  held: ['running'],
  woken: ['held'],
  'gave-up': ['running'],
  'undo-started': ['running'],
  undone: ['running'],
  'undo-finished': ['running'],
  'undo-gave-up': ['running'],
  completed: ['running'],
  'cancel-requested': ['accepted', 'running', 'waiting', 'held'],
  retried: ['failed'],
  released: ['running'],
  abandoned: ['running'],
  late: ['running', 'waiting', 'held'],
};

/**
 * Moves a job by one event, at `now` (RFC 3339). Answers the job as it is then, and what the world is told.
 * Throws when the event is not lawful in the job's state, phase or steps: a fault of ours, never of a client.
 */
export function transition(job: Job, happened: JobEvent, now: string): Transition {
  const event = dated(happened, now);
  const why = LAWFUL[event.type].includes(job.state) ? hindrance(job, event) : `it is ${job.state}`;
  if (why !== null) throw new Error(`"${event.type}" cannot happen to a ${job.type} job: ${why}`);
  switch (event.type) {
    case 'claimed':
      return claimed(job, now);
    case 'step-started':
      return stepStarted(job, event.step, now);
    case 'step-succeeded':
      return stepSucceeded(job, event, now);
    case 'step-failed':
      return stepFailed(job, event, now);
    case 'waited':
      return waited(job, event, now);
    case 'held':
      return held(job, event.detail, now);
    case 'woken':
      return wait(job, { reason: 'capacity-freed', dueAt: now });
    case 'gave-up':
      return gaveUp(job, event.failure, now);
    case 'undo-started':
      return undoStarted(job, event.step);
    case 'undone':
      return undone(job, event, now);
    case 'undo-finished':
      return undoFinished(job, now);
    case 'undo-gave-up':
      return undoGaveUp(job, event.failure, now);
    case 'completed':
      return completed(job, event, now);
    case 'cancel-requested':
      return cancelRequested(job, now);
    case 'retried':
      return retried(job);
    case 'released':
      return wait(job, { reason: 'interrupted', dueAt: now });
    case 'abandoned':
      return wait({ ...job, abandonments: job.abandonments + 1 }, { reason: 'interrupted', dueAt: now });
    case 'late':
      return late(job, event, now);
  }
}

function dated(event: JobEvent, now: string): DatedEvent {
  return 'failure' in event ? { ...event, failure: { ...event.failure, occurredAt: now } } : event;
}

function claimed(job: Job, now: string): Transition {
  const first = job.startedAt === null;
  const began = { startedAt: job.startedAt ?? now, begunAt: job.begunAt ?? now };
  return {
    job: { ...job, ...began, state: 'running', held: null, dueAt: null },
    told: first ? [{ name: 'job.started', attempt: job.attempt, detail: {} }] : [],
  };
}
