import type { CloudEvent, EventName } from '@qvara/contracts/events';
import { CodedError } from '@qvara/contracts/failure';
import { EVENT_TYPE_NAMES } from '@qvara/contracts/webhooks';
import { newId } from '@qvara/runtime/ids';
import type { DeliveryRow, WebhookRow } from './entities/webhook.ts';
import { type EventPage, readEvents, readEventsByNumber } from './event-log.ts';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn, transactPatiently } from './sql.ts';
import { IS_DUE, RENEWED } from './webhook-runs.ts';

const EVENTS_AT_ONCE = 500;
/** A webhook that does not keep up is told later what happened later: the log keeps it. */
const MOST_PENDING = 10_000;

type Subscriber = Pick<WebhookRow, 'id' | 'claimNo' | 'clientId' | 'eventTypes' | 'position'>;
/** How far events have become deliveries, and whether there are more, or could be if it were not for so many pending. */
export type Dispatched = { readonly position: number; readonly more: boolean; readonly full: boolean };

/**
 * Makes deliveries of the next events of a webhook's client, and of what is to be replayed; deliveries and the places they
 * lead to commit together. Does nothing for who has not got the webhook any more.
 */
export async function dispatch(ledger: Ledger, webhook: Subscriber): Promise<Dispatched> {
  const { position } = webhook;
  if ((await countPending(ledger, webhook.id)) >= MOST_PENDING) return { position, more: false, full: true };
  const replayed = await dispatchReplay(ledger, webhook);
  const { events, reached, missedTo, more } = await readNext(ledger, webhook, position);
  if (reached === position) return { position, more: replayed, full: false };
  const mine = await transactPatiently(ledger.pool, async (sql) => {
    const rows = await sql.query(
      `update webhooks set position = $4, missed_to = coalesce($5, missed_to), ${RENEWED}
       where id = $1 and claim_no = $2 and position = $3 returning 1`,
      [webhook.id, webhook.claimNo, position, reached, missedTo],
    );
    if (rows.length > 0) await insertDeliveries(sql, webhook.id, { events, replayId: null });
    return rows.length > 0;
  });
  if (!mine) return { position, more: false, full: false };
  return { position: reached, more: replayed || more, full: false };
}

async function countPending(ledger: Ledger, webhookId: string): Promise<number> {
  const [row] = await sqlOn(ledger.pool).query<{ n: number }>(
    `select count(*)::int as n from (select from deliveries where webhook_id = $1 and state = 'pending' limit ${MOST_PENDING}) d`,
    [webhookId],
  );
  return row?.n ?? 0;
}

type Next = EventPage & { readonly missedTo: number | null };

/** The next events for a webhook and how far they lead. */
async function readNext(ledger: Ledger, { clientId, eventTypes }: Subscriber, after: number): Promise<Next> {
  const names = eventTypes?.map((type) => EVENT_TYPE_NAMES.get(type) as EventName);
  const query = { after, limit: EVENTS_AT_ONCE, ...(names && { names }) };
  try {
    return { ...(await readEvents(ledger, { clientId, admin: false }, query)), missedTo: null };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'events-expired') throw error;
    const missedTo = Number(error.details.oldest) - 1;
    return { events: [], reached: missedTo, more: true, missedTo };
  }
}

type Replay = { readonly id: number; readonly position: number; readonly until: number };

/** Answers whether there is more to replay. */
async function dispatchReplay(ledger: Ledger, webhook: Subscriber): Promise<boolean> {
  const [replay] = await sqlOn(ledger.pool).query<Replay>(
    'select id, position, until from webhook_replays where webhook_id = $1 order by id limit 1',
    [webhook.id],
  );
  if (replay === undefined) return false;
  const { events, reached } = await readNext(ledger, webhook, replay.position);
  const wanted = events.filter(({ data }) => data.sequence <= replay.until);
  await transactPatiently(ledger.pool, async (sql) => {
    const mine = await sql.query(`update webhooks set ${RENEWED} where id = $1 and claim_no = $2 returning 1`, [
      webhook.id,
      webhook.claimNo,
    ]);
    const over = reached >= replay.until;
    const moved = over
      ? 'delete from webhook_replays where id = $1 and position = $2 returning 1'
      : 'update webhook_replays set position = $3 where id = $1 and position = $2 returning 1';
    if (mine.length === 0) return;
    const rows = await sql.query(moved, over ? [replay.id, replay.position] : [replay.id, replay.position, reached]);
    if (rows.length > 0) await insertDeliveries(sql, webhook.id, { events: wanted, replayId: replay.id });
  });
  return true;
}

type Insertion = { readonly events: readonly CloudEvent[]; readonly replayId: number | null };

/** Events of a job are delivered in their order; of a replay, apart from what happens meanwhile. Others wait for nobody. */
async function insertDeliveries(sql: Sql, webhookId: string, { events, replayId }: Insertion): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ id, type, data }) => ({
    id: newId('dlv'),
    sequence: data.sequence,
    event_type: type,
    lane: `${replayId === null ? '' : `${replayId} `}${data.jobId ?? id}`,
  }));
  await sql.query(
    `insert into deliveries (id, webhook_id, sequence, event_type, lane, replay)
     select id, $1, sequence, event_type, lane, $2
     from jsonb_to_recordset($3) as r (id text, sequence bigint, event_type text, lane text)`,
    [webhookId, replayId !== null, JSON.stringify(rows)],
  );
}

/** A delivery whose turn it is, with what is delivered; null when it is no longer kept. */
export type Due = Pick<DeliveryRow, 'id' | 'sequence' | 'lane' | 'replay' | 'tries'> & {
  readonly event: CloudEvent | null;
};

const DUE_AT_ONCE = 500;

/** The next deliveries of a webhook in their order, those of lanes whose head waits for another try left out. */
export async function findDue(ledger: Ledger, webhook: Pick<WebhookRow, 'id' | 'clientId'>): Promise<Due[]> {
  const rows = await sqlOn(ledger.pool).query<Omit<Due, 'event'>>(
    `select d.id, d.sequence, d.lane, d.replay, d.tries from deliveries d
     where d.webhook_id = $1 and d.state = 'pending' and ${IS_DUE}
     order by d.replay, d.sequence limit ${DUE_AT_ONCE}`,
    [webhook.id],
  );
  const numbers = rows.map(({ sequence }) => sequence);
  const events = await readEventsByNumber(ledger, webhook.clientId, numbers);
  return rows.map((row) => ({ ...row, event: events.get(row.sequence) ?? null }));
}
