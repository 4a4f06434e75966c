import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { refused } from './refused.ts';
import { type RunningIntake, startIntake } from './running-intake.ts';
import { repeated, slowly, streamTo } from './streamed.ts';
import { csvOf, goodRows, HEADER, type Uploader, uploader } from './uploads.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const IDLE_MS = 400;
/** Of the whole process, the test included. */
const FLAT_MIB = 96;

let intake: RunningIntake;
let client: Uploader;
let url: string;

beforeAll(async () => {
  intake = await startIntake({ requestTimeoutMs: 1_000 });
  client = uploader(intake, await intake.key());
  url = `${intake.url}/v1/imports?type=customer.provision`;
});
afterAll(() => intake.close());

async function nothingIsLeft({ pool } = intake.ledger): Promise<void> {
  const tables = ['imports', 'import_chunks', 'import_rows'];
  await eventually(async () => {
    const counts = await Promise.all(tables.map(async (table) => (await pool.query(`select from ${table}`)).rowCount));
    return counts.every((count) => count === 0);
  });
}

/** Refuses a file, and keeps nothing of it. */
async function refuses(file: string | Uint8Array<ArrayBuffer>, status: number, type = 'text/csv') {
  const sent = { method: 'POST', key: client.key, raw: file, headers: { 'Content-Type': type } };
  const problem = await refused(url, sent, status);
  await nothingIsLeft();
  return problem;
}

const bytes = (...parts: (string | readonly number[])[]) =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))),
  );
const utf16 = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'));
const swapped = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le').swap16());
const GOOD = csvOf(goodRows(3));

describe('a file that is no table', () => {
  it.each([
    ['in UTF-16', utf16(`\ufeff${GOOD}`), 'not-text', 'UTF-16'],
    ['in UTF-16, big end first', swapped(`\ufeff${GOOD}`), 'not-text', 'UTF-16'],
    ['in UTF-16 without a mark', utf16(GOOD), 'nul-character', 'U+0000'],
    ['in Latin-1', new Uint8Array(Buffer.from(csvOf(['Zahnärzte,a,b,c']), 'latin1')), 'not-utf-8', 'UTF-8'],
    ['with half a character at its end', bytes(GOOD, [0xe2, 0x82]), 'not-utf-8', 'UTF-8'],
    ['with U+0000', csvOf(['a\0b,hosted-pbx,dental,x']), 'nul-character', 'U+0000'],
    ['that is a zip archive', bytes('PK', [3, 4, 20, 0, 6, 0, 8, 0], GOOD), 'not-text', 'workbook'],
    ['that is an old workbook', bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1], GOOD), 'not-text', 'workbook'],
    ['that is compressed', new Uint8Array(gzipSync(GOOD)), 'not-text', 'compressed'],
    ['that is empty', '', 'empty', 'no header'],
    ['of blank rows', '\r\n\r\n,,,\r\n', 'empty', 'no header'],
    ['with a header only', csvOf([]), 'empty', 'no row'],
    ['with a header only, without an end of line', HEADER, 'empty', 'no row'],
    ['with a quote that is never closed', csvOf(['"ABC,hosted-pbx,dental,x', ...goodRows(3)]), 'quote-not-closed', ''],
    ['with 10,000 columns', csvOf([], `${HEADER}${',x'.repeat(10_000)}`), 'too-many-columns', '200'],
    ['with an unclosed quote in its header', csvOf(goodRows(2), '"name,industry'), 'quote-not-closed', ''],
  ] as const)('%s is refused, and why', async (...[, file, code, words]) => {
    const problem = await refuses(file, 400);
    expect(problem).toMatchObject({ code: 'malformed-file', errors: [{ code }] });
    expect(problem.detail).toContain(words);
  });

  it.each([
    ['', 'no row'],
    ['\n \n', 'no row'],
    [`{"name":"a"}\n${'{"x'.repeat(30_000)}`, '64 KiB'],
  ])('is refused as NDJSON too: %#', async (file, words) => {
    expect((await refuses(file, 400, 'application/x-ndjson')).detail).toContain(words);
  });

  it('of objects with 10,000 names is refused', async () => {
    const lines = Array.from({ length: 100 }, (_, n) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`n${n * 100 + at}`, 1]))),
    );
    const problem = await refuses(lines.join('\n'), 400, 'application/x-ndjson');
    expect(problem.errors?.[0]).toMatchObject({ code: 'too-many-columns' });
  });

  it('that goes wrong behind thousands of rows is refused as a whole, naming the row', async () => {
    const lines = goodRows(2_000);
    const long = await refuses(csvOf([...lines, 'x'.repeat(70_000), ...lines]), 400);
    expect(long.errors?.[0]).toMatchObject({ code: 'row-too-long', row: 2_001 });
    const open = await refuses(csvOf([...lines, '"open,a,b,c']), 400);
    expect(open.errors?.[0]).toMatchObject({ code: 'quote-not-closed', row: 2_001 });
    const odd = await refuses(bytes(csvOf(lines), [0xff], GOOD), 400);
    expect(odd.errors?.[0]).toMatchObject({ code: 'not-utf-8' });
  });

  it.each([
    ['application/json'],
    ['text/plain'],
    ['text/csv; charset=utf-16'],
    ['text/csv; header=present'],
    ['application/zip'],
    ['multipart/form-data; boundary=x'],
    [''],
  ])('of type %j is not supported', async (type) => {
    const problem = await refuses(GOOD, 415, type);
    expect(problem).toMatchObject({ code: 'unsupported-media-type', errors: [{ header: 'Content-Type' }] });
  });

  it('that is said to be compressed is not supported', async () => {
    const headers = { 'Content-Type': 'text/csv', 'Content-Encoding': 'gzip' };
    const problem = await refused(url, { method: 'POST', key: client.key, raw: GOOD, headers }, 415);
    expect(problem.errors?.[0]).toMatchObject({ header: 'Content-Encoding' });
  });
});

