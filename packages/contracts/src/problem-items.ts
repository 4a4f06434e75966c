import { z } from 'zod';
import type { ProblemItem } from './api.ts';
import { knownNames, schemaAt, unwrap, valueAt } from './schema-at.ts';

/** So many places are told; who mends them sees the next. */
export const ITEMS_AT_MOST = 50;
const SHOWN_AT_MOST = 100;

type Issue = z.core.$ZodIssue;
type Words = Pick<ProblemItem, 'code' | 'message' | 'remedy'>;
export type Place = Pick<ProblemItem, 'pointer'> | Pick<ProblemItem, 'parameter'> | Pick<ProblemItem, 'header'>;

/** What was judged, by which schema, and how its parts are named. */
export type Judged = {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly placeOf: (path: readonly PropertyKey[]) => Place;
};

/** What a schema found, place by place: the rule that is broken and what to do. The first finding of each place counts. */
export function itemsOf(issues: readonly Issue[], judged: Judged): ProblemItem[] {
  const places = new Map<string, ProblemItem>();
  for (const issue of issues) {
    for (const { path, words } of findings(issue, judged)) {
      const item = { ...judged.placeOf(path), ...words };
      const name = JSON.stringify(judged.placeOf(path));
      if (!places.has(name) && places.size < ITEMS_AT_MOST) places.set(name, item);
    }
  }
  return [...places.values()];
}

/** The JSON pointer of a path (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${shorten(String(step)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A text of a stranger, short enough to be told back. */
export function shorten(text: string): string {
  const whole = text.toWellFormed().replaceAll('\0', '\u2400');
  return whole.length <= SHOWN_AT_MOST ? whole : `${whole.slice(0, SHOWN_AT_MOST)}...`.toWellFormed();
}

type Finding = { readonly path: readonly PropertyKey[]; readonly words: Words };

function findings(issue: Issue, judged: Judged): Finding[] {
  const schema = schemaAt(judged.schema, judged.value, issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, words: wordsOf(issue, schema, judged) }];
  const known = knownNames(schema) ?? [];
  const remedy =
    known.length === 0 ? 'Leave it out: nothing is taken here.' : `Leave it out, or use one of: ${known.join(', ')}.`;
  return issue.keys.slice(0, ITEMS_AT_MOST).map((key) => ({
    path: [...issue.path, key],
    words: { code: 'unknown-field', message: `there is no field ${JSON.stringify(shorten(key))}`, remedy },
  }));
}

function wordsOf(issue: Issue, schema: z.ZodType | undefined, { value }: Judged): Words {
  const given = valueAt(value, issue.path);
  switch (issue.code) {
    case 'invalid_type':
      return given === undefined ? missing(schema) : wrongType(issue.expected, given);
    case 'invalid_value':
    case 'invalid_union':
      return notOneOf(issue, given);
    case 'too_small':
      return size(issue, `at least ${issue.minimum}`, issue.origin === 'number' ? 'too-small' : 'too-short');
    case 'too_big':
      return size(issue, `at most ${issue.maximum}`, issue.origin === 'number' ? 'too-large' : 'too-long');
    default: {
      const format = issue.code === 'invalid_format' ? 'invalid-format' : 'invalid-value';
      return { code: format, message: issue.message, remedy: example(schema) ?? `Correct it: it ${issue.message}.` };
    }
  }
}

function missing(schema: z.ZodType | undefined): Words {
  return { code: 'required', message: 'is required', remedy: example(schema) ?? 'Add it.' };
}

function wrongType(expected: string, given: unknown): Words {
  const wanted = NAMES[expected] ?? expected;
  return { code: 'wrong-type', message: `must be ${wanted}, not ${kindOf(given)}`, remedy: `Send ${wanted}.` };
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
  record: 'an object',
  null: 'null',
};

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a number with a fraction';
  return NAMES[typeof value] ?? typeof value;
}

function notOneOf(issue: Issue, given: unknown): Words {
  const listed = 'values' in issue ? issue.values : 'options' in issue ? issue.options : [];
  const allowed = (listed as readonly unknown[]).map(String).join(', ');
  const remedy = allowed === '' ? `Correct it: ${issue.message}.` : `Use one of: ${allowed}.`;
  if (given === undefined) return { code: 'required', message: 'is required', remedy };
  const shown = typeof given === 'string' ? JSON.stringify(shorten(given)) : kindOf(given);
  return { code: 'not-allowed', message: `must be one of the values allowed, not ${shown}`, remedy };
}

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries', set: ' entries' };

function size(issue: Issue & { readonly origin: string }, limit: string, code: string): Words {
  const message = `must ${issue.origin === 'number' ? 'be' : 'have'} ${limit}${UNITS[issue.origin] ?? ''}`;
  return { code, message, remedy: `Send ${limit}${UNITS[issue.origin] ?? ''}.` };
}

function example(schema: z.ZodType | undefined): string | undefined {
  if (schema === undefined) return undefined;
  const { example: shown } = (z.globalRegistry.get(schema) ?? z.globalRegistry.get(unwrap(schema)) ?? {}) as {
    example?: unknown;
  };
  return shown === undefined ? undefined : `Send a value such as ${JSON.stringify(shown)}.`;
}
