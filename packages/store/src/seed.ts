import { SCOPES } from '@qvara/contracts/clients';
import type { Ledger } from './orm.ts';
import { lockCapacity } from './seats.ts';
import { transactPatiently } from './sql.ts';

type FirstKey = {
  readonly clientId: string;
  readonly keyId: string;
  readonly secretHash: Uint8Array;
  /** Sandbox containers to add, so that a first customer has a place. */
  readonly containers?: number;
};

/**
 * Gives an empty ledger what it needs to begin: the client "local" with a key of all scopes, and containers if wanted.
 * Changes nothing when there are keys already: answers `known` when this very key is one of them, else `taken`.
 */
export async function seedLocal(
  ledger: Ledger,
  { clientId, keyId, secretHash, containers = 3 }: FirstKey,
): Promise<'seeded' | 'known' | 'taken'> {
  return await transactPatiently(ledger.pool, async (sql) => {
    await lockCapacity(sql);
    const [row] = await sql.query<{ any: boolean; mine: boolean }>(
      'select count(*) > 0 as any, coalesce(bool_or(secret_hash = $1), false) as mine from api_keys',
      [Buffer.from(secretHash)],
    );
    if (row?.any) return row.mine ? 'known' : 'taken';
    await sql.query(`insert into clients (id, name) values ($1, 'local')`, [clientId]);
    await sql.query(
      `insert into api_keys (id, client_id, label, scopes, secret_hash) values ($1, $2, 'first key', $3, $4)`,
      [keyId, clientId, SCOPES, Buffer.from(secretHash)],
    );
    await sql.query(
      `insert into containers (id, label, region, state, capacity)
       select n::text, 'Sandbox ' || (n - 100000), 'local', 'online', 999 from generate_series(100001, 100000 + $1::int) n on conflict do nothing`,
      [containers],
    );
    return 'seeded';
  });
}
