import type { EventName } from '@qvara/contracts/events';
import type { DeliveryAttempt } from '@qvara/contracts/webhooks';
import { appendEvents } from './events.ts';
import type { Ledger } from './orm.ts';
import { transact } from './sql.ts';
import { freshId } from './test-ledger.ts';
import { type ClaimedWebhook, claimWebhook, ringWebhooks } from './webhook-runs.ts';
import { addWebhook } from './webhooks.ts';

/** Adds a webhook of a client, for all events or some types. */
export async function addHook(ledger: Ledger, clientId: string, eventTypes: string[] | null = null) {
  const own = { url: 'https://hooks.test/', eventTypes, description: null, secret: 'sealed' };
  return await addWebhook(ledger, { ...own, id: freshId('whk'), clientId });
}

type Told = { readonly jobId?: string; readonly count?: number; readonly name?: EventName };

/** Appends so many events about a job, or about none. */
export async function tell(
  ledger: Ledger,
  clientId: string,
  { jobId, count = 1, name = 'job.started' }: Told = {},
): Promise<void> {
  const told = Array.from({ length: count }, () => ({ name, state: null, scope: 'job' }));
  const about = { client_id: clientId, customer_id: null, job_id: jobId ?? null, job_last: jobId ? count : null };
  await transact(ledger.pool, (sql) => appendEvents(sql, [{ ...about, common: {}, told }]));
}

/** Appends so many events, each by itself. */
export async function tellOften(ledger: Ledger, clientId: string, times: number): Promise<void> {
  const told = [{ name: 'job.started', state: null, scope: 'job' }] as const;
  const about = { client_id: clientId, customer_id: null, job_id: null, job_last: null, common: {} };
  const entries = Array.from({ length: times }, () => ({ ...about, told: [...told] }));
  await transact(ledger.pool, (sql) => appendEvents(sql, entries));
}

/** Rings and claims a webhook for which there is something to do. Throws when there is nothing. */
export async function claimHook(ledger: Ledger, id: string): Promise<ClaimedWebhook> {
  const bell = (await ringWebhooks(ledger)).find(({ jobId }) => jobId === id);
  const claimed = bell && (await claimWebhook(ledger, { id, bellNo: bell.bellNo }));
  if (!claimed) throw new Error(`webhook ${id} was not rung`);
  return claimed;
}

/** A try as it is kept. */
export function attempt(status: number): DeliveryAttempt {
  return { at: new Date().toISOString(), status, body: '', error: null, latencyMs: 3 };
}
