import type { Counter, Evidence, Offence } from './evidence.ts';
import { retryTimes } from './lives.ts';

/** Runs of one customer that overlap in the journal, and jobs that take effect against their turns. */
export const findOutOfOrder: Counter = (evidence) => {
  const worked = evidence.calls.filter(({ outcome }) => outcome === 'ok');
  return [...overlaps(evidence.effects, 'effect'), ...overlaps(worked, 'call'), ...againstTurns(evidence)];
};

type Deed = { readonly id: number; readonly customer_id: string; readonly job_id: string; readonly claim_no: number };

/** Claims are numbered in their order: a smaller number after a greater one is a run that was not over. */
function overlaps(deeds: readonly Deed[], kind: string): Offence[] {
  const greatest = new Map<string, number>();
  return deeds.flatMap(({ id, customer_id: customerId, job_id: jobId, claim_no: claimNo }) => {
    const before = greatest.get(customerId) ?? 0;
    greatest.set(customerId, Math.max(before, claimNo));
    if (claimNo >= before) return [];
    return [{ what: `${kind} ${id} of claim ${claimNo} after one of claim ${before}`, jobId, customerId }];
  });
}

/** What jobs began and did, by events and by the journal, in the order of their turns. A retry takes a new turn. */
function againstTurns(evidence: Evidence): Offence[] {
  const jobs = new Map(evidence.jobs.map((job) => [job.id, job]));
  const retries = retryTimes(evidence);
  const steps = evidence.events.filter(({ name }) => name === 'step.started' || name === 'step.succeeded');
  const marks = (list: readonly { job_id: string | null; at: number }[]) =>
    list.flatMap(({ job_id: jobId, at }) => {
      const job = jobs.get(jobId ?? '');
      // The ledger knows the turn of a job's last life only.
      return job === undefined || at < (retries(job.id).at(-1) ?? 0) ? [] : [job];
    });
  return [marks(steps), marks(evidence.effects)].flatMap((order, index) => {
    const greatest = new Map<string, number>();
    return order.flatMap(({ id: jobId, customer_id: customerId, turn }) => {
      const before = greatest.get(customerId) ?? 0;
      greatest.set(customerId, Math.max(before, turn));
      if (turn >= before) return [];
      return [{ what: `turn ${turn} after turn ${before}, by the ${index ? 'journal' : 'events'}`, jobId, customerId }];
    });
  });
}
