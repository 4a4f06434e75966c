import type { Page } from '@qvara/contracts/api';
import { CodedError } from '@qvara/contracts/failure';
import type { DeliveryAnswer } from '@qvara/contracts/webhooks';
import type { DeliveryRow } from './entities/webhook.ts';
import { oldestEventNumber } from './event-log.ts';
import { pageOf } from './jobs.ts';
import { wakeListeners } from './nudges.ts';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn, transactPatiently } from './sql.ts';
import { type Viewer, visibleClient } from './viewer.ts';
import { loadWebhook } from './webhooks.ts';

/** A delivery as the interface answers it. */
export function deliveryAnswer(row: DeliveryRow): DeliveryAnswer {
  return {
    id: row.id,
    webhookId: row.webhookId,
    eventId: String(row.sequence),
    eventType: row.eventType,
    state: row.state,
    replay: row.replay,
    attempts: [...row.attempts],
    nextAttemptAt: row.state === 'pending' ? row.dueAt : null,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
  };
}

type DeliveryQuery = {
  readonly webhookId: string;
  readonly limit: number;
  readonly cursor?: string;
  readonly state?: DeliveryRow['state'];
};

/** A page of a webhook's deliveries, the newest first. Throws `not-found`. */
export async function listDeliveries(ledger: Ledger, viewer: Viewer, query: DeliveryQuery): Promise<Page<DeliveryRow>> {
  await loadWebhook(ledger, viewer, query.webhookId);
  const rows = await sqlOn(ledger.pool).query<DeliveryRow>(
    `select * from deliveries where webhook_id = $1 and ($2::text is null or id < $2) and ($3::text is null or state = $3)
     order by id desc limit $4`,
    [query.webhookId, query.cursor ?? null, query.state ?? null, query.limit + 1],
  );
  return pageOf(rows, query.limit);
}

/** Delivers one again, as if it had not been tried; what was tried stays told. Throws `not-found`. */
export async function redeliverOne(ledger: Ledger, viewer: Viewer, id: string): Promise<DeliveryRow> {
  return await transactPatiently(ledger.pool, async (sql) => {
    const [found] = await sql.query<{ webhookId: string }>(
      `select d.webhook_id from deliveries d join webhooks w on w.id = d.webhook_id
       where d.id = $1 and ($2::text is null or w.client_id = $2)`,
      [id, visibleClient(viewer)],
    );
    if (found !== undefined) await makeDue(sql, found.webhookId);
    const [row] = await sql.query<DeliveryRow>(
      `update deliveries set state = 'pending', tries = 0, due_at = null, finished_at = null where id = $1 and webhook_id = $2
       returning *`,
      [id, found?.webhookId ?? null],
    );
    if (row === undefined) throw new CodedError('not-found', `There is no delivery ${id}.`);
    return row;
  });
}

const REDELIVERED_AT_ONCE = 10_000;

/** Delivers again what failed since a time, the oldest first and so many at most. Answers how many. Throws `not-found`. */
export async function redeliverFailed(
  ledger: Ledger,
  viewer: Viewer,
  { webhookId, since }: { readonly webhookId: string; readonly since: string },
): Promise<number> {
  await loadWebhook(ledger, viewer, webhookId);
  return await transactPatiently(ledger.pool, async (sql) => {
    await makeDue(sql, webhookId);
    const rows = await sql.query(
      `update deliveries set state = 'pending', tries = 0, due_at = null, finished_at = null
       where id in (select id from deliveries where webhook_id = $1 and state = 'failed' and finished_at >= $2
                    order by finished_at limit $3) returning 1`,
      [webhookId, since, REDELIVERED_AT_ONCE],
    );
    return rows.length;
  });
}

/**
 * Begins to deliver once more what happened after a number, up to what has happened by now. Throws `not-found`, and
 * `events-expired` when some of it is no longer kept.
 */
export async function replay(
  ledger: Ledger,
  viewer: Viewer,
  { webhookId, after }: { readonly webhookId: string; readonly after: number },
): Promise<{ readonly after: number; readonly until: number }> {
  await loadWebhook(ledger, viewer, webhookId);
  return await transactPatiently(ledger.pool, async (sql) => {
    await makeDue(sql, webhookId);
    const oldest = await oldestEventNumber(sql);
    if (after + 1 < oldest)
      throw new CodedError('events-expired', `Events before number ${oldest} are no longer kept.`, { oldest });
    const [row] = await sql.query<{ until: number }>(
      `insert into webhook_replays (webhook_id, position, until) values ($1, $2, greatest($2, last_event())) returning until`,
      [webhookId, after],
    );
    return { after, until: row?.until ?? after };
  });
}

/** Has a webhook looked at, and keeps it from being deleted meanwhile. Throws `not-found` when it has been. */
async function makeDue(sql: Sql, webhookId: string): Promise<void> {
  const [mine] = await sql.query('update webhooks set due_at = clock_timestamp() where id = $1 returning id', [
    webhookId,
  ]);
  if (mine === undefined) throw new CodedError('not-found', `There is no webhook ${webhookId}.`);
  await wakeListeners(sql);
}

const KEPT_DAYS = 30;
const FORGOTTEN_AT_ONCE = 1_000;

/** Forgets some of what was delivered, or given up, long ago. Answers whether there may be more. */
export async function forgetDelivered(ledger: Ledger): Promise<boolean> {
  const gone = await sqlOn(ledger.pool).query(
    `delete from deliveries where id in (
       select id from deliveries where state <> 'pending' and finished_at < clock_timestamp() - interval '${KEPT_DAYS} days'
       order by finished_at limit ${FORGOTTEN_AT_ONCE} for update skip locked) returning 1`,
  );
  return gone.length === FORGOTTEN_AT_ONCE;
}
