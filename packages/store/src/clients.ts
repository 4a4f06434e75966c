import type { Page } from '@qvara/contracts/api';
import type { ClientAnswer, KeyAnswer, Scope } from '@qvara/contracts/clients';
import { CodedError } from '@qvara/contracts/failure';
import { writeAudit } from './audits.ts';
import type { Administrator } from './containers.ts';
import { ApiKey, type ApiKeyRow, Client } from './entities/client.ts';
import { pageOf } from './jobs.ts';
import { entityManager, type Ledger } from './orm.ts';
import { transact } from './sql.ts';

/** Who a key speaks for, and what it may do. */
export type KeyHolder = { readonly keyId: string; readonly clientId: string; readonly scopes: readonly Scope[] };

/** The holder of a living key, by the SHA-256 of its text; null when there is none. */
export async function findKeyHolder(ledger: Ledger, secretHash: Uint8Array): Promise<KeyHolder | null> {
  const key = await entityManager(ledger).findOne(ApiKey, { secretHash: Buffer.from(secretHash), revokedAt: null });
  return key === null ? null : { keyId: key.id, clientId: key.clientId, scopes: key.scopes };
}

/** Of these keys, the ids of those that are not revoked. */
export async function findLivingKeys(ledger: Ledger, ids: readonly string[]): Promise<Set<string>> {
  const keys = await entityManager(ledger).find(ApiKey, { id: { $in: [...ids] }, revokedAt: null }, { fields: ['id'] });
  return new Set(keys.map(({ id }) => id));
}

/** A page of clients, the newest first. */
export async function listClients(
  ledger: Ledger,
  query: { readonly limit: number; readonly cursor?: string },
): Promise<Page<ClientAnswer>> {
  const where = query.cursor === undefined ? {} : { id: { $lt: query.cursor } };
  const rows = await entityManager(ledger).find(Client, where, { orderBy: { id: 'desc' }, limit: query.limit + 1 });
  return pageOf(
    rows.map(({ id, name, createdAt }) => ({ id, name, createdAt })),
    query.limit,
  );
}

/** Adds a client. It has no keys yet. */
export async function addClient(
  ledger: Ledger,
  by: Administrator,
  { id, name }: { id: string; name: string },
): Promise<ClientAnswer> {
  return await transact(ledger.pool, async (sql) => {
    const [row] = await sql.query<ClientAnswer>(
      'insert into clients (id, name) values ($1, $2) returning id, name, created_at',
      [id, name],
    );
    await writeAudit(sql, { ...by, action: 'client.add', subject: id, detail: { name } });
    return row as ClientAnswer;
  });
}

/** The keys of a client, revoked ones included, the newest first. Throws `not-found`. */
export async function listKeys(ledger: Ledger, clientId: string): Promise<KeyAnswer[]> {
  const em = entityManager(ledger);
  if ((await em.findOne(Client, { id: clientId })) === null)
    throw new CodedError('not-found', `There is no client ${clientId}.`);
  return (await em.find(ApiKey, { clientId }, { orderBy: { id: 'desc' } })).map((key) => keyAnswer(key as ApiKeyRow));
}

export type NewKeyRow = {
  readonly id: string;
  readonly clientId: string;
  readonly label: string | null;
  readonly scopes: readonly Scope[];
  readonly secretHash: Uint8Array;
};

/** Adds a key to a client; only the hash of its text is stored. Throws `not-found`. */
export async function addKey(ledger: Ledger, by: Administrator, key: NewKeyRow): Promise<KeyAnswer> {
  return await transact(ledger.pool, async (sql) => {
    const [row] = await sql.query<ApiKeyRow>(
      `insert into api_keys (id, client_id, label, scopes, secret_hash) select $1, id, $3, $4, $5 from clients where id = $2 returning *`,
      [key.id, key.clientId, key.label, key.scopes, Buffer.from(key.secretHash)],
    );
    if (row === undefined) throw new CodedError('not-found', `There is no client ${key.clientId}.`);
    await writeAudit(sql, {
      ...by,
      action: 'key.add',
      subject: key.id,
      detail: { clientId: key.clientId, scopes: key.scopes },
    });
    return keyAnswer(row);
  });
}

/** Revokes a key: from now on it opens nothing. Repeatable. Throws `not-found`. */
export async function revokeKey(ledger: Ledger, by: Administrator, keyId: string): Promise<KeyAnswer> {
  return await transact(ledger.pool, async (sql) => {
    const [row] = await sql.query<ApiKeyRow>(
      'update api_keys set revoked_at = coalesce(revoked_at, clock_timestamp()) where id = $1 returning *',
      [keyId],
    );
    if (row === undefined) throw new CodedError('not-found', `There is no key ${keyId}.`);
    await writeAudit(sql, { ...by, action: 'key.revoke', subject: keyId, detail: {} });
    return keyAnswer(row);
  });
}

function keyAnswer({ id, clientId, label, scopes, createdAt, revokedAt }: ApiKeyRow): KeyAnswer {
  return { id, clientId, label, scopes: [...scopes], createdAt, revokedAt };
}
