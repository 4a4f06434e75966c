import type { Page } from '@qvara/contracts/api';
import { CodedError } from '@qvara/contracts/failure';
import { MOST_WEBHOOKS, SECRETS_OVERLAP_MS, type WebhookAnswer, type WebhookChange } from '@qvara/contracts/webhooks';
import type { WebhookRow } from './entities/webhook.ts';
import { pageOf } from './jobs.ts';
import { wakeListeners } from './nudges.ts';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn, transactPatiently } from './sql.ts';
import { type Viewer, visibleClient } from './viewer.ts';

/** A webhook as the interface answers it. */
export function webhookAnswer(row: WebhookRow): WebhookAnswer {
  return {
    id: row.id,
    url: row.url,
    eventTypes: row.eventTypes === null ? null : [...row.eventTypes],
    description: row.description,
    state: row.state,
    disabledReason: row.disabledReason,
    failuresInRow: row.failures,
    failingSince: row.failingSince,
    deliveredTo: row.position,
    missedTo: row.missedTo,
    secretsOverlapUntil: row.oldSecretUntil,
    createdAt: row.createdAt,
  };
}

type NewWebhook = Pick<WebhookRow, 'id' | 'clientId' | 'url' | 'eventTypes' | 'description' | 'secret'>;

/** Adds a webhook; it is told what happens from now on. Throws `too-many-webhooks`. */
export async function addWebhook(ledger: Ledger, row: NewWebhook): Promise<WebhookRow> {
  return await transactPatiently(ledger.pool, async (sql) => {
    // One after the other for a client: else two together could be one too many.
    await sql.query('select from clients where id = $1 for update', [row.clientId]);
    const [{ count }] = (await sql.query('select count(*)::int as count from webhooks where client_id = $1', [
      row.clientId,
    ])) as [{ count: number }];
    if (count >= MOST_WEBHOOKS) throw new CodedError('too-many-webhooks', `There are ${count} webhooks already.`);
    const [added] = await sql.query<WebhookRow>(
      `insert into webhooks (id, client_id, url, event_types, description, secret, position)
       values ($1, $2, $3, $4, $5, $6, last_event()) returning *`,
      [row.id, row.clientId, row.url, row.eventTypes, row.description, row.secret],
    );
    return added as WebhookRow;
  });
}

/** A page of webhooks, the newest first. */
export async function listWebhooks(
  ledger: Ledger,
  viewer: Viewer,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Page<WebhookRow>> {
  const rows = await sqlOn(ledger.pool).query<WebhookRow>(
    `select * from webhooks where ($1::text is null or client_id = $1) and ($2::text is null or id < $2)
     order by id desc limit $3`,
    [visibleClient(viewer), cursor ?? null, limit + 1],
  );
  return pageOf(rows, limit);
}

/** Loads a webhook the viewer may see. Throws `not-found`. */
export async function loadWebhook(ledger: Ledger, viewer: Viewer, id: string): Promise<WebhookRow> {
  const [row] = await sqlOn(ledger.pool).query<WebhookRow>(
    'select * from webhooks where id = $1 and ($2::text is null or client_id = $2)',
    [id, visibleClient(viewer)],
  );
  return found(row, id);
}

/**
 * Changes a webhook. One that is enabled goes on where it stopped, forgets its failures, and is tried at once with all
 * that waits for another try. Whoever attends it with what it was before has lost it. Throws `not-found`.
 */
export async function changeWebhook(
  ledger: Ledger,
  viewer: Viewer,
  { id, change }: { readonly id: string; readonly change: WebhookChange },
): Promise<WebhookRow> {
  return await transactPatiently(ledger.pool, async (sql) => {
    const row = await writeChange(sql, viewer, { id, change });
    if (change.state === 'enabled') {
      await sql.query(
        "update deliveries set due_at = null where webhook_id = $1 and state = 'pending' and due_at is not null",
        [id],
      );
    }
    await wakeListeners(sql);
    return row;
  });
}

/** Takes a webhook away from who attends it: it is attended anew, as it is now. */
const TAKEN_AWAY = `claim_no = nextval('claim_numbers'), claimed_until = null, rung_at = null, due_at = clock_timestamp()`;

async function writeChange(
  sql: Sql,
  viewer: Viewer,
  { id, change }: { readonly id: string; readonly change: WebhookChange },
): Promise<WebhookRow> {
  const { url = null, state = null } = change;
  const [row] = await sql.query<WebhookRow>(
    `update webhooks set ${TAKEN_AWAY}, url = coalesce($3, url),
       event_types = case when $4 then $5::text[] else event_types end,
       description = case when $6 then $7 else description end,
       state = coalesce($8, state),
       disabled_reason = case $8 when 'enabled' then null when 'disabled' then coalesce(disabled_reason, 'by request')
                         else disabled_reason end,
       failures = case when $8 = 'enabled' then 0 else failures end,
       failing_since = case when $8 = 'enabled' then null else failing_since end,
       pause_until = case when $8 = 'enabled' then null else pause_until end
     where id = $1 and ($2::text is null or client_id = $2) returning *`,
    [
      id,
      visibleClient(viewer),
      url,
      'eventTypes' in change,
      change.eventTypes ?? null,
      'description' in change,
      change.description ?? null,
      state,
    ],
  );
  return found(row, id);
}

/** Gives a webhook a new secret; the one before signs too for a while. Throws `not-found`. */
export async function rotateSecret(
  ledger: Ledger,
  viewer: Viewer,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<WebhookRow> {
  return await transactPatiently(ledger.pool, async (sql) => {
    const [row] = await sql.query<WebhookRow>(
      `update webhooks set ${TAKEN_AWAY}, old_secret = secret, secret = $3,
         old_secret_until = clock_timestamp() + make_interval(secs => $4 / 1000.0)
       where id = $1 and ($2::text is null or client_id = $2) returning *`,
      [id, visibleClient(viewer), secret, SECRETS_OVERLAP_MS],
    );
    await wakeListeners(sql);
    return found(row, id);
  });
}

const DELETED_AT_ONCE = 2_000;

/**
 * Deletes a webhook with all its deliveries, those first: there may be more than one transaction can take away. It is
 * disabled meanwhile; what was broken off is finished by asking again. Throws `not-found`.
 */
export async function deleteWebhook(ledger: Ledger, viewer: Viewer, id: string): Promise<void> {
  await changeWebhook(ledger, viewer, { id, change: { state: 'disabled' } });
  for (let gone = DELETED_AT_ONCE; gone === DELETED_AT_ONCE; ) {
    const rows = await transactPatiently(ledger.pool, (sql) =>
      sql.query(
        'delete from deliveries where id in (select id from deliveries where webhook_id = $1 limit $2) returning 1',
        [id, DELETED_AT_ONCE],
      ),
    );
    gone = rows.length;
  }
  await transactPatiently(ledger.pool, (sql) => sql.query('delete from webhooks where id = $1', [id]));
}

function found<R>(row: R | undefined, id: string): R {
  if (row === undefined) throw new CodedError('not-found', `There is no webhook ${id}.`);
  return row;
}
