import fc from 'fast-check';
import { resolve, type Schema } from './fuzz-schema.ts';

type Values = fc.Arbitrary<unknown>;
/** What is behind references, and values that are known to lead somewhere, by the name of their field. */
export type Sources = {
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly known: Readonly<Record<string, Values>>;
};

const LONGEST = 24;

/** Values that fit a schema. */
export function fitting(schema: Schema, sources: Sources, name = ''): Values {
  const own = resolve(schema, sources.definitions);
  const known = Object.hasOwn(sources.known, name) ? sources.known[name] : undefined;
  const made = makeFitting(own, sources);
  const weighted = [{ weight: 1, arbitrary: made }];
  if (own.example !== undefined) weighted.push({ weight: 2, arbitrary: fc.constant(own.example) });
  if (known !== undefined) weighted.push({ weight: 40, arbitrary: known });
  return fc.oneof(...weighted);
}

function makeFitting(own: Schema, sources: Sources): Values {
  const options = own.oneOf ?? own.anyOf;
  if (options !== undefined) return fc.oneof(...options.map((option) => fitting(option, sources)));
  if (own.const !== undefined) return fc.constant(own.const);
  if (own.enum !== undefined) return fc.constantFrom(...own.enum);
  switch ([own.type].flat()[0]) {
    case 'object':
      return fittingObject(own, sources);
    case 'array':
      return fc.uniqueArray(fitting(own.items ?? {}, sources), { minLength: own.minItems ?? 0, maxLength: 5 });
    case 'string':
      return fittingText(own);
    case 'integer':
      return fittingNumber(own);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Names of the same thing: a request takes exactly one of them, which no schema says. */
const EITHER = ['customerId', 'customerRef'] as const;

function fittingObject({ properties = {}, required = [] }: Schema, sources: Sources): Values {
  const fields = Object.entries(properties).map(([name, schema]) => [name, fitting(schema, sources, name)] as const);
  const record = (needed: readonly string[], left: string | null) => {
    const kept = fields.filter(([name]) => name !== left);
    return fc.record(Object.fromEntries(kept), { requiredKeys: [...needed], noNullPrototype: true });
  };
  const free = record(required, null);
  const [one, other] = EITHER;
  if (!EITHER.every((name) => Object.hasOwn(properties, name))) return free;
  return fc.oneof(
    { weight: 12, arbitrary: record([...required, one], other) },
    { weight: 6, arbitrary: record([...required, other], one) },
    { weight: 1, arbitrary: free },
  );
}

function fittingText(own: Schema): Values {
  const { pattern, minLength = 0, maxLength = LONGEST } = own;
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern)).map((text) => text.slice(0, own.maxLength ?? text.length));
  const some = fc
    .string({ unit: 'grapheme', maxLength: Math.min(maxLength, LONGEST) })
    .map((text) => [...text.trim().replaceAll(/\p{Cc}/gu, '')].slice(0, maxLength).join('') || 'x'.repeat(minLength));
  return fc.oneof(
    { weight: 8, arbitrary: some },
    { weight: 1, arbitrary: fc.constantFrom('x'.repeat(maxLength), '\u{1f9b7}'.repeat(maxLength)) },
  );
}

function fittingNumber({ minimum = -1_000_000, maximum = 1_000_000 }: Schema): Values {
  return fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum));
}

/** Names that mean something to JavaScript, SQL or JSON tools, and ordinary ones that nobody knows. */
export const ODD_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  ' ',
  '$where',
  'a.b',
  'a~b/c',
  'payload',
  'id',
  'customer_id',
  'name\0',
  '\ud800',
  '\u202e',
  'x'.repeat(300),
];

const ODD_TEXTS = [
  '',
  ' ',
  '\t',
  'a\0b',
  '\ud800',
  'a\udc00b',
  '\ufeff',
  '\u2028',
  "'; drop table jobs; --",
  '{"$ne":null}',
  '{{7*7}}',
  '%00',
  '../../etc/passwd',
  '<script>',
  '1e400',
  'NaN',
  'null',
  'ﷺ'.repeat(90),
  'a-'.repeat(5_000),
  'A/'.repeat(5_000),
  'x'.repeat(100_000),
  ...ODD_NAMES,
];

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  1e308,
  5e-324,
  [],
  {},
  [[[[]]]],
  [null],
  { toString: null },
  Array.from({ length: 300 }, () => 'a\0'),
  Array.from({ length: 2_000 }, (_, n) => n),
  Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`field${n}`, n])),
];

/** Values that fit few schemas, those next to the bounds among them. */
export function oddValues(bounds: ReadonlySet<number>): Values {
  const near = [...bounds].flatMap((bound) => [bound - 1, bound, bound + 1]);
  const lengths = near.filter((length) => length >= 0 && length <= 5_000);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...near) },
    { weight: 2, arbitrary: fc.constantFrom(...lengths).map((length) => 'x'.repeat(length)) },
    { weight: 1, arbitrary: fc.constantFrom(...lengths).map((length) => Array(Math.min(length, 300)).fill('x')) },
    { weight: 3, arbitrary: fc.constantFrom(...ODD_TEXTS) },
    { weight: 3, arbitrary: fc.constantFrom(...ODD_VALUES) },
    { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }) },
  );
}

type Change =
  | { readonly act: 'replace'; readonly value: unknown }
  | { readonly act: 'remove' }
  | { readonly act: 'add'; readonly name: string; readonly value: unknown };

/** Values that were fitting until one to three places in them were changed. */
export function spoilt(values: Values, odd: Values): Values {
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ act: fc.constant('replace'), value: odd }) },
    { weight: 2, arbitrary: fc.constant({ act: 'remove' }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('add'), name: fc.constantFrom(...ODD_NAMES), value: odd }) },
  ) as fc.Arbitrary<Change>;
  const places = fc.array(fc.tuple(fc.nat({ max: 1_000 }), change), { minLength: 1, maxLength: 3 });
  return fc.tuple(values, places).map(([value, changes]) => {
    // As JSON would copy it: a field named __proto__ stays a field.
    const copy = { root: JSON.parse(JSON.stringify(value ?? null)) as unknown };
    for (const [at, one] of changes) apply(copy, at, one);
    return copy.root;
  });
}

type Spot = { readonly within: Record<string, unknown>; readonly name: string };

function apply(copy: { root: unknown }, at: number, change: Change): void {
  const spots = [...spotsOf(copy as Record<string, unknown>)];
  const spot = spots[at % spots.length];
  if (spot === undefined) return;
  const { within, name } = spot;
  if (change.act === 'replace') put(within, name, change.value);
  else if (change.act === 'remove') delete within[name];
  else if (typeof within[name] === 'object' && within[name] !== null)
    put(within[name] as Record<string, unknown>, change.name, change.value);
}

function put(within: Record<string, unknown>, name: string, given: unknown): void {
  const value = structuredClone(given);
  if (Array.isArray(within) && !/^\d+$/.test(name)) within.push(value);
  else Object.defineProperty(within, name, { value, enumerable: true, configurable: true, writable: true });
}

function* spotsOf(within: Record<string, unknown>): Generator<Spot> {
  for (const name of Object.keys(within).slice(0, 20)) {
    yield { within, name };
    const part = within[name];
    if (typeof part === 'object' && part !== null) yield* spotsOf(part as Record<string, unknown>);
  }
}
