import type { FailureCode } from '@qvara/contracts/failure';
import type { StepName } from '@qvara/contracts/steps';
import { firstToRun, stepsToUndo } from '@qvara/domain/plan';
import { describeFault } from '@qvara/domain/retry';
import type { Claim } from './claim.ts';
import type { AdvanceItem, Changes } from './run-write.ts';
import { freshId, type Process } from './test-ledger.ts';

type Act = Pick<AdvanceItem, 'events' | 'changes' | 'place'>;
export type Run = ReturnType<typeof runOf>;

/** Claims the job by its last bell, as a worker does. Throws when the bell is stale. */
export async function claimRun(process: Process, jobId: string, workerId = process.workerId): Promise<Run> {
  const worker = { id: workerId, slots: 0, sharedSlots: 0 };
  const bell = process.bellsOf(jobId).at(-1);
  if (bell === undefined) throw new Error(`no bell was rung for ${jobId}`);
  const answer = await process.claim({ jobId, bellNo: bell.bellNo, token: freshId('token'), worker });
  if (answer.outcome !== 'granted') throw new Error(`the bell of ${jobId} is stale`);
  return runOf(process, answer.claim);
}

/** A run on a claim. */
export function runOf(process: Process, claim: Claim) {
  let { job, seat } = claim;
  return {
    refusal: claim.refusal,
    get job() {
      return job;
    },
    get seat() {
      return seat;
    },
    /** The item of the next write. */
    item: (act: Act): AdvanceItem => ({ job, ...act }),
    async write(act: Act) {
      const written = await process.advance(this.item(act));
      if (written.outcome === 'written') ({ job, seat } = written);
      return written.outcome;
    },
  };
}

const CHANGES: Partial<Record<StepName, Changes>> = {
  'create-tenant': { tenantState: 'inactive' },
  'activate-tenant': {
    tenantState: 'active',
    customer: { serviceStatus: 'active', activatedAt: '2026-01-01T00:00:00.000Z' },
  },
  'update-customer': { customer: { name: 'Another name' } },
  'release-seat': { seat: 'release', customer: { serviceStatus: 'disconnected' } },
};

/** Carries the run on until a step, or its end. Stops when the job is held. */
export async function runUntil(run: Run, stop: StepName | 'end'): Promise<Run> {
  for (let step = firstToRun(run.job); step && step.name !== stop; step = firstToRun(run.job)) {
    if (run.job.state !== 'running') break;
    const { name } = step;
    const next = run.job.steps[run.job.steps.findIndex((one) => one.name === name) + 1];
    const then = next
      ? ({ type: 'step-started', step: next.name } as const)
      : ({ type: 'completed', result: {} } as const);
    const changes = CHANGES[name];
    if (name === 'reserve-seat') await run.write({ place: { region: null }, events: [then] });
    else
      await run.write({
        events: [{ type: 'step-succeeded', step: name, told: [] }, then],
        ...(changes && { changes }),
      });
  }
  return run;
}

/** Claims a job and carries it to its end. */
export async function runJob(process: Process, jobId: string): Promise<Run> {
  return await runUntil(await claimRun(process, jobId), 'end');
}

/** The run gives up at the step it is in; what it did stays to be undone. */
export async function giveUp(run: Run, code: FailureCode = 'platform-unavailable'): Promise<Run> {
  const step = firstToRun(run.job)?.name ?? null;
  const failure = describeFault({ code, message: 'as the test wants it' }, step);
  const failed = step === null ? [] : [{ type: 'step-failed', step, failure } as const];
  await run.write({ events: [...(run.refusal ? [] : failed), { type: 'gave-up', failure }] });
  return run;
}

/** Undoes what the run's job did; the seat goes back with the last step. */
export async function undoAll(run: Run): Promise<Run> {
  const ends = run.job.cancelRequested ? { customer: { serviceStatus: 'disconnected' as const } } : {};
  const undone = stepsToUndo(run.job).flatMap(({ name: step }) => [
    { type: 'undo-started', step } as const,
    { type: 'undone', step, told: [] } as const,
  ]);
  const release = run.seat === null ? {} : ({ seat: 'release' } as const);
  await run.write({ events: [...undone, { type: 'undo-finished' }], changes: { ...release, ...ends } });
  return run;
}
