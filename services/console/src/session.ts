import { createHmac, hkdfSync } from 'node:crypto';
import { constantTimeEqual, sealer } from '@qvara/runtime/crypto';
import { z } from 'zod';

const KEY_BYTES = 32;
const HOURS = 60 * 60 * 1000;

/** How long a session lasts, in milliseconds. */
export const SESSION_MS = 8 * HOURS;

/** Who signed in: the key, the SHA-256 of its text in hexadecimal, and when the session ends (epoch milliseconds). */
export type Session = { readonly keyId: string; readonly secretHash: string; readonly expiresAt: number };

export type Sessions = {
  /** The session as a text for a cookie; the hash in it is sealed. */
  write(session: Session): string;
  /** The session of such a text; null when it was changed, signed by another key or is over at `now`. */
  read(text: string, now: number): Session | null;
};

const content = z.object({ keyId: z.string(), sealedHash: z.string(), expiresAt: z.number() });

/** Sessions signed with keys derived from the secret keys: the first signs, every one verifies. */
export function createSessions(secretKeys: readonly Uint8Array[]): Sessions {
  const signing = secretKeys.map((key) => derive(key, 'qvara console session signature'));
  const sealing = sealer(secretKeys.map((key) => derive(key, 'qvara console session seal')));
  const [current] = signing;
  if (current === undefined) throw new Error('At least one key is needed');

  return {
    write({ keyId, secretHash, expiresAt }) {
      const sealedHash = sealing.seal(secretHash, keyId);
      const body = Buffer.from(JSON.stringify({ keyId, sealedHash, expiresAt })).toString('base64url');
      return `${body}.${sign(body, current)}`;
    },
    read(text, now) {
      const [body = '', signature = ''] = text.split('.', 2);
      if (!signing.some((key) => constantTimeEqual(signature, sign(body, key)))) return null;
      const { keyId, sealedHash, expiresAt } = content.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
      return now < expiresAt ? { keyId, secretHash: sealing.open(sealedHash, keyId), expiresAt } : null;
    },
  };
}

function derive(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', purpose, KEY_BYTES));
}

function sign(body: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(body).digest('base64url');
}
