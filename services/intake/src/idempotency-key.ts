import { z } from 'zod';

const PRINTABLE = /^[\x20-\x7e]{1,200}$/;
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;
const RULE = 'must be 1 to 200 printable ASCII characters, bare or in double quotes';

/** The Idempotency-Key header: quoted or bare, the same key. */
export const idempotencyKeyHeader = z
  .string()
  .transform((text, context) => {
    const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
    const key = text.startsWith('"') ? quoted : text;
    if (key !== undefined && PRINTABLE.test(key)) return key;
    context.addIssue({ code: 'custom', message: RULE });
    return z.NEVER;
  })
  .optional()
  .meta({ description: 'Repeating the request with the same key answers the same job', example: 'order-7781' });
