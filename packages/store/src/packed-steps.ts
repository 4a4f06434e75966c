import type { Failure } from '@qvara/contracts/failure';
import type { JobStep } from '@qvara/contracts/job-answer';
import { type StepName, type StepState, stepDefinition } from '@qvara/contracts/steps';

/**
 * A step as its job's row holds it: name, state, attempt, start, end, failure, as far as there is anything to say. A job's
 * steps are written with each of its moves, so their size is much of what a job costs.
 */
export type PackedStep = readonly [StepName, StepState, number, (string | null)?, (string | null)?, (Failure | null)?];

export function packSteps(steps: readonly JobStep[]): PackedStep[] {
  return steps.map(({ name, state, attempt, startedAt, finishedAt, failure }) => {
    if (failure !== null) return [name, state, attempt, startedAt, finishedAt, failure];
    if (finishedAt !== null) return [name, state, attempt, startedAt, finishedAt];
    return startedAt === null ? [name, state, attempt] : [name, state, attempt, startedAt];
  });
}

export function unpackSteps(packed: readonly PackedStep[]): JobStep[] {
  return packed.map(([name, state, attempt, startedAt = null, finishedAt = null, failure = null]) => ({
    name,
    scope: stepDefinition(name).scope,
    state,
    attempt,
    startedAt,
    finishedAt,
    failure,
  }));
}
