import { CodedError, type Fault } from '@qvara/contracts/failure';
import { jobDefinition } from '@qvara/contracts/jobs';
import type { StepName } from '@qvara/contracts/steps';

import type { Logger } from '@qvara/runtime/logger';
import { done, type StepAnswer, type Tools } from './context.ts';
import { RunOver } from './patiently.ts';
import type { Run } from './run.ts';
import { steps } from './steps.ts';
import { createTimeLimits } from './time-limits.ts';

export type StepRunner = {
  ensure(run: Run, step: StepName): Promise<StepAnswer>;
  undo(run: Run, step: StepName): Promise<StepAnswer>;
};

/** Runs single steps: gives each its time limit, and turns what it throws into a fault. */
export function createStepRunner(tools: Tools, logger: Pick<Logger, 'error'>): StepRunner {
  const limits = createTimeLimits();

  async function guard(run: Run, step: StepName, act: () => Promise<StepAnswer>): Promise<StepAnswer> {
    try {
      const answer = await act();
      if (!answer.ok && answer.fault.code === 'stale-claim') throw new RunOver('stale');
      if (run.signal.aborted && !answer.ok) throw new RunOver('interrupted');
      return answer;
    } catch (error) {
      if (error instanceof RunOver) throw error;
      if (run.signal.aborted) throw new RunOver('interrupted');
      return {
        ok: false,
        fault: describe(error, () =>
          logger.error({ err: error, jobId: run.job.id, step }, 'a step failed in a way it does not know'),
        ),
      };
    }
  }

  return {
    ensure: (run, step) => guard(run, step, () => steps[step].ensure(contextOf(run))),
    undo: (run, step) => guard(run, step, () => steps[step].undo?.(contextOf(run)) ?? Promise.resolve(done())),
  };

  function contextOf(run: Run) {
    return run.context(tools, limits(run.signal, jobDefinition(run.job.type).timeoutMs));
  }
}

function describe(error: unknown, report: () => void): Fault {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  report();
  return { code: 'internal', message: 'An error of ours; it is in the log of the worker.' };
}