describe('a file without end', () => {
  const line = Buffer.alloc(MIB, 'x');

  it.each([
    ['in its header', 'text/csv', []],
    ['in a row', 'text/csv', [csvOf(goodRows(1_500))]],
    ['within a quote', 'text/csv', [`${HEADER}\r\n"`]],
    ['of an object', 'application/x-ndjson', ['{"name":"']],
  ])('of one line of a gigabyte %s is refused early, in flat memory', async (_, type, before) => {
    const rss = process.memoryUsage.rss();
    let most = rss;
    function* pieces() {
      yield* before;
      for (const piece of repeated(line, GIB / MIB)) {
        most = Math.max(most, process.memoryUsage.rss());
        yield piece;
      }
    }
    const { status, body, sent } = await streamTo(url, pieces(), { key: client.key, type });
    expect([status, body.code, body.errors[0].code]).toEqual([400, 'malformed-file', 'row-too-long']);
    expect(sent).toBeLessThan(32 * MIB);
    expect((most - rss) / MIB).toBeLessThan(FLAT_MIB);
    await nothingIsLeft();
  });

  it('that says it has more than a gigabyte is refused before it is sent', async () => {
    const headers = { 'Content-Length': String(GIB + 1) };
    const { status, body, sent } = await streamTo(url, repeated(line, 2 * 1024), { key: client.key, headers });
    expect([status, body.code]).toEqual([413, 'file-too-large']);
    expect(sent).toBeLessThan(32 * MIB);
  });

  it('cannot come from who may not send it', async () => {
    const key = await intake.key(['jobs:write']);
    const { status, body } = await streamTo(url, repeated(line, 64), { key });
    expect([status, body.code]).toEqual([403, 'forbidden']);
  });
});

