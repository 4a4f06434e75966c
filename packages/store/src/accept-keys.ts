import type { Fault } from '@qvara/contracts/failure';
import type { AcceptItem } from './accept-item.ts';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn } from './sql.ts';

/** How long a key answers with its job; as long as that is open in any case. */
const KEPT_DAYS = 30;
const FORGOTTEN_AT_ONCE = 1_000;

type Kind = 'key' | 'external-id';
type Key = { readonly clientId: string; readonly kind: Kind; readonly key: string };
type Owned = Key & { readonly fingerprint: string; readonly jobId: string };

/** What became of the keys of a batch. Items that are nowhere met a key that is being forgotten: they are to come again. */
export type KeyClaims = {
  readonly winners: readonly AcceptItem[];
  /** Items that repeat a request, with the job that request made, or makes in this very batch. */
  readonly replays: ReadonlyMap<AcceptItem, string>;
  readonly refused: ReadonlyMap<AcceptItem, Fault>;
};

/**
 * Claims the keys of a batch: keys go in sorted, so that two processes cannot lock each other out, and are read back in
 * a second statement, since the loser of a conflict does not see the winner's row in the statement that lost.
 */
export async function claimKeys(sql: Sql, items: readonly AcceptItem[]): Promise<KeyClaims> {
  const wanted = items.flatMap((item) =>
    keysOf(item).map((key) => ({ ...key, fingerprint: item.fingerprint, jobId: item.jobId })),
  );
  const found = wanted.length === 0 ? new Map<string, Owned>() : await insertAndRead(sql, wanted);
  const winners: AcceptItem[] = [];
  const owned = new Map<string, string>();
  const refused = new Map<AcceptItem, Fault>();
  for (const item of items) {
    const owners = keysOf(item).map((key) => found.get(nameOf(key)));
    if (!owners.every((owner) => owner !== undefined)) continue;
    const foreign = owners.filter((owner) => owner.jobId !== item.jobId);
    const other = foreign.find((owner) => owner.fingerprint !== item.fingerprint);
    if (foreign[0] === undefined) winners.push(item);
    else if (other !== undefined) refused.set(item, reused(other));
    else owned.set(item.jobId, foreign[0].jobId);
  }
  const repeats = items.filter((item) => owned.has(item.jobId));
  return { winners, refused, replays: new Map(repeats.map((item) => [item, firstOf(item.jobId, owned)])) };
}

/** One may repeat a request that itself repeats another. A key's owner came before, so there are no circles. */
function firstOf(jobId: string, owned: ReadonlyMap<string, string>): string {
  const before = owned.get(jobId);
  return before === undefined ? jobId : firstOf(before, owned);
}

function keysOf(item: AcceptItem): Key[] {
  const keys: Key[] = [];
  const { clientId, idempotencyKey, request } = item;
  if (idempotencyKey !== null) keys.push({ clientId, kind: 'key', key: idempotencyKey });
  if (request.externalId !== undefined) keys.push({ clientId, kind: 'external-id', key: request.externalId });
  return keys;
}

const nameOf = ({ clientId, kind, key }: Key) => `${clientId} ${kind} ${key}`;

function reused({ kind, key, jobId }: Owned): Fault {
  if (kind === 'key')
    return {
      code: 'idempotency-key-reused',
      message: `The Idempotency-Key was used with another request (job ${jobId}).`,
    };
  return {
    code: 'external-id-taken',
    message: `The externalId ${JSON.stringify(key)} belongs to job ${jobId}, which was another request.`,
  };
}

