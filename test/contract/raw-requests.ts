import fc from 'fast-check';

/** Bytes of a client that knows little of HTTP, or too much of it. */
export type RawRequest = {
  readonly bytes: Buffer;
  /** No answer but a refusal is right. */
  readonly mustRefuse: boolean;
  /** It says goodbye: the server would rightly wait for more. */
  readonly leaving: boolean;
  readonly [fc.toStringMethod]: () => string;
};

type Parts = { readonly line: string; readonly lines: readonly string[]; readonly body: string };
type Flaw = {
  readonly mustRefuse: boolean;
  readonly leaving: boolean;
  readonly change: (parts: Parts) => Parts | string;
};

const LEAVER = { mustRefuse: true, leaving: true };
const always = (change: Flaw['change']): Flaw => ({ mustRefuse: true, leaving: false, change });
const perhaps = (change: Flaw['change']): Flaw => ({ mustRefuse: false, leaving: false, change });
const unfinished = (change: Flaw['change']): Flaw => ({ ...LEAVER, change });
const withLines =
  (...lines: string[]) =>
  ({ lines: before, ...rest }: Parts): Parts => ({
    ...rest,
    lines: [...before, ...lines],
  });
const withLine =
  (line: string) =>
  (parts: Parts): Parts => ({ ...parts, line });
const inChunks =
  (chunks: (body: string) => string, coding = 'chunked') =>
  ({ line, lines, body }: Parts): Parts => ({
    line,
    lines: [...lines.filter((one) => !one.startsWith('Content-Length')), `Transfer-Encoding: ${coding}`],
    body: chunks(body),
  });
