import { setTimeout as delay } from 'node:timers/promises';
import type { Subscriber } from './subscriber.ts';
import type { World } from './world.ts';

/** Longer than a dead worker's claim, a receiver that never answers, and a few tries. */
const DEADLINE_MS = 150_000;
const PAUSE_MS = 500;

// Not done: a webhook with something to deliver, or to replay, or to look at.
const RESTLESS = `select w.id, exists (select from deliveries d where d.webhook_id = w.id and d.state = 'pending'
    and d.due_at > clock_timestamp() + interval '10 s') as waits
  from webhooks w where state <> 'enabled' or exists (select from webhook_replays r where r.webhook_id = w.id)
    or exists (select from deliveries d where d.webhook_id = w.id and d.state = 'pending')
    or position < coalesce((select max(last) from event_entries e where e.client_id = w.client_id), 0)`;

// What is never taken is given up after three days: the schedule is over for it now.
const DAYS_PASS = `update deliveries set tries = 9
  where state = 'pending' and tries < 9 and attempts -> -1 ->> 'status' = '422'`;

/**
 * Has receivers recover, and their owners enable what waits for long, until everything is delivered or given up. Answers
 * whether that came about in time.
 */
export async function settleDeliveries(
  { ledger }: Pick<World, 'ledger'>,
  subscribers: readonly Subscriber[],
): Promise<boolean> {
  const deadline = performance.now() + DEADLINE_MS;
  for (const subscriber of subscribers) {
    subscriber.calm();
    await subscriber.setState('enabled');
  }
  while (performance.now() < deadline) {
    await ledger.query(DAYS_PASS);
    const { rows } = await ledger.query<{ id: string; waits: boolean }>(RESTLESS);
    if (rows.length === 0) return true;
    const waiting = new Set(rows.flatMap(({ id, waits }) => (waits ? [id] : [])));
    for (const { subscription, setState } of subscribers)
      if (waiting.has(subscription.webhookId)) await setState('enabled');
    await delay(PAUSE_MS);
  }
  return false;
}
