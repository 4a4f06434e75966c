import { createHash } from 'node:crypto';
import { randomToken } from '@qvara/runtime/crypto';

const SECRET_BYTES = 32;

/** The text of a new key. */
export function newKeyText(): string {
  return `qk_${randomToken(SECRET_BYTES)}`;
}

/** What the ledger keeps of a key: the SHA-256 of its text. */
export function keyHash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
