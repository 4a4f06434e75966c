import type { Scope } from '@qvara/contracts/clients';
import type { KeyHolder } from '@qvara/store/clients';
import type { Viewer } from '@qvara/store/viewer';
import type { Request } from 'express';
import type { KeyRing } from './key-ring.ts';
import { Refusal } from './refusal.ts';

const BEARER = /^Bearer +(\S+)$/i;
const REALM = 'Bearer realm="qvara"';

/** Finds out whose request this is. Throws `unauthenticated`, or `forbidden` when the key lacks the scope. */
export async function authenticate(keys: KeyRing, request: Request, scope: Scope): Promise<KeyHolder> {
  const given = request.headersDistinct.authorization;
  if (given === undefined) throw unauthenticated('The Authorization header is missing.', REALM);
  const text = given.length === 1 ? BEARER.exec(given[0] ?? '')?.[1] : undefined;
  if (text === undefined) throw unauthenticated('The Authorization header is not "Bearer" and one key.', REALM);
  const holder = await keys.find(text);
  if (holder === null) throw unauthenticated('The key is unknown or revoked.', `${REALM}, error="invalid_token"`);
  if (holder.scopes.includes(scope)) return holder;
  throw new Refusal('forbidden', `This call needs the scope ${scope}; the key has ${holder.scopes.join(', ')}.`, {
    headers: { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
  });
}

/** What the holder of a key may see. */
export function viewerOf(holder: KeyHolder): Viewer {
  return { clientId: holder.clientId, admin: holder.scopes.includes('admin') };
}

function unauthenticated(message: string, challenge: string): Refusal {
  const remedy = 'Send "Authorization: Bearer qk_..." with a key that is not revoked.';
  return new Refusal('unauthenticated', message, {
    errors: [{ header: 'Authorization', code: 'unauthenticated', message, remedy }],
    headers: { 'WWW-Authenticate': challenge },
  });
}
