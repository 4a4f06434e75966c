import { z } from 'zod';

/**
 * Text that every part of the system can hold: no U+0000 (PostgreSQL refuses it) and no lone surrogate (not UTF-8).
 * Length is counted in characters (code points), as JSON Schema does.
 */
export function text(minimum: number, maximum: number) {
  return z
    .string()
    .min(minimum)
    .max(maximum)
    .refine((value) => !value.includes('\0'), 'must not hold the character U+0000')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode: it holds half of a surrogate pair');
}

/** A line a person reads: like `text`, without control characters and not only blanks. */
export function line(maximum: number) {
  return text(1, maximum)
    .refine((value) => !/\p{Cc}/u.test(value), 'must not hold control characters')
    .refine((value) => value.trim().length > 0, 'must not be blank');
}

/** A key or reference given by a client: printable, kept byte for byte, no blanks at its ends. */
export function reference(maximum: number) {
  return line(maximum).refine((value) => value.trim() === value, 'must not begin or end with a blank');
}

/** A reference-data code: kebab-case. */
export const code = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a code in kebab-case, such as hosted-pbx');