describe('an upload', () => {
  it('byte by byte, slower than any other request may be, is taken', async () => {
    const text = Buffer.from(csvOf(['Zahnärzte 🦷,hosted-pbx,dental,slow']));
    const pieces = slowly(
      [...text].map((byte) => Buffer.from([byte])),
      35,
    );
    const started = performance.now();
    const { status, body } = await streamTo(url, pieces, { key: client.key });
    expect(performance.now() - started).toBeGreaterThan(2_500);
    expect([status, body.totals.rows]).toEqual([202, 1]);
    expect((await client.rows(body.id))[0]?.fields).toMatchObject({ payload: { name: 'Zahnärzte 🦷' } });
    await intake.ledger.pool.query('delete from import_rows');
    await intake.ledger.pool.query('delete from imports');
  });

  it('that is refused midway spoils its connection for nobody', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number>();
    agent.on('free', (socket) => ports.add(socket.localPort));
    const file = csvOf(goodRows(20_000), 'name,nonsense');
    const headers = { 'Content-Length': String(file.length) };
    // As one piece it is all given to the connection before the answer can come.
    for (let n = 0; n < 3; n += 1) {
      const { status } = await streamTo(url, [file], { key: client.key, headers, agent });
      expect(status).toBe(422);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  it('that is broken off leaves nothing', async () => {
    const socket = connect(Number(new URL(intake.url).port), '127.0.0.1');
    const head = [
      'POST /v1/imports?type=customer.provision HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${client.key.text}`,
      'Content-Type: text/csv',
      'Content-Length: 10000000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${csvOf(goodRows(3_000))}`);
    await eventually(async () => (await intake.ledger.pool.query('select from import_chunks')).rowCount);
    socket.destroy();
    await once(socket, 'close');
    await nothingIsLeft();
  });

  it('whose key was taken over by another ends without harm to that', async () => {
    const headers = { 'Idempotency-Key': 'mine' };
    let first = '';
    async function* pieces() {
      yield csvOf(goodRows(1_800));
      first = await eventually(async () => {
        const { rows } = await intake.ledger.pool.query('select import_id from import_chunks');
        return rows.length === 3 ? (rows[0].import_id as string) : undefined;
      });
      await intake.ledger.pool.query(`update imports set touched_at = now() - interval '1 hour'`);
      await client.taken(csvOf(goodRows(2_000)), { headers });
      yield goodRows(1_000).join('\r\n');
    }
    const { status, body } = await streamTo(url, pieces(), { key: client.key, headers });
    expect([status, body.code]).toEqual([409, 'import-being-received']);
    const { rows } = await intake.ledger.pool.query('select id, state from imports');
    expect(rows).toEqual([{ id: expect.not.stringContaining(first), state: 'checking' }]);
    expect((await client.rows(rows[0].id)).length).toBe(200);
    await intake.ledger.pool.query('delete from import_rows');
    await intake.ledger.pool.query('delete from imports');
  });

  it('beside four others of the same client is refused until one of them ends', async () => {
    const held = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const uploads = held.map(({ promise }, n) => {
      async function* pieces() {
        yield csvOf(goodRows(2_000, `held-${n}`));
        await promise;
      }
      return streamTo(url, pieces(), { key: client.key });
    });
    await eventually(async () => (await intake.ledger.pool.query('select from imports')).rowCount === held.length);
    const { body, headers } = await client.upload(GOOD);
    expect([body.code, headers.get('retry-after')]).toEqual(['too-many-uploads', '10']);
    for (const { resolve } of held) resolve();
    expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect((await client.upload(GOOD)).status).toBe(202);
  });
});

describe('a sender who stops midway', () => {
  it('is answered, cut off, and nothing of its file is kept', async () => {
    const other = await startIntake({ uploadIdleMs: IDLE_MS });
    const key = await other.key();
    try {
      function* pieces() {
        yield csvOf(goodRows(3_000));
        yield null;
      }
      const answer = await streamTo(`${other.url}/v1/imports?type=customer.provision`, pieces(), { key });
      expect([answer.status, answer.body.code, answer.headers.connection]).toEqual([408, 'upload-stalled', 'close']);
      await nothingIsLeft(other.ledger);
    } finally {
      await other.close();
    }
  });
});

describe('a service that stops', () => {
  it('breaks uploads off, says so, and keeps nothing of them', async () => {
    const other = await startIntake();
    const key = await other.key();
    try {
      async function* pieces() {
        yield csvOf(goodRows(3_000));
        await eventually(async () => (await other.ledger.pool.query('select from import_chunks')).rowCount);
        void other.stop();
        yield null;
      }
      const { status, body } = await streamTo(`${other.url}/v1/imports?type=customer.provision`, pieces(), { key });
      expect([status, body.code]).toEqual([503, 'unavailable']);
      await other.stop();
      expect((await other.ledger.pool.query('select from import_rows')).rowCount).toBe(0);
    } finally {
      await other.close();
    }
  });
});
