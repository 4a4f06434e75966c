import type { Counter, Evidence, Job } from './evidence.ts';

const ENDED = new Set(['completed', 'failed', 'cancelled']);

/** A 202 whose job neither ended nor is held with a reason; and any other job of the ledger left like that. */
export const findLost: Counter = (evidence) => {
  const jobs = new Map(evidence.jobs.map((job) => [job.id, job]));
  const promised = new Set(evidence.accepted.map(({ jobId }) => jobId));
  const missing = [...promised].filter((id) => !jobs.has(id));
  const left = leftOpen(evidence);
  return [
    ...missing.map((jobId) => ({ what: 'a 202 whose job does not exist', jobId })),
    ...left.map(({ id: jobId, state, customer_id: customerId }) => ({
      what: `a job that is still ${state}`,
      jobId,
      customerId,
    })),
  ];
};

/** Open jobs that are neither held with a reason nor behind one that is. */
function leftOpen({ jobs }: Evidence): Job[] {
  const heldFrom = new Map<string, number>();
  for (const { customer_id: customer, state, turn, held } of jobs) {
    if (state === 'held' && held?.reason) heldFrom.set(customer, Math.min(turn, heldFrom.get(customer) ?? turn));
  }
  return jobs.filter(({ state, customer_id: customer, turn }) => {
    return !ENDED.has(state) && turn < (heldFrom.get(customer) ?? Number.POSITIVE_INFINITY);
  });
}
