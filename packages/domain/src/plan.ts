import type { JobStep } from '@qvara/contracts/job-answer';
import { type JobPayload, type JobType, jobDefinition } from '@qvara/contracts/jobs';
import { type StepName, stepDefinition } from '@qvara/contracts/steps';
import type { Job } from './life.ts';

/** The steps a job of this type and payload takes, in order. Frozen into the job when it is accepted. */
export function planSteps(type: JobType, payload: unknown): readonly StepName[] {
  if (type === 'customer.update' && !reachesTenant(payload as JobPayload<'customer.update'>))
    return ['update-customer'];
  return jobDefinition(type).steps;
}

function reachesTenant(change: JobPayload<'customer.update'>): boolean {
  const { timeZone, dialingCountry, retention, transcription } = change;
  return [timeZone, dialingCountry, retention, transcription].some((part) => part !== undefined);
}

/** The steps of a new job, none of them begun. */
export function newSteps(type: JobType, payload: unknown): readonly JobStep[] {
  return planSteps(type, payload).map((name) => ({
    name,
    scope: stepDefinition(name).scope,
    state: 'pending',
    attempt: 0,
    startedAt: null,
    finishedAt: null,
    failure: null,
  }));
}

/** The first step that has not succeeded, if any. */
export function firstToRun(job: Pick<Job, 'steps'>): JobStep | undefined {
  return job.steps.find((step) => step.state !== 'succeeded');
}

/** Whether a job that gives up now leaves a seat that may be without its tenant. */
export function leavesSeatInDoubt(job: Pick<Job, 'steps'>): boolean {
  return job.steps.some(({ name, state }) => stepDefinition(name).endsTenant === true && state !== 'pending');
}

/**
 * What an undo has to take back, the last first: every undoable step that may have left something behind.
 * A step that failed or was interrupted counts: its outcome may be unknown.
 */
export function stepsToUndo(job: Pick<Job, 'steps'>): readonly JobStep[] {
  const touched = job.steps.filter((step) => step.state !== 'pending' && step.state !== 'undone');
  return touched.filter((step) => stepDefinition(step.name).undoable).reverse();
}

/** Whether giving up or cancelling this job leaves nothing to take back. */
export function nothingToUndo(job: Pick<Job, 'steps'>): boolean {
  return stepsToUndo(job).length === 0;
}
