import type { DeliveryAttempt } from '@qvara/contracts/webhooks';
import type { BatchVerb } from './coalesce.ts';
import type { Ledger } from './orm.ts';
import { transact, transactPatiently } from './sql.ts';
import { RENEWED } from './webhook-runs.ts';

/** What came of one try: done, given up, or to be tried again in so many milliseconds. */
export type TryAnswer = {
  readonly webhookId: string;
  readonly claimNo: number;
  readonly deliveryId: string;
  readonly attempt: DeliveryAttempt;
  readonly result: 'delivered' | 'failed' | { readonly againInMs: number };
};

const MOST_ATTEMPTS_KEPT = 20;

/**
 * Writes what came of tries, in one commit for all that came together; each is fenced by the claim of its webhook.
 * Answers whether it was written.
 */
export function recordAnswersVerb(ledger: Ledger): BatchVerb<TryAnswer, boolean> {
  return async (items) => {
    const rows = items.map(({ webhookId, claimNo, deliveryId, attempt, result }) => ({
      id: deliveryId,
      webhookId,
      claimNo,
      attempt,
      state: typeof result === 'string' ? result : 'pending',
      againInMs: typeof result === 'string' ? null : result.againInMs,
    }));
    const written = await transact(ledger.pool, async (sql) => {
      const webhooks = [...new Map(items.map(({ webhookId, claimNo }) => [webhookId, claimNo]))].sort();
      await sql.query(
        `update webhooks w set ${RENEWED} from unnest($1::text[], $2::bigint[]) as k (id, claim_no)
         where w.id = k.id and w.claim_no = k.claim_no`,
        [webhooks.map(([id]) => id), webhooks.map(([, claimNo]) => claimNo)],
      );
      return await sql.query<{ id: string }>(
        // The answer of a commit can be lost, and the same try come again: it is told and counted once.
        `update deliveries d set state = r.state,
           tries = d.tries + (d.attempts -> -1 is distinct from r.attempt)::integer,
           due_at = clock_timestamp() + make_interval(secs => r."againInMs" / 1000),
           finished_at = case when r.state = 'pending' then null else clock_timestamp() end,
           attempts = case
             when d.attempts -> -1 is not distinct from r.attempt then d.attempts
             when jsonb_array_length(d.attempts) >= ${MOST_ATTEMPTS_KEPT} then (d.attempts - 0) || r.attempt
             else d.attempts || r.attempt end
         from jsonb_to_recordset($1) as r (id text, "webhookId" text, "claimNo" bigint, attempt jsonb, state text,
           "againInMs" float8), webhooks w
         where d.id = r.id and w.id = r."webhookId" and w.claim_no = r."claimNo" returning d.id`,
        [JSON.stringify(rows)],
      );
    });
    const ids = new Set(written.map(({ id }) => id));
    return items.map(({ deliveryId }) => ids.has(deliveryId));
  };
}

/** How a webhook fares. */
export type Health = {
  readonly id: string;
  readonly claimNo: number;
  /** Tries that failed since the last one that did not. */
  readonly failures: number;
  /** Whether there was one that did not, since this was written last. */
  readonly succeeded: boolean;
};

/** Writes how a webhook fares. Answers since how many milliseconds there were only failures. */
export async function recordHealth(ledger: Ledger, { id, claimNo, failures, succeeded }: Health): Promise<number> {
  return await transactPatiently(ledger.pool, async (sql) => {
    const [row] = await sql.query<{ failingMs: number | null }>(
      `update webhooks set failures = $3,
         failing_since = case when $3 = 0 then null when $4 then clock_timestamp()
                         else coalesce(failing_since, clock_timestamp()) end, ${RENEWED}
       where id = $1 and claim_no = $2
       returning extract(epoch from clock_timestamp() - failing_since)::float8 * 1000 as failing_ms`,
      [id, claimNo, failures, succeeded],
    );
    return row?.failingMs ?? 0;
  });
}
