import { firstToRun } from '@qvara/domain/plan';
import { settingsChangeOf } from '@qvara/domain/settings';
import type { Claim } from '@qvara/store/claim';
import type { SeatView } from '@qvara/store/events';
import type { AdvanceAnswer, AdvanceItem } from '@qvara/store/run-write';
import type { StepContext, Tools } from './context.ts';
import { patiently, RunOver } from './patiently.ts';

type JobRow = Claim['job'];
type CustomerRow = Claim['customer'];

/** One claim being worked off: what is known of the job, and the one way to write. */
export type Run = {
  readonly job: JobRow;
  readonly customer: CustomerRow;
  readonly seat: SeatView | null;
  readonly signal: AbortSignal;
  /** Writes the next act of the run. Throws RunOver when the claim is lost, or the process stops before it is written. */
  write(act: Pick<AdvanceItem, 'events' | 'changes' | 'place'>): Promise<void>;
  /** What a step gets to know, with the signal that limits its time. */
  context(tools: Tools, signal: AbortSignal): StepContext;
};

type Advance = (item: AdvanceItem) => Promise<AdvanceAnswer>;

/** The customer as a write with these changes leaves it. */
export function customerAfter(customer: CustomerRow, changes: AdvanceItem['changes']): CustomerRow {
  const changed = changes?.customer;
  return changed === undefined ? customer : { ...customer, ...changed, version: customer.version + 1 };
}

/** Opens a run on a claim. */
export function openRun(claim: Claim, advance: Advance, signal: AbortSignal): Run {
  let { job, customer, seat } = claim;

  return {
    signal,
    get job() {
      return job;
    },
    get customer() {
      return customer;
    },
    get seat() {
      return seat;
    },
    async write(act) {
      const item = { job, ...act };
      const answer = await patiently(() => advance(item), signal);
      if (answer.outcome === 'fenced') throw new RunOver('stale');
      customer = customerAfter(customer, act.changes);
      seat = act.changes?.seat === 'release' ? null : answer.seat;
      job = answer.job;
    },
    context(tools, limited) {
      const { id: jobId, clientId, byAdmin, payload, acceptedAt } = job;
      return {
        tools,
        jobId,
        claimNo: claim.job.claimNo,
        clientId,
        byAdmin,
        payload,
        customer,
        seat,
        settingsChange: settingsChangeOf(job.type, payload),
        now: firstToRun(job)?.startedAt ?? acceptedAt,
        signal: limited,
      };
    },
  };
}
