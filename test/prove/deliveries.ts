import type { Counter, Evidence, Offence, Subscription } from './evidence.ts';

/**
 * Events that a webhook asked for, and that its receiver neither took nor are listed as given up with their tries; and
 * events that it took and had not asked for. What is replayed does not count.
 */
export const findUndelivered: Counter = (evidence) => evidence.subscriptions.flatMap((one) => ofWebhook(evidence, one));

function ofWebhook(evidence: Evidence, { webhookId, after, names, receipts }: Subscription): Offence[] {
  const owner = evidence.webhooks.find(({ id }) => id === webhookId)?.client_id;
  const wanted = evidence.events.filter(({ client_id: client, sequence, name }) => {
    return client === owner && sequence > after && (names === null || names.includes(name));
  });
  const told = new Set(receipts.filter(({ replay }) => !replay).map(({ sequence }) => sequence));
  const listed = new Set(givenUp(evidence, webhookId));
  const missing = wanted.filter(({ sequence }) => !told.has(sequence) && !listed.has(sequence));
  const asked = new Set(wanted.map(({ sequence }) => sequence));
  const unasked = [...told].filter((sequence) => !asked.has(sequence));
  return [
    ...missing.map(({ sequence, job_id: jobId }) => ({
      what: `webhook ${webhookId} was not told event ${sequence}`,
      ...(jobId !== null && { jobId }),
    })),
    ...unasked.map((sequence) => ({ what: `webhook ${webhookId} was told event ${sequence} without asking for it` })),
  ];
}

/** The events that are listed as given up, with the tries that were made. */
export function givenUp({ deliveries }: Evidence, webhookId: string): number[] {
  return deliveries.flatMap(({ webhook_id, sequence, state, tries }) =>
    webhook_id === webhookId && state === 'failed' && tries > 0 ? [sequence] : [],
  );
}

/** Events of a job that a receiver took for the first time after a later one of the same job. */
export const findDeliveredOutOfOrder: Counter = ({ subscriptions }) => subscriptions.flatMap(outOfOrder);

function outOfOrder({ webhookId, receipts }: Subscription): Offence[] {
  const known = new Set<number>();
  const greatest = new Map<string, number>();
  return receipts.flatMap(({ sequence, jobId, replay }) => {
    if (replay || jobId === null || known.has(sequence)) return [];
    known.add(sequence);
    const before = greatest.get(jobId) ?? 0;
    greatest.set(jobId, Math.max(before, sequence));
    return sequence > before ? [] : [{ what: `webhook ${webhookId} was told ${sequence} after ${before}`, jobId }];
  });
}
