import type { Transition } from './job-event.ts';
import type { Job } from './life.ts';

/**
 * A job that goes forward anew, from the first step that has not succeeded. Every step from there on is pending again,
 * those too that had succeeded: what they did went with what was undone before them.
 */
export function fresh(job: Job): Job {
  const open = job.steps.findIndex((step) => step.state !== 'succeeded');
  const first = open === -1 ? job.steps.length : open;
  const pending = { state: 'pending', startedAt: null, finishedAt: null, failure: null } as const;
  const steps = job.steps.map((step, index) => (index < first ? step : { ...step, ...pending }));
  const cancellable = steps.every((step) => step.state === 'pending');
  return {
    ...job,
    phase: 'forward',
    undo: null,
    attempt: 1,
    steps,
    failure: null,
    held: null,
    cancellable,
    finishedAt: null,
  };
}

/** A failed job tries again. What its undo could not finish is finished first. */
export function retried(job: Job): Transition {
  const again = job.undo === 'incomplete' ? { ...job, attempt: 1, finishedAt: null } : fresh(job);
  return {
    job: { ...again, state: 'accepted', dueAt: null, abandonments: 0, begunAt: null },
    told: [{ name: 'job.retried', detail: {} }],
  };
}
