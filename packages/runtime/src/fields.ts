import { z } from 'zod';

const KEY_BYTES = 32;
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** A TCP port as text; 0 stands for any free one. */
export const port = wholeNumber(0, 65_535).describe('a port: 0 to 65535, where 0 is any free one');

/** A whole number from 1. */
export const positiveInteger = wholeNumber(1, Number.MAX_SAFE_INTEGER).describe('a whole number from 1');

export const logLevel = z.enum(LOG_LEVELS, 'is not a log level').describe(`one of ${LOG_LEVELS.join(', ')}`);

/** A URL with one of the schemes, such as `postgres` and `postgresql`. */
export function url(...schemes: [string, ...string[]]) {
  const forms = schemes.map((scheme) => `${scheme}://...`).join(' or ');
  return z
    .string()
    .refine(
      (text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text),
      'is not such a URL',
    )
    .describe(`a URL: ${forms}`);
}

/** Keys as a comma list of base64, 32 bytes each. */
export const secretKeys = z
  .string()
  .transform((text, context) => {
    const keys = text.split(',').map((part) => Uint8Array.from(Buffer.from(part.trim(), 'base64')));
    if (keys.every((key) => key.length === KEY_BYTES)) return keys;
    context.addIssue({ code: 'custom', message: `holds a key that is not ${KEY_BYTES} bytes in base64` });
    return z.NEVER;
  })
  .describe('one key, or several with commas between (the first encrypts, all decrypt): openssl rand -base64 32');

function wholeNumber(minimum: number, maximum: number) {
  const rule = `is not a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^[0-9]{1,16}$/, rule)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, rule);
}
