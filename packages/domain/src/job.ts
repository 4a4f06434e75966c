import type { EventDraft } from '@qvara/contracts/events';
import type { Failure } from '@qvara/contracts/failure';
import type { FeeLine, JobState, JobStep } from '@qvara/contracts/job-answer';
import { type StepName, stepDefinition } from '@qvara/contracts/steps';
import type { Job } from './life.ts';
import { nothingToUndo } from './plan.ts';

/** What may happen to a job. */
export type JobEvent =
  | { readonly type: 'claimed' }
  | { readonly type: 'step-started'; readonly step: StepName }
  | { readonly type: 'step-succeeded'; readonly step: StepName; readonly told: readonly EventDraft[]; readonly fees?: readonly FeeLine[] }
  | { readonly type: 'step-failed'; readonly step: StepName; readonly failure: Failure }
  | { readonly type: 'waited'; readonly delayMs: number; readonly counted: boolean; readonly failure: Failure }
  | { readonly type: 'held'; readonly detail: string }
  | { readonly type: 'woken' }
  | { readonly type: 'gave-up'; readonly failure: Failure }
  | { readonly type: 'undo-started'; readonly step: StepName }
  | { readonly type: 'undone'; readonly step: StepName; readonly told: readonly EventDraft[] }
  | { readonly type: 'undo-finished' }
  | { readonly type: 'undo-gave-up'; readonly failure: Failure }
  | { readonly type: 'completed'; readonly result: Readonly<Record<string, unknown>> }
  | { readonly type: 'cancel-requested' }
  | { readonly type: 'retried' }
  | { readonly type: 'released' }
  | { readonly type: 'abandoned' };

export type JobEventType = JobEvent['type'];

export type Transition = { readonly job: Job; readonly told: readonly EventDraft[] };

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
};

/**
 * Moves a job by one event, at `now` (RFC 3339). Answers the job as it is then, and what the world is told.
 * Throws when the event is not lawful in the job's state: a fault of ours, never of a client.
 */
export function transition(job: Job, event: JobEvent, now: string): Transition {
  if (!LAWFUL[event.type].includes(job.state)) {
    throw new Error(`a job that is ${job.state} cannot be ${event.type}`);
  }
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
      return hold(job, event.detail, now);
    case 'woken':
      return wait(job, { reason: 'capacity-freed', dueAt: now });
    case 'gave-up':
      return gaveUp(job, event.failure, now);
    case 'undo-started':
      return { job: { ...job, steps: moveStep(job.steps, event.step, { state: 'undoing' }) }, told: [] };
    case 'undone':
      return undone(job, event, now);
    case 'undo-finished':
      return undoFinished(job, now);
    case 'undo-gave-up':
      return fail({ ...job, undo: 'incomplete', failure: event.failure }, now);
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
  }
}

function moveStep(steps: readonly JobStep[], name: StepName, change: Partial<JobStep>): readonly JobStep[] {
  return steps.map((step) => (step.name === name ? { ...step, ...change } : step));
}

function attemptOf(job: Job, name: StepName): number {
  return job.steps.find((step) => step.name === name)?.attempt ?? 0;
}

function claimed(job: Job, now: string): Transition {
  const first = job.startedAt === null;
  return {
    job: { ...job, state: 'running', held: null, dueAt: null, startedAt: job.startedAt ?? now },
    told: first ? [{ name: 'job.started', attempt: job.attempt, detail: {} }] : [],
  };
}

function stepStarted(job: Job, step: StepName, now: string): Transition {
  const attempt = attemptOf(job, step) + 1;
  const change = { state: 'running', attempt, startedAt: now, finishedAt: null, failure: null } as const;
  const final = stepDefinition(step).pointOfNoReturn === true || job.type !== 'customer.provision';
  return {
    job: { ...job, steps: moveStep(job.steps, step, change), cancellable: job.cancellable && !final },
    told: [{ name: 'step.started', step, attempt, detail: {} }],
  };
}

function stepSucceeded(job: Job, event: Extract<JobEvent, { type: 'step-succeeded' }>, now: string): Transition {
  const steps = moveStep(job.steps, event.step, { state: 'succeeded', finishedAt: now });
  const incurred = event.fees ?? [];
  const fees = incurred.map((fee) => ({ name: 'fee.incurred', detail: { fee } }) as const);
  const succeeded = { name: 'step.succeeded', step: event.step, attempt: attemptOf(job, event.step), detail: {} } as const;
  return {
    job: { ...job, steps, fees: [...job.fees, ...incurred], abandonments: 0 },
    told: [succeeded, ...event.told, ...fees],
  };
}

