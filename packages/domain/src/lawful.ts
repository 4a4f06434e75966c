import type { StepName, StepState } from '@qvara/contracts/steps';
import type { JobEvent, JobEventType } from './job-event.ts';
import type { Job } from './life.ts';
import { firstToRun, nothingToUndo, stepsToUndo } from './plan.ts';

const PHASES: { readonly [T in JobEventType]?: Job['phase'] } = {
  'step-started': 'forward',
  'step-succeeded': 'forward',
  'step-failed': 'forward',
  held: 'forward',
  'gave-up': 'forward',
  completed: 'forward',
  'undo-started': 'undo',
  undone: 'undo',
  'undo-finished': 'undo',
  'undo-gave-up': 'undo',
};

/** What makes an event unlawful besides the job's state: its phase, its steps, or that it can no longer be cancelled. */
export function hindrance(job: Job, event: JobEvent): string | null {
  const phase = PHASES[event.type];
  if (phase !== undefined && job.phase !== phase) return `it is in phase ${job.phase}`;
  switch (event.type) {
    case 'step-started':
      return expectStep(event.step, firstToRun(job)?.name, 'the step to run');
    case 'step-succeeded':
    case 'step-failed':
      return expectState(job, event.step, 'running');
    case 'held':
      return expectState(job, 'reserve-seat', 'running');
    case 'undo-started':
      return expectStep(event.step, stepsToUndo(job)[0]?.name, 'the step to undo');
    case 'undone':
      return expectState(job, event.step, 'undoing');
    case 'undo-finished':
      return nothingToUndo(job) ? null : 'something is left to undo';
    case 'completed':
      return firstToRun(job) === undefined ? null : 'a step has not succeeded';
    case 'cancel-requested':
      return job.cancellable ? null : 'it can no longer be cancelled';
    case 'late':
      return job.lateAt === null ? null : 'it was told before';
    default:
      return null;
  }
}

function expectStep(named: StepName, due: StepName | undefined, role: string): string | null {
  return named === due ? null : `${role} is ${due ?? 'none'}, not ${named}`;
}

function expectState(job: Job, name: StepName, state: StepState): string | null {
  const found = job.steps.find((step) => step.name === name)?.state ?? 'missing';
  return found === state ? null : `${name} is ${found}, not ${state}`;
}
