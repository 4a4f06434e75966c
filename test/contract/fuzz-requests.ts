import fc from 'fast-check';
import { type Body, bodies, type Taken } from './fuzz-bodies.ts';
import { type Headers, headers, keyHeaders } from './fuzz-headers.ts';
import { type Query, queries } from './fuzz-queries.ts';
import { boundsOf, type Call, callsOf, type InterfaceDocument, type Schema } from './fuzz-schema.ts';
import { fitting, type Sources } from './fuzz-values.ts';
import type { World } from './fuzz-world.ts';

/** One request, and what is known of it beforehand. */
export type FuzzedRequest = {
  /** Null when the request was led astray: another path or method. */
  readonly call: Call | null;
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly chunked: boolean;
  /** Answering with a success would be wrong. */
  readonly mustRefuse: boolean;
  readonly [fc.toStringMethod]: () => string;
};

/** Requests for every call, about half of them without anything wrong. */
export function requests(document: InterfaceDocument, world: World): fc.Arbitrary<FuzzedRequest> {
  const sources: Sources = { definitions: document.components.schemas, known: world.values };
  const bounds = boundsOf(document);
  const kinds = callsOf(document).map((call) => ({
    weight: WEIGHTS[call.operationId] ?? 4,
    arbitrary: requestsFor(call, { sources, bounds, world }),
  }));
  return fc.oneof(...kinds);
}

const OPEN = ['openApi', 'asyncApi', 'eventSchema', 'docs', 'eventDocs', 'metrics', 'readyz'];
const WEIGHTS: Readonly<Record<string, number>> = { postJob: 60, ...Object.fromEntries(OPEN.map((id) => [id, 1])) };

type Making = { readonly sources: Sources; readonly bounds: ReadonlySet<number>; readonly world: World };

function requestsFor(call: Call, { sources, bounds, world }: Making): fc.Arbitrary<FuzzedRequest> {
  const parameters = (place: string) => call.parameters?.filter((one) => one.in === place) ?? [];
  return fc
    .record({
      path: paths(call, world),
      query: queries(parameters('query'), sources),
      headers: headers(parameters('header'), sources),
      key: keyHeaders(call.scope, world),
      body: bodies(takenBy(call), sources, bounds),
      chunked: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      stray: fc.oneof(
        { weight: 60, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY') },
      ),
    })
    .map((parts) => put(call, parts));
}

type Path = { readonly text: string; readonly intact: boolean };
type Parts = {
  readonly path: Path;
  readonly query: Query;
  readonly headers: Headers;
  readonly key: { readonly headers: Headers; readonly refused: boolean };
  readonly body: Body;
  readonly chunked: boolean;
  readonly stray: string | undefined;
};

function put(call: Call, { path, query, headers: given, key, body, chunked, stray }: Parts): FuzzedRequest {
  const method = stray ?? call.method;
  const judged = path.intact && method === call.method;
  const target = `${path.text}${query.text}`;
  const request = {
    call: judged ? call : null,
    method,
    target,
    headers: [...key.headers, ...given],
    body: body.bytes,
    chunked,
    mustRefuse: judged && call.scope !== null && (query.wrong || key.refused || body.wrong),
  };
  return { ...request, [fc.toStringMethod]: () => describe(request) };
}

/** What a call takes as its body. A POST that needs none may bring an empty object. */
function takenBy({ requestBody, method }: Call): Taken {
  const schema = requestBody?.content['application/json']?.schema;
  if (schema !== undefined) return { schema, optional: false };
  const empty: Schema = { type: 'object', additionalProperties: false };
  return method === 'POST' ? { schema: empty, optional: true } : null;
}

const ODD_PATHS = [
  '%',
  '%zz',
  '%ff',
  '%00',
  'a%00b',
  '%E0%A4%A',
  '%C0%AE',
  '.',
  '..',
  '%2e%2e%2f',
  '..%2f..%2fetc%2fpasswd',
  '%F0%9F%A6%B7',
  '%ed%a0%80',
  '__proto__',
  'constructor',
  'ref:',
  'ref:%20',
  'ref:%00',
  'ref:ref:x',
  `ref:${'x'.repeat(201)}`,
  '%27%20or%201=1',
  'x'.repeat(300),
  'x'.repeat(6_000),
  '%F0%9F%A6%B7'.repeat(250),
  '-1',
  'NaN',
  '*',
  ';a=b',
  '\u00e9',
  '(.*)',
];
const STRANGE_PATHS = ['//', '/v1//jobs', '/v1/jobs/', '/V1/jobs', '/v1/../v1/jobs', '/.env', '/v1/jobs/a/b/c/d', '/%'];

function paths(call: Call, world: World): fc.Arbitrary<Path> {
  const names = [...call.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
  const schemaOf = (name: string) =>
    call.parameters?.find((one) => one.in === 'path' && one.name === name)?.schema ?? {};
  const sources = { definitions: {}, known: world.pathValues(call) };
  const parts = names.map((name) =>
    fc.oneof(
      { weight: 15, arbitrary: fitting(schemaOf(name), sources, name).map((text) => encodeURIComponent(String(text))) },
      { weight: 1, arbitrary: fc.constantFrom(...ODD_PATHS) },
      { weight: 1, arbitrary: fc.constantFrom(...world.foreignIds) },
    ),
  );
  const filled = fc.tuple(...parts).map((texts) => ({
    text: names.reduce((path, name, at) => path.replace(`{${name}}`, () => String(texts[at])), call.path),
    intact: texts.every((text) => !/^\.{0,2}$/.test(text)),
  }));
  const strange = fc.constantFrom(...STRANGE_PATHS).map((text) => ({ text, intact: false }));
  return fc.oneof({ weight: 80, arbitrary: filled }, { weight: 1, arbitrary: strange });
}

const SHOWN = 300;

function describe(request: Omit<FuzzedRequest, typeof fc.toStringMethod>): string {
  const shown = request.body.toString().slice(0, SHOWN);
  const lines = request.headers.map(([name, value]) => `${name}: ${value.slice(0, SHOWN)}`);
  const body = `${request.body.length} bytes${request.chunked ? ' in chunks' : ''}: ${shown}`;
  return [`${request.method} ${request.target.slice(0, SHOWN)}`, ...lines, body].join('\n');
}