function stepFailed(job: Job, event: Extract<JobEvent, { type: 'step-failed' }>, now: string): Transition {
  const steps = moveStep(job.steps, event.step, { state: 'failed', finishedAt: now, failure: event.failure });
  const told = { name: 'step.failed', step: event.step, attempt: attemptOf(job, event.step), detail: { failure: event.failure } } as const;
  return { job: { ...job, steps }, told: [told] };
}

type Waiting = { readonly reason: 'retry' | 'interrupted' | 'capacity-freed' | 'cancel-requested'; readonly dueAt: string; readonly failure?: Failure };

function wait(job: Job, { reason, dueAt, failure }: Waiting): Transition {
  return {
    job: { ...job, state: 'waiting', held: null, dueAt },
    told: [{ name: 'job.waiting', attempt: job.attempt, detail: { reason, dueAt, failure: failure ?? null } }],
  };
}

function waited(job: Job, event: Extract<JobEvent, { type: 'waited' }>, now: string): Transition {
  const dueAt = new Date(Date.parse(now) + event.delayMs).toISOString();
  const attempt = event.counted ? job.attempt + 1 : job.attempt;
  // What made the job give up stays its failure while it undoes.
  const failure = job.phase === 'undo' ? job.failure : event.failure;
  return wait({ ...job, attempt, failure }, { reason: 'retry', dueAt, failure: event.failure });
}

function hold(job: Job, detail: string, now: string): Transition {
  const held = { reason: 'no-capacity', detail, since: now } as const;
  const steps = job.steps.map((step) => (step.state === 'running' ? { ...step, state: 'pending' as const } : step));
  return { job: { ...job, state: 'held', held, steps }, told: [{ name: 'job.held', detail: { held } }] };
}

function gaveUp(job: Job, failure: Failure, now: string): Transition {
  const given = { ...job, failure };
  if (nothingToUndo(job)) return fail(given, now);
  return { job: { ...given, phase: 'undo', attempt: 1, abandonments: 0, cancellable: false }, told: [] };
}

function undone(job: Job, event: Extract<JobEvent, { type: 'undone' }>, now: string): Transition {
  return {
    job: { ...job, steps: moveStep(job.steps, event.step, { state: 'undone', finishedAt: now }), abandonments: 0 },
    told: [{ name: 'step.undone', step: event.step, detail: {} }, ...event.told],
  };
}

function undoFinished(job: Job, now: string): Transition {
  const resumed = job.undo === 'incomplete' && !job.cancelRequested;
  // The platform remembers the claim that removed: going forward again takes a new one.
  if (resumed) return wait(fresh(job), { reason: 'retry', dueAt: now });
  const complete = { ...job, undo: 'complete' } as const;
  if (!job.cancelRequested) return fail(complete, now);
  return cancelled({ ...complete, failure: null }, now);
}

function fail(job: Job, now: string): Transition {
  const failure = job.failure;
  if (failure === null) throw new Error('a job cannot fail without a failure');
  return {
    job: { ...job, state: 'failed', finishedAt: now, dueAt: null, cancellable: false },
    told: [{ name: 'job.failed', attempt: job.attempt, detail: { failure, undo: job.undo } }],
  };
}

function completed(job: Job, event: Extract<JobEvent, { type: 'completed' }>, now: string): Transition {
  const { result } = event;
  return {
    job: { ...job, state: 'completed', failure: null, result, finishedAt: now, cancellable: false },
    told: [{ name: 'job.completed', attempt: job.attempt, detail: { result } }],
  };
}

function cancelRequested(job: Job, now: string): Transition {
  const asked = { ...job, cancelRequested: true, cancellable: false, held: null } as const;
  if (nothingToUndo(job)) return cancelled(asked, now);
  return wait({ ...asked, phase: 'undo', attempt: 1 }, { reason: 'cancel-requested', dueAt: now });
}

function cancelled(job: Job, now: string): Transition {
  return {
    job: { ...job, state: 'cancelled', finishedAt: now, dueAt: null, held: null },
    told: [{ name: 'job.cancelled', detail: {} }],
  };
}

function fresh(job: Job): Job {
  const steps = job.steps.map((step) =>
    step.state === 'succeeded' ? step : { ...step, state: 'pending' as const, finishedAt: null, failure: null },
  );
  const cancellable = job.type === 'customer.provision' || steps.every((step) => step.state === 'pending');
  return { ...job, phase: 'forward', undo: null, attempt: 1, steps, failure: null, held: null, cancellable, finishedAt: null };
}

function retried(job: Job): Transition {
  const finishUndo = job.undo === 'incomplete';
  const again = finishUndo ? { ...job, attempt: 1, finishedAt: null } : fresh(job);
  return { job: { ...again, state: 'accepted', dueAt: null, abandonments: 0 }, told: [{ name: 'job.retried', detail: {} }] };
}
