import type { Failure } from '@qvara/contracts/failure';
import { stepDefinition } from '@qvara/contracts/steps';
import type { Happened, Transition } from './job-event.ts';
import { fresh } from './job-restart.ts';
import { failRunning, setBack } from './job-steps.ts';
import { wait } from './job-wait.ts';
import type { Job } from './life.ts';
import { nothingToUndo } from './plan.ts';

/** The job gives up: it fails, or first undoes what it did. */
export function gaveUp(job: Job, failure: Failure, now: string): Transition {
  const stopped = failRunning(job, failure, now);
  const given = { ...stopped.job, failure };
  if (!nothingToUndo(given)) return { job: { ...beginUndo(given), cancellable: false }, told: stopped.told };
  const failed = fail(given, now);
  return { job: failed.job, told: [...stopped.told, ...failed.told] };
}

/** Asks the job to stop: one that has touched nothing is cancelled at once, another undoes what it did. */
export function cancelRequested(job: Job, now: string): Transition {
  const steps = job.steps.map((step) => (stepDefinition(step.name).undoable ? step : setBack(step)));
  const asked = { ...job, steps, cancelRequested: true, cancellable: false, held: null, failure: null } as const;
  if (nothingToUndo(asked)) return cancelled(asked, now);
  return wait(beginUndo(asked), { reason: 'cancel-requested', dueAt: now });
}

/** An undo has a budget of its own. */
function beginUndo(job: Job): Job {
  return { ...job, phase: 'undo', attempt: 1, abandonments: 0 };
}

/** Nothing is left to undo: the job ends, or goes forward again if a retry asked for that. */
export function undoFinished(job: Job, now: string): Transition {
  const resumed = job.undo === 'incomplete' && !job.cancelRequested;
  // The platform remembers the claim that removed: going forward again takes a new one.
  if (resumed) return wait(fresh(job), { reason: 'retry', dueAt: now });
  // What the undone steps carried is gone with them, such as the settings of a tenant.
  const steps = job.steps.map((step) => (step.state === 'succeeded' ? { ...step, state: 'undone' as const } : step));
  const complete = { ...job, steps, undo: 'complete' } as const;
  return job.cancelRequested ? cancelled({ ...complete, failure: null }, now) : fail(complete, now);
}

/** The undo could not finish: the step it stopped at has failed, and a retry takes it up there. */
export function undoGaveUp(job: Job, failure: Failure, now: string): Transition {
  const failed = { state: 'failed', finishedAt: now, failure } as const;
  const steps = job.steps.map((step) =>
    step.state === 'undoing' || step.state === 'running' ? { ...step, ...failed } : step,
  );
  return fail({ ...job, steps, undo: 'incomplete', failure }, now);
}

export function completed(job: Job, { result }: Happened<'completed'>, now: string): Transition {
  return {
    job: { ...job, state: 'completed', failure: null, result, finishedAt: now, cancellable: false },
    told: [{ name: 'job.completed', attempt: job.attempt, detail: { result } }],
  };
}

function fail(job: Job, now: string): Transition {
  const { failure } = job;
  if (failure === null) throw new Error('a job cannot fail without a failure');
  return {
    job: { ...job, state: 'failed', finishedAt: now, dueAt: null, cancellable: false },
    told: [{ name: 'job.failed', attempt: job.attempt, detail: { failure, undo: job.undo } }],
  };
}

function cancelled(job: Job, now: string): Transition {
  return {
    job: { ...job, state: 'cancelled', finishedAt: now, dueAt: null, held: null },
    told: [{ name: 'job.cancelled', detail: {} }],
  };
}
