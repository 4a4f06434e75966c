import type { AcceptItem } from './accept-item.ts';
import type { Ledger } from './orm.ts';
import { sqlOn } from './sql.ts';

type Sent = Pick<AcceptItem, 'clientId' | 'fingerprint' | 'idempotencyKey'> & { readonly externalId: string | null };

/** Whether this very request was accepted before under one of its keys: then it is a replay, whatever has changed since. */
export async function wasAccepted(ledger: Ledger, { clientId, fingerprint, ...keys }: Sent): Promise<boolean> {
  const rows = await sqlOn(ledger.pool).query(
    `select from idempotency_keys where client_id = $1 and fingerprint = $2
       and ((kind = 'key' and key = $3) or (kind = 'external-id' and key = $4)) limit 1`,
    [clientId, fingerprint, keys.idempotencyKey, keys.externalId],
  );
  return rows.length > 0;
}
