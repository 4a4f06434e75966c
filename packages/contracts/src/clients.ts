import { z } from 'zod';
import { clientId, keyId } from './ids.ts';
import { line } from './text.ts';

export const SCOPES = ['jobs:write', 'jobs:read', 'imports:write', 'webhooks:write', 'pins:reveal', 'admin'] as const;
export const scope = z.enum(SCOPES);
export type Scope = z.infer<typeof scope>;

export const newClient = z.strictObject({ name: line(200) });
export const client = z.strictObject({ id: clientId, name: z.string(), createdAt: z.iso.datetime() });
export type ClientAnswer = z.infer<typeof client>;

export const newKey = z.strictObject({
  label: line(200).optional(),
  scopes: z
    .array(scope)
    .min(1)
    .max(SCOPES.length)
    .refine((list) => new Set(list).size === list.length, 'must not name a scope twice'),
});
export const key = z.strictObject({
  id: keyId,
  clientId,
  label: z.string().nullable(),
  scopes: z.array(scope),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
});
export type KeyAnswer = z.infer<typeof key>;

/** The answer that makes a key: the only time its text is shown. */
export const madeKey = key.extend({
  key: z.string().meta({ description: 'The text of the key; it cannot be shown again' }),
});
export type MadeKey = z.infer<typeof madeKey>;

/** The text of a key: `qk_` and 43 characters of base64url (32 random bytes). */
export const KEY_TEXT = /^qk_[A-Za-z0-9_-]{43}$/;
