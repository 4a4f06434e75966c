import fc from 'fast-check';
import type { Parameter } from './fuzz-queries.ts';
import type { Sources } from './fuzz-values.ts';
import type { World } from './fuzz-world.ts';

export type Headers = readonly (readonly [name: string, value: string])[];

const JSON_TYPE = [['Content-Type', 'application/json']] as const;
const SECONDS_THAT_PASS = ['wait=0', 'wait=1'];

const ODD: Readonly<Record<string, readonly string[]>> = {
  'Content-Type': [
    '',
    'application/json; charset=utf-8',
    'application/json; charset=utf-16',
    'application/json; charset="',
    'application/json;;;',
    'application/json, text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=----',
    'application/vnd.api+json',
    'x'.repeat(2_000),
  ],
  'Content-Encoding': ['gzip', 'identity', 'br, gzip', 'x', ''],
  Accept: ['*/*', 'text/html', 'application/json;q=0', '', 'a/b;q=x,,;', 'application/*', '*', 'x,'.repeat(1_000)],
  'Idempotency-Key': ['', '"', '"open', 'é', 'a\tb', 'x'.repeat(201), '"a\\"b"', '\u00ff', 'key-1, key-2'],
  Prefer: [
    'wait',
    'wait=',
    'wait=-1',
    'wait=1e9',
    'wait=9999999999',
    'respond-async',
    'wait="0"',
    ', ,',
    'x'.repeat(1_001),
  ],
  'If-None-Match': ['*', '"x"', 'W/', ',,,', '"'.repeat(2_000)],
  'X-Request-Id': ['', 'a b', '<script>', '../x', 'x'.repeat(5_000)],
  Expect: ['100-continue', 'the-unexpected'],
  Host: ['', 'evil.example', 'a:b:c', '[::1'],
  Upgrade: ['websocket', 'h2c'],
  Connection: ['close', 'upgrade, te', 'authorization'],
  Range: ['bytes=0-1', 'bytes=,-'],
  'X-HTTP-Method-Override': ['DELETE'],
  'X-Forwarded-For': ['127.0.0.1, ::1'],
  Cookie: ['a=b; __proto__=c'],
  'X-Long': ['x'.repeat(7_000), 'x'.repeat(20_000)],
  'Last-Event-ID': ['-1', 'x'],
};

/** Headers for a call: those it knows with values that fit, and some with something odd. */
export function headers(parameters: readonly Parameter[], sources: Sources): fc.Arbitrary<Headers> {
  const known = parameters.map(({ name }) => fc.option(goodHeader(name, sources), { nil: undefined, freq: 2 }));
  const fine = fc.tuple(...known).map((some) => [...JSON_TYPE, ...some.filter((one) => one !== undefined)]);
  const odd = fc
    .constantFrom(...Object.keys(ODD))
    .chain((name) => fc.constantFrom(...(ODD[name] ?? [])).map((value) => [name, value] as const));
  const twice = fc.tuple(odd, fine).map(([one, rest]) => [...rest, one, one]);
  const replaced = fc.tuple(odd, fine).map(([one, rest]) => [...rest.filter(([name]) => name !== one[0]), one]);
  return fc.oneof(
    { weight: 14, arbitrary: fine },
    { weight: 2, arbitrary: replaced },
    { weight: 1, arbitrary: twice },
    { weight: 1, arbitrary: fc.constant<Headers>([]) },
  );
}

function goodHeader(name: string, { known }: Sources): fc.Arbitrary<readonly [string, string]> {
  if (name !== 'Prefer') return (known[name] ?? fc.constant('x')).map((value) => [name, String(value)] as const);
  // A wait is long by design: few do.
  return fc
    .oneof(
      { weight: 30, arbitrary: fc.constant('respond-async') },
      { weight: 1, arbitrary: fc.constantFrom(...SECONDS_THAT_PASS) },
    )
    .map((value) => [name, value] as const);
}

/** Whose key a request brings, and whether it may not go through with it. */
export function keyHeaders(
  scope: string | null,
  { keys, revoked }: World,
): fc.Arbitrary<{ headers: Headers; refused: boolean }> {
  const bearer = (text: string): Headers => [['Authorization', `Bearer ${text}`]];
  const holders = fc.oneof(
    ...keys.map(({ text, scopes, weight }) => ({
      weight,
      arbitrary: fc.constant({ headers: bearer(text), refused: scope !== null && !scopes.includes(scope) }),
    })),
  );
  const [first] = keys;
  const good = first?.text ?? '';
  const none = fc.constantFrom<Headers>(
    [],
    bearer(revoked),
    bearer(`qk_${'x'.repeat(43)}`),
    bearer(good.slice(0, -1)),
    bearer(`${good} x`),
    bearer(`${good}\u00e9`),
    bearer('x'.repeat(5_000)),
    [['Authorization', '']],
    [['Authorization', 'Bearer']],
    [['Authorization', `Basic ${Buffer.from(`x:${good}`).toString('base64')}`]],
    [['Authorization', good]],
    [['X-Authorization', `Bearer ${good}`]],
    [...bearer(good), ...bearer(good)],
  );
  return fc.oneof(
    { weight: 25, arbitrary: holders },
    { weight: 1, arbitrary: none.map((some) => ({ headers: some, refused: scope !== null })) },
  );
}
