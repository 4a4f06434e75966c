import fc from 'fast-check';
import { accepts, type Schema } from './fuzz-schema.ts';
import { fitting, oddValues, type Sources, spoilt } from './fuzz-values.ts';

export type Body = {
  readonly bytes: Buffer;
  /** It breaks a rule that everybody can see: whoever takes it is wrong. */
  readonly wrong: boolean;
};

/** What a call takes: a body, perhaps an empty one, or none. */
export type Taken = { readonly schema: Schema; readonly optional: boolean } | null;

const LARGEST = 1024 * 1024;
const DEEPEST = 32;
const EMPTY = Buffer.alloc(0);
const NOTHING: Body = { bytes: EMPTY, wrong: false };

/** Bodies for a call: mostly such as it takes, else with something wrong in value, text or bytes. */
export function bodies(taken: Taken, sources: Sources, bounds: ReadonlySet<number>): fc.Arbitrary<Body> {
  if (taken === null) {
    const unasked = fc.constantFrom('{}', 'x', '[1]').map((text) => ({ bytes: Buffer.from(text), wrong: true }));
    return fc.oneof({ weight: 30, arbitrary: fc.constant(NOTHING) }, { weight: 1, arbitrary: unasked });
  }
  const good = fitting(taken.schema, sources);
  const wrong = spoilt(good, oddValues(bounds));
  const judge = (bytes: Buffer): Body => ({ bytes, wrong: isWrong(bytes, taken, sources) });
  const text = (values: fc.Arbitrary<unknown>) => values.map((value) => JSON.stringify(value) ?? '');
  const plain = text(good).map((json) => judge(Buffer.from(json)));
  return fc.oneof(
    { weight: 100, arbitrary: taken.optional ? fc.oneof(plain, fc.constant(NOTHING)) : plain },
    { weight: 20, arbitrary: text(wrong).map((json) => judge(Buffer.from(json))) },
    { weight: 8, arbitrary: fc.tuple(text(good), oddTexts).map(([json, change]) => judge(Buffer.from(change(json)))) },
    { weight: 4, arbitrary: fc.tuple(text(good), oddBytes).map(([json, change]) => judge(change(json))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => judge(Buffer.from(bytes))) },
  );
}

type OfText<T> = (json: string) => T;

const oddTexts: fc.Arbitrary<OfText<string>> = fc.oneof(
  fc.nat({ max: 300 }).map((at) => (json: string) => json.slice(0, at % json.length)),
  fc.constantFrom('1e400', '-1e999', '0x10', '01', 'NaN', '1_000', '9007199254740993').map((number) => {
    return (json: string) => (/:\d+/.test(json) ? json.replace(/:\d+/, `:${number}`) : `{"expectedVersion":${number}}`);
  }),
  fc.constantFrom(2, 30, DEEPEST, DEEPEST + 1, 1_000, 100_000).map((levels) => {
    return (json: string) => `${'{"payload":'.repeat(levels)}${json}${'}'.repeat(levels)}`;
  }),
  fc.constantFrom(
    (json: string) => json.replace('{', '{"type":"customer.provision","type":"customer.provision",'),
    (json: string) => json.replace(/"payload":\{/, '"payload":{"name":"a","na\\u006de":"b",'),
    (json: string) => json.replace('{', '{"__proto__":{"admin":true},'),
    (json: string) => json.replaceAll('"', "'"),
    (json: string) => json.replace(/\}$/, ',}'),
    (json: string) => `${json}${json}`,
    (json: string) => `\ufeff${json}`,
    (json: string) => `  \r\n\t${json}\n`,
    (json: string) => `/* */${json}`,
    (json: string) => `[${json}]`,
    (json: string) => JSON.stringify(json),
    (json: string) => `${json}${' '.repeat(5_000)}`,
    (json: string) => json.replace('{', `{"${'\\u0000'.repeat(3)}":1,`),
    (json: string) => json.replace('{', '{"tags":"\\ud800",'),
    () => `{"payload":[${'"\\u0000",'.repeat(50_000)}0]}`,
    () => `{"type":"customer.update","payload":{"tags":[${'1,'.repeat(100_000)}1]}}`,
    () => '['.repeat(100_000),
    () => `{"type":"${'x'.repeat(LARGEST)}"}`,
  ),
);

const oddBytes: fc.Arbitrary<OfText<Buffer>> = fc.constantFrom(
  (json: string) => Buffer.from(json, 'utf16le'),
  (json: string) => Buffer.from(`\ufeff${json}`, 'utf16le'),
  (json: string) => Buffer.concat([Buffer.from(json), Buffer.from([0])]),
  (json: string) => Buffer.from(json.replace('"', '"é'), 'latin1'),
  (json: string) => Buffer.concat([Buffer.from(json.slice(0, -2)), Buffer.from([0xed, 0xa0, 0x80, 0x22, 0x7d])]),
  (json: string) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from(json)]),
  () => Buffer.alloc(LARGEST + 1, ' '),
);

function isWrong(bytes: Buffer, { schema, optional }: NonNullable<Taken>, { definitions }: Sources): boolean {
  if (bytes.length === 0) return !optional;
  if (bytes.length > LARGEST) return true;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value = JSON.parse(text) as unknown;
    return !accepts(schema, value, definitions) || holdsUnspeakable(value);
  } catch {
    return true;
  }
}

/** Whether a text within holds what neither PostgreSQL nor UTF-8 can. */
function holdsUnspeakable(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, part]) => holdsUnspeakable(name) || holdsUnspeakable(part));
}