const chunk = (body: string) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`;
/** Whoever says this expects the connection to end behind the answer. */
const LAST = 'Connection: close';
const smuggled = 'GET /v1/clients HTTP/1.1\r\nHost: x\r\n\r\n';

const LINES: readonly Flaw[] = [
  ...['POST  /v1/jobs HTTP/1.1', 'POST /v1/jobs\0 HTTP/1.1', 'POST /v1/jobs HTTP/9.9', 'POST /v1/jobs http/1.1'],
  ...['PO\tST /v1/jobs HTTP/1.1', 'POST /v1/jo bs HTTP/1.1', 'p\u00f6st /v1/jobs HTTP/1.1', '/v1/jobs', ''],
  ...['POST v1/jobs HTTP/1.1', 'POST HTTP/1.1', 'POST ?x HTTP/1.1', '\0\0\0\0', 'CONNECT /v1/jobs HTTP/1.1'],
  ...['PRI * HTTP/2.0', 'FOO /v1/jobs HTTP/1.1', 'POST * HTTP/1.1', 'OPTIONS /x HTTP/1.1'],
  ...[`GET /${'x'.repeat(20_000)} HTTP/1.1`, 'TRACE /v1/jobs HTTP/1.1', 'POST //v1/jobs HTTP/1.1'],
].map((line) => always(withLine(line)));

const OTHER_LINES: readonly Flaw[] = [
  ...[
    'OPTIONS * HTTP/1.1',
    'POST http://evil.example/v1/jobs HTTP/1.1',
    'POST /v1/jobs HTTP/1.0',
    'POST /v1/jobs HTTP/2.0',
    '\r\nPOST /v1/jobs HTTP/1.1',
  ],
  ...['HEAD /v1/jobs HTTP/1.1', 'POST /v1/jobs#top HTTP/1.1', 'POST /v1/jobs?%00=%00 HTTP/1.1', 'M-SEARCH * HTTP/1.1'],
].map((line) => perhaps(withLine(line)));

const HEADERS: readonly Flaw[] = [
  ...['Content-Length: 5', 'Content-Length: -1', 'Content-Length: +5', 'Content-Length: 99999999999999999999'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: xchunked'],
  ...['no colon', 'X-A : b', ': empty', 'X-A: a\0b', 'X-\u00e4: b', `X-Long: ${'x'.repeat(20_000)}`, 'X-A: a\rb'],
].map((line) => always(withLines(line)));

const OTHER_HEADERS: readonly Flaw[] = [
  ...[
    'Expect: 100-continue',
    'Expect: 200-ok',
    'Connection: close',
    'Upgrade: h2c',
    'TE: trailers',
    'Host: evil.example',
  ],
  ...['X-A: a\n\tb', ' folded: x', 'X-\t: b', 'Trailer: Authorization', 'Keep-Alive: timeout=0', 'X-A: \u00ff'],
].map((line) => perhaps(withLines(line)));

const BODIES: readonly Flaw[] = [
  'zz\r\n{}\r\n0\r\n\r\n',
  '-1\r\n{}\r\n0\r\n\r\n',
  'FFFFFFFFFFFFFFFFF\r\n{}\r\n',
  '2\r\n{}x\r\n0\r\n\r\n',
].map((body) => always(inChunks(() => body)));

const UNFINISHED: readonly Flaw[] = ['', '2\r\n{}', '2\r\n{}\r\n', '50\r\n{}\r\n0\r\n\r\n', '2;'].map((body) =>
  unfinished(inChunks(() => body)),
);

const OTHER_BODIES: readonly Flaw[] = [
  perhaps(inChunks((body) => `${chunk(body)}0\r\n\r\n`)),
  perhaps(inChunks((body) => `${[...body].map(chunk).join('')}0\r\n\r\n`)),
  perhaps(inChunks((body) => `${chunk(body)}0\r\nAuthorization: Bearer x\r\n\r\n`)),
  perhaps(inChunks((body) => `${chunk(body).replace('\r\n', `;${'x'.repeat(3_000)}\r\n`)}0\r\n\r\n`)),
  perhaps(inChunks((body) => `${chunk(body)}0\r\n\r\n${smuggled}`)),
  always(inChunks((body) => `${chunk(body)}0\r\n\r\n`, 'gzip, chunked, identity')),
  perhaps(({ body, ...rest }) => ({ ...rest, body: `${body}${smuggled}` })),
  perhaps(({ body, ...rest }) => ({ ...rest, body: `${body}\r\n\r\nHELLO` })),
];

const WHOLE: readonly Flaw[] = [
  unfinished(() => ''),
  always(() => 'HELLO\r\n\r\n'),
  always(() => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  always(() => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  always(() => 'EHLO x\r\nMAIL FROM:<a@b>\r\n'),
  always(() => '*1\r\n$8\r\nFLUSHALL\r\n'),
  always(({ lines, ...rest }) => ({ ...rest, lines: [...lines, ...Array(3_000).fill('X-A: b')] })),
  always(({ lines, ...rest }) => ({ ...rest, lines: lines.filter((line) => !line.startsWith('Host')) })),
  perhaps((parts) => written(parts).replaceAll('\r\n', '\n')),
  perhaps((parts) => `${withoutEnd(parts)}${smuggled}${written(parts)}HELLO\r\n\r\n`),
  perhaps((parts) => `${withoutEnd(parts).repeat(5)}HELLO\r\n\r\n`),
];

function withoutEnd({ lines, ...rest }: Parts): string {
  return written({ ...rest, lines: lines.filter((line) => line !== LAST) });
}

function written({ line, lines, body }: Parts): string {
  return `${[line, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

/** A request that is well-formed and would make a job. */
export function wellFormed(key: string, json: object, ...lines: readonly string[]): string {
  const body = JSON.stringify(json);
  return written({ line: 'POST /v1/jobs HTTP/1.1', lines: [...headersOf(key, body), ...lines], body });
}

function headersOf(key: string, body: string): string[] {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return ['Host: x', `Authorization: Bearer ${key}`, 'Content-Type: application/json', length];
}

/** Requests that were well-formed until somebody meddled with them, and bytes that never were any. */
export function rawRequests(key: string, json: object): fc.Arbitrary<RawRequest> {
  const body = JSON.stringify(json);
  const parts: Parts = { line: 'POST /v1/jobs HTTP/1.1', lines: [...headersOf(key, body), LAST], body };
  const flaws = [LINES, OTHER_LINES, HEADERS, OTHER_HEADERS, BODIES, OTHER_BODIES, UNFINISHED, WHOLE];
  const meddled = fc.oneof(...flaws.map((some) => fc.constantFrom(...some))).map(({ change, ...flaw }) => {
    const changed = change(parts);
    return rawOf(typeof changed === 'string' ? changed : written(changed), flaw);
  });
  const cut = fc.nat({ max: written(parts).length - 1 }).map((at) => rawOf(written(parts).slice(0, at), LEAVER));
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => rawOf(Buffer.from(bytes).toString('latin1'), LEAVER));
  return fc.oneof({ weight: 6, arbitrary: meddled }, { weight: 3, arbitrary: cut }, { weight: 1, arbitrary: noise });
}

function rawOf(text: string, flaw: Omit<Flaw, 'change'>): RawRequest {
  const shown = () => JSON.stringify(text.slice(0, 600));
  return { ...flaw, bytes: Buffer.from(text, 'latin1'), [fc.toStringMethod]: shown };
}
