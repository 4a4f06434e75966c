import { CodedError } from '@qvara/contracts/failure';
import type { Logger } from '@qvara/runtime/logger';
import { findKeyHolder } from '@qvara/store/clients';
import type { Ledger } from '@qvara/store/orm';
import type { Session } from './session.ts';

const RECHECK_MS = 60_000;

/** Who may use the console: the holder of a living key with the scope `admin`. */
export type Operator = { readonly keyId: string; readonly clientId: string };

/** The operator of a key, by the SHA-256 of its text in hexadecimal. Throws `unavailable` when the ledger is away. */
export type FindOperator = (secretHash: string) => Promise<Operator | null>;

/** Looks operators up in the ledger. */
export function operatorsOf(ledger: Ledger, logger: Pick<Logger, 'error'>): FindOperator {
  return async (secretHash) => {
    const holder = await findKeyHolder(ledger, Buffer.from(secretHash, 'hex')).catch((error: unknown) => {
      logger.error({ err: error }, 'A key could not be looked up');
      throw new CodedError('unavailable', 'The ledger does not answer.');
    });
    return holder?.scopes.includes('admin') ? { keyId: holder.keyId, clientId: holder.clientId } : null;
  };
}

/** The operator of a session; null once the key is revoked, which is noticed within a minute. */
export type FindSessionOperator = (session: Session) => Promise<Operator | null>;

/** Asks for the operator of a session once a minute, however many requests it makes. */
export function recheckOperators(find: FindOperator, now: () => number): FindSessionOperator {
  const checks = new Map<string, { readonly at: number; readonly operator: Promise<Operator | null> }>();

  return async ({ secretHash }) => {
    const known = checks.get(secretHash);
    if (known !== undefined && now() - known.at < RECHECK_MS) return known.operator;
    const check = { at: now(), operator: find(secretHash) };
    checks.set(secretHash, check);
    try {
      return await check.operator;
    } catch (error) {
      if (checks.get(secretHash) === check) checks.delete(secretHash);
      throw error;
    }
  };
}
