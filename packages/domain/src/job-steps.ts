import type { Failure } from '@qvara/contracts/failure';
import type { JobStep } from '@qvara/contracts/job-answer';
import { type StepName, stepDefinition } from '@qvara/contracts/steps';
import type { Happened, Transition } from './job-event.ts';
import type { Job } from './life.ts';

type Steps = readonly JobStep[];

/** A step starts. One that was interrupted, or waited until something was ready, goes on with the try it is in. */
export function stepStarted(job: Job, name: StepName, now: string): Transition {
  const step = stepOf(job, name);
  const attempt = step.state === 'running' ? step.attempt : step.attempt + 1;
  const change = { state: 'running', attempt, startedAt: now, finishedAt: null, failure: null } as const;
  const final = stepDefinition(name).pointOfNoReturn === true || job.type !== 'customer.provision';
  return {
    job: { ...job, steps: moveStep(job.steps, name, change), cancellable: job.cancellable && !final },
    told: [{ name: 'step.started', step: name, attempt, detail: {} }],
  };
}

/** A step has succeeded: what made the job wait before is overcome. */
export function stepSucceeded(job: Job, event: Happened<'step-succeeded'>, now: string): Transition {
  const steps = moveStep(job.steps, event.step, { state: 'succeeded', finishedAt: now });
  const incurred = event.fees ?? [];
  const fees = incurred.map((fee) => ({ name: 'fee.incurred', detail: { fee } }) as const);
  const { attempt } = stepOf(job, event.step);
  const succeeded = { name: 'step.succeeded', step: event.step, attempt, detail: {} } as const;
  return {
    job: { ...job, steps, fees: [...job.fees, ...incurred], failure: null, abandonments: 0 },
    told: [succeeded, ...event.told, ...fees],
  };
}

/** A step has failed; what becomes of the job is another event. */
export function stepFailed(job: Job, { step, failure }: Happened<'step-failed'>, now: string): Transition {
  const steps = moveStep(job.steps, step, { state: 'failed', finishedAt: now, failure });
  const { attempt } = stepOf(job, step);
  return { job: { ...job, steps }, told: [{ name: 'step.failed', step, attempt, detail: { failure } }] };
}

/** Fails the step that its job gives up in the middle of, so that no ended job has a running step. */
export function failRunning(job: Job, failure: Failure, now: string): Transition {
  const running = job.steps.find((step) => step.state === 'running');
  if (running === undefined) return { job, told: [] };
  const own = { ...failure, step: running.name };
  return stepFailed(job, { type: 'step-failed', step: running.name, failure: own }, now);
}

export function undoStarted(job: Job, name: StepName): Transition {
  return { job: { ...job, steps: moveStep(job.steps, name, { state: 'undoing' }) }, told: [] };
}

export function undone(job: Job, event: Happened<'undone'>, now: string): Transition {
  return {
    job: { ...job, steps: moveStep(job.steps, event.step, { state: 'undone', finishedAt: now }), abandonments: 0 },
    told: [{ name: 'step.undone', step: event.step, detail: {} }, ...event.told],
  };
}

/** A running step as if this try had not begun: for a step that is known to have left nothing behind. */
export function setBack(step: JobStep): JobStep {
  return step.state === 'running' ? { ...step, state: 'pending', attempt: step.attempt - 1, startedAt: null } : step;
}

function moveStep(steps: Steps, name: StepName, change: Partial<JobStep>): Steps {
  return steps.map((step) => (step.name === name ? { ...step, ...change } : step));
}

function stepOf(job: Job, name: StepName): JobStep {
  const step = job.steps.find((one) => one.name === name);
  if (step === undefined) throw new Error(`a ${job.type} job has no step ${name}`);
  return step;
}
