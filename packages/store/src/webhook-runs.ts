import type { WebhookRow } from './entities/webhook.ts';
import { appendEvents } from './events.ts';
import type { Ledger } from './orm.ts';
import { sqlOn, transactPatiently } from './sql.ts';

/** A webhook rung more than so long ago and not attended is rung again: its bell was lost. */
const LOST_AFTER_S = 10;
/** Longer than a webhook may take to answer: while a worker lives it renews its claim with every answer. */
const CLAIM_S = 40;
const RUNG_AT_ONCE = 500;

/**
 * Whether a pending delivery `d` of the webhook $1 is due: nothing of its lane waits for another try, or it is delivered
 * again by hand and nothing before it in its lane waits. The lanes are read once and looked up by hash, whatever the planner thinks of how many there are: for
 * thousands that wait a join by a wrong guess takes minutes.
 */
export const IS_DUE = `(d.lane not in (select h.lane from deliveries h
    where h.webhook_id = $1 and h.state = 'pending' and h.due_at > clock_timestamp())
  or d.due_at is null and d.attempts <> '[]' and d.sequence < (select min(h.sequence) from deliveries h
    where h.webhook_id = $1 and h.lane = d.lane and h.state = 'pending' and h.due_at > clock_timestamp()))`;

/** Renews a claim for who is about to wait for an answer: the SQL of it, for statements of the claim's holder. */
export const RENEWED = `claimed_until = clock_timestamp() + interval '${CLAIM_S} s'`;

export type WebhookBell = { readonly queue: 'webhooks'; readonly jobId: string; readonly bellNo: number };

/** The bells of webhooks for which there is something to do; each is answered once by all who ask at the same time. */
export async function ringWebhooks(ledger: Ledger): Promise<WebhookBell[]> {
  const rung = await sqlOn(ledger.pool).query<{ id: string; bellNo: number }>(
    `with due as materialized (
       select w.id from webhooks w
       where w.state = 'enabled' and coalesce(w.claimed_until < clock_timestamp(), true)
         and coalesce(w.rung_at < clock_timestamp() - interval '${LOST_AFTER_S} s', true)
         and coalesce(w.pause_until <= clock_timestamp(), true)
         and (w.due_at <= clock_timestamp()
              or exists (select from event_entries e where e.client_id = w.client_id and e.last > w.position))
       order by w.id limit ${RUNG_AT_ONCE} for update skip locked)
     update webhooks w set bell_no = w.bell_no + 1, rung_at = clock_timestamp()
     from due where w.id = due.id returning w.id, w.bell_no`,
  );
  return rung.map(({ id, bellNo }) => ({ queue: 'webhooks', jobId: id, bellNo }));
}

/** Whether any webhook is enabled. */
export async function hasWebhooks(ledger: Ledger): Promise<boolean> {
  const [row] = await sqlOn(ledger.pool).query<{ any: boolean }>(
    "select exists (select from webhooks where state = 'enabled') as any",
  );
  return row?.any ?? false;
}

/** A webhook that is taken, and the ledger's time when it was. */
export type ClaimedWebhook = WebhookRow & { readonly now: string };

/**
 * Takes a webhook for this worker alone. Null when it was attended since this bell, somebody else has it, or it is to be
 * left alone. An earlier bell is as good as the last one until then: in a long queue it has waited longest. It is due as
 * long as it is taken: when this worker dies, whoever looks next finds what it has left.
 */
export async function claimWebhook(
  ledger: Ledger,
  { id, bellNo }: { readonly id: string; readonly bellNo: number },
): Promise<ClaimedWebhook | null> {
  const [row] = await sqlOn(ledger.pool).query<ClaimedWebhook>(
    `update webhooks set claim_no = nextval('claim_numbers'), rung_at = null, due_at = clock_timestamp(),
       claimed_until = clock_timestamp() + interval '${CLAIM_S} s'
     where id = $1 and (bell_no = $2 or rung_at is not null) and state = 'enabled'
       and coalesce(claimed_until < clock_timestamp(), true) and coalesce(pause_until <= clock_timestamp(), true)
     returning *, clock_timestamp() as now`,
    [id, bellNo],
  );
  return row ?? null;
}

export type WebhookClaim = Pick<WebhookRow, 'id' | 'claimNo'>;

/**
 * Gives a webhook back, to be left alone for so long. Answers in how many milliseconds there is something to do; null
 * when nothing waits.
 */
export async function releaseWebhook(
  ledger: Ledger,
  { id, claimNo }: WebhookClaim,
  restMs: number,
): Promise<number | null> {
  return await transactPatiently(ledger.pool, async (sql) => {
    // Locked first: what somebody else asks for at this moment is seen by the statement that begins after it.
    await sql.query('select from webhooks where id = $1 and claim_no = $2 for update', [id, claimNo]);
    const [row] = await sql.query<{ dueInMs: number | null }>(
      `update webhooks w set claimed_until = null,
         pause_until = case when $3 > 0 then clock_timestamp() + make_interval(secs => $3 / 1000.0) else pause_until end,
         due_at = case
           when exists (select from webhook_replays r where r.webhook_id = w.id) then clock_timestamp()
           when exists (select from deliveries d where d.webhook_id = $1 and d.state = 'pending' and ${IS_DUE})
             then clock_timestamp()
           else (select min(d.due_at) from deliveries d
                 where d.webhook_id = $1 and d.state = 'pending' and d.due_at is not null) end
       where w.id = $1 and w.claim_no = $2
       returning case when w.due_at is not null
         then extract(epoch from greatest(w.due_at, w.pause_until) - clock_timestamp())::float8 * 1000 end as due_in_ms`,
      [id, claimNo, restMs],
    );
    return row?.dueInMs ?? null;
  });
}

/** Takes a webhook out of service and tells so. Does nothing for who has not got it any more. */
export async function disableWebhook(
  ledger: Ledger,
  { id, claimNo, reason }: WebhookClaim & { readonly reason: string },
): Promise<number> {
  return await transactPatiently(ledger.pool, async (sql) => {
    const [row] = await sql.query<{ clientId: string }>(
      `update webhooks set state = 'disabled', disabled_reason = $3, claimed_until = null
       where id = $1 and claim_no = $2 and state = 'enabled' returning client_id`,
      [id, claimNo, reason],
    );
    if (row === undefined) return 0;
    const told = { name: 'webhook.disabled', state: null, scope: 'webhook', webhookId: id, reason } as const;
    const about = { client_id: row.clientId, customer_id: null, job_id: null, job_last: null, subject: id };
    const common = { jobType: null, container: null, tenant: null };
    return await appendEvents(sql, [{ ...about, common, told: [told] }]);
  });
}