async function insertAndRead(sql: Sql, wanted: readonly Owned[]): Promise<Map<string, Owned>> {
  const rows = JSON.stringify(
    wanted.map((key) => ({
      client_id: key.clientId,
      kind: key.kind,
      key: key.key,
      fingerprint: key.fingerprint,
      job_id: key.jobId,
    })),
  );
  const columns = 'client_id text, kind text, key text, fingerprint text, job_id text';
  const inserted = sql.query(
    `insert into idempotency_keys (client_id, kind, key, fingerprint, job_id)
     select r.client_id, r.kind, r.key, r.fingerprint, r.job_id
     from rows from (jsonb_to_recordset($1) as (${columns})) with ordinality as r (client_id, kind, key, fingerprint, job_id, ordinality)
     order by r.client_id collate "C", r.kind collate "C", r.key collate "C", r.ordinality
     on conflict do nothing`,
    [rows],
  );
  const read = sql.query<Owned & { readonly isOld: boolean }>(
    `select k.client_id, k.kind, k.key, k.fingerprint, k.job_id,
            k.created_at < clock_timestamp() - interval '${KEPT_DAYS - 1} days' as is_old
     from idempotency_keys k
     join (select distinct client_id, kind, key from jsonb_to_recordset($1) as r (${columns})) w using (client_id, kind, key)`,
    [rows],
  );
  const [, owned] = await Promise.all([inserted, read]);
  const kept = await keepKeys(
    sql,
    owned.filter(({ isOld }) => isOld),
  );
  return new Map([...owned.filter(({ isOld }) => !isOld), ...kept].map((key) => [nameOf(key), key]));
}

/** Keeps keys that are old enough to be forgotten until the transaction ends. Answers those that still are there. */
async function keepKeys(sql: Sql, keys: readonly Key[]): Promise<Owned[]> {
  if (keys.length === 0) return [];
  return await sql.query<Owned>(
    `select k.client_id, k.kind, k.key, k.fingerprint, k.job_id from idempotency_keys k
     join unnest($1::text[], $2::text[], $3::text[]) as r (client_id, kind, key) using (client_id, kind, key)
     order by k.client_id collate "C", k.kind collate "C", k.key collate "C" for key share of k`,
    columnsOf(keys),
  );
}

/** Gives back the keys of requests that made no job after all, in the same transaction: after the jobs are written. */
export async function forgetKeys(sql: Sql, items: readonly AcceptItem[]): Promise<void> {
  const keys = items.flatMap(keysOf);
  if (keys.length === 0) return;
  await sql.query(
    `delete from idempotency_keys k using unnest($1::text[], $2::text[], $3::text[]) as r (client_id, kind, key)
     where (k.client_id, k.kind, k.key) = (r.client_id, r.kind, r.key)
       and not exists (select from jobs where id = k.job_id)`,
    columnsOf(keys),
  );
}

/** A replay may bring a key of its own that is new: it names the first request's job from now on. */
export async function repointKeys(sql: Sql, replays: readonly (readonly [AcceptItem, string])[]): Promise<void> {
  const keys = replays.flatMap(([item, first]) => keysOf(item).map((key) => ({ ...key, mine: item.jobId, first })));
  if (keys.length === replays.length) return;
  await sql.query(
    `update idempotency_keys k set job_id = r.first
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as r (client_id, kind, key, mine, first)
     where (k.client_id, k.kind, k.key) = (r.client_id, r.kind, r.key) and k.job_id = r.mine`,
    [...columnsOf(keys), keys.map(({ mine }) => mine), keys.map(({ first }) => first)],
  );
}

/**
 * Takes away some keys that are older than they are promised to be kept, but none of a job that is open or is being
 * opened again, and none that a repeat is being answered by. A job that is opened again later does not get its keys back.
 * Answers whether there may be more.
 */
export async function forgetOldKeys(ledger: Ledger): Promise<boolean> {
  // The lock on a job waits for no retry and lets none in: what was finished stays so until its keys are gone.
  const gone = await sqlOn(ledger.pool).query(
    `with old as materialized (
       select k.client_id, k.kind, k.key, k.job_id from idempotency_keys k
       where k.created_at < clock_timestamp() - interval '${KEPT_DAYS} days'
         and not exists (select from jobs j where j.id = k.job_id and j.finished_at is null)
       order by k.created_at limit ${FORGOTTEN_AT_ONCE} for update skip locked),
     finished as materialized (
       select j.id from jobs j where j.id in (select job_id from old) and j.finished_at is not null
       order by j.id for share skip locked)
     delete from idempotency_keys k using old o
     where (k.client_id, k.kind, k.key) = (o.client_id, o.kind, o.key)
       and (exists (select from finished f where f.id = o.job_id) or not exists (select from jobs j where j.id = o.job_id))
     returning 1`,
  );
  return gone.length === FORGOTTEN_AT_ONCE;
}

function columnsOf(keys: readonly Key[]): string[][] {
  return [keys.map(({ clientId }) => clientId), keys.map(({ kind }) => kind), keys.map(({ key }) => key)];
}
