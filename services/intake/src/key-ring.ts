import { KEY_TEXT } from '@qvara/contracts/clients';
import { findKeyHolder, type KeyHolder } from '@qvara/store/clients';
import type { Ledger } from '@qvara/store/orm';
import { keyHash } from './key-text.ts';

const KEPT_MS = 2_000;
const KEPT_AT_MOST = 10_000;

/** Who a key's text belongs to, looked up at most every two seconds: a revoked key stops working within them. */
export type KeyRing = {
  find(text: string): Promise<KeyHolder | null>;
  /** Forgets everything: a key was just revoked here. */
  forget(): void;
};

type Kept = { readonly at: number; readonly holder: Promise<KeyHolder | null> };

/** Opens the keys of a ledger. */
export function createKeyRing(ledger: Ledger): KeyRing {
  const kept = new Map<string, Kept>();

  function lookUp(hash: Buffer): Promise<KeyHolder | null> {
    const name = hash.toString('base64');
    const known = kept.get(name);
    if (known !== undefined && performance.now() - known.at < KEPT_MS) return known.holder;
    const holder = findKeyHolder(ledger, hash);
    kept.delete(name);
    kept.set(name, { at: performance.now(), holder });
    // What cannot be looked up now may be found at the next try.
    holder.catch(() => kept.delete(name));
    const [oldest] = kept.keys();
    if (kept.size > KEPT_AT_MOST && oldest !== undefined) kept.delete(oldest);
    return holder;
  }

  return {
    async find(text) {
      return KEY_TEXT.test(text) ? await lookUp(keyHash(text)) : null;
    },
    forget: () => kept.clear(),
  };
}
