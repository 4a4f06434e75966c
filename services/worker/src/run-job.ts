import type { Fault } from '@qvara/contracts/failure';
import { type StepName, stepDefinition } from '@qvara/contracts/steps';
import type { JobEvent } from '@qvara/domain/job';
import { firstToRun, leavesSeatInDoubt, stepsToUndo } from '@qvara/domain/plan';
import { decide, describeFault } from '@qvara/domain/retry';
import type { BellAnswer } from '@qvara/queue/consumer';
import type { StepDone } from './context.ts';
import { handlers } from './handlers.ts';
import { customerAfter, type Run } from './run.ts';
import type { StepRunner } from './run-step.ts';

/**
 * Runs a claimed job to its end, its next wait, or its undoing: one step after the other, each write telling the end of
 * one step together with the start of the next.
 */
export async function runJob(run: Run, steps: StepRunner, refusal: Fault | null): Promise<BellAnswer> {
  if (refusal !== null) await refuse(run, refusal);
  while (run.job.state === 'running') {
    if (run.job.phase === 'forward') await forward(run, steps);
    else await undo(run, steps);
  }
  return answerOf(run);
}

async function forward(run: Run, steps: StepRunner): Promise<void> {
  const step = firstToRun(run.job)?.name;
  if (step === undefined) return await run.write({ events: [finish(run, {})] });
  const answer = await steps.ensure(run, step);
  if (!answer.ok) return await fail(run, step, answer.fault);
  await run.write(await writeOf(run, steps, { step, done: answer.done }));
}

type Act = Parameters<Run['write']>[0];

/** What is written of a step that is done: with it the start of the next, or all of it if it needs nothing more. */
async function writeOf(run: Run, steps: StepRunner, { step, done }: { step: StepName; done: StepDone }): Promise<Act> {
  const { place, changes, told = [], fees = [] } = done;
  const next = following(run, step);
  if (place !== undefined) return { place, events: [next ?? finish(run, done)] };
  const succeeded: JobEvent = { type: 'step-succeeded', step, told, fees };
  const act = { events: [succeeded, next ?? finish(run, done)], ...(changes && { changes }) };
  // The last step is on its own: what it completes the job with is read from what the others have written.
  const isJoined = next !== undefined && stepDefinition(next.step).withTheOneBefore && following(run, next.step);
  if (!isJoined) return act;
  const answer = await steps.ensure(run, next.step);
  if (!answer.ok) return act;
  const { events, changes: more } = await writeOf(run, steps, { step: next.step, done: answer.done });
  return { events: [...act.events, ...events], changes: { ...changes, ...more } };
}

function following(run: Run, step: StepName) {
  const index = run.job.steps.findIndex(({ name }) => name === step);
  const next = run.job.steps[index + 1];
  return next && ({ type: 'step-started', step: next.name } as const);
}

/** The completion, with the customer as the last step leaves it. */
function finish(run: Run, { changes }: StepDone): JobEvent {
  const customer = customerAfter(run.customer, changes);
  return { type: 'completed', result: handlers[run.job.type].result({ customer, seat: run.seat }) };
}

async function fail(run: Run, step: StepName, fault: Fault): Promise<void> {
  const failure = describeFault(fault, step);
  const decision = decide(run.job, fault, Math.random());
  const failed: JobEvent = { type: 'step-failed', step, failure };
  if (decision.next === 'give-up') return await giveUp(run, [failed, { type: 'gave-up', failure }]);
  const { delayMs, counted } = decision;
  const waited: JobEvent = { type: 'waited', delayMs, counted, failure };
  // Not being ready is no failure of the step: it goes on where it is.
  await run.write({ events: counted ? [failed, waited] : [waited] });
}

async function refuse(run: Run, fault: Fault): Promise<void> {
  const failure = describeFault(fault, null);
  if (run.job.phase === 'forward') await giveUp(run, [{ type: 'gave-up', failure }]);
  else await strand(run, failure);
}

/** A seat that may be without its tenant is listed until a retry finishes the job. */
async function giveUp(run: Run, events: readonly JobEvent[]): Promise<void> {
  await run.write({ events, ...(leavesSeatInDoubt(run.job) && stranding(run)) });
}

async function undo(run: Run, steps: StepRunner): Promise<void> {
  const [step, next] = stepsToUndo(run.job).map(({ name }) => name);
  if (step === undefined) return await run.write(undoFinished(run, {}));
  if (run.job.steps.some(({ name, state }) => name === step && state !== 'undoing')) {
    await run.write({ events: [{ type: 'undo-started', step }] });
  }
  const answer = await steps.undo(run, step);
  if (!answer.ok) return await failUndo(run, step, answer.fault);
  const { told = [], changes } = answer.done;
  const undone: JobEvent = { type: 'undone', step, told };
  if (next !== undefined)
    return await run.write({ events: [undone, { type: 'undo-started', step: next }], ...(changes && { changes }) });
  const last = undoFinished(run, answer.done);
  await run.write({ ...last, events: [undone, ...last.events] });
}

/** The end of an undo: a cancelled provisioning leaves no customer. */
function undoFinished(run: Run, { changes }: StepDone) {
  const { job } = run;
  const events: JobEvent[] = [{ type: 'undo-finished' }];
  const ends = job.cancelRequested && job.type === 'customer.provision';
  const all = ends ? { ...changes, customer: { serviceStatus: 'disconnected' as const } } : changes;
  return { events, ...(all && { changes: all }) };
}

async function failUndo(run: Run, step: StepName, fault: Fault): Promise<void> {
  const failure = describeFault(fault, step);
  const decision = decide(run.job, fault, Math.random());
  if (decision.next === 'give-up') return await strand(run, failure);
  const { delayMs, counted } = decision;
  await run.write({ events: [{ type: 'waited', delayMs, counted, failure }] });
}

/** An undo that cannot finish leaves its seat taken and listed, until a retry finishes it. */
async function strand(run: Run, failure: ReturnType<typeof describeFault>): Promise<void> {
  await run.write({ events: [{ type: 'undo-gave-up', failure }], ...stranding(run) });
}

function stranding({ seat }: Run) {
  return seat === null ? {} : ({ changes: { seat: 'strand' } } as const);
}

function answerOf({ job }: Run): BellAnswer {
  if (job.state === 'waiting') return { outcome: 'wait' };
  if (job.state === 'held') return { outcome: 'hold' };
  if (job.state === 'failed' && job.failure !== null) return { outcome: 'give-up', failure: job.failure };
  return { outcome: 'done' };
}
