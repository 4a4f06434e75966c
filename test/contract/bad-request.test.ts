import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { refused } from './refused.ts';
import { type Key, type RunningIntake, send, startIntake } from './running-intake.ts';

const KEYS = '/v1/clients/cli_01k9zv6n3fe8prx2k1w3q4t5y6/keys';

let intake: RunningIntake;
let key: Key;
let jobs: string;

beforeAll(async () => {
  intake = await startIntake();
  key = await intake.key();
  jobs = `${intake.url}/v1/jobs`;
});
afterAll(() => intake.close());

describe('a query', () => {
  it.each([
    ['/v1/jobs?limit=0', 'limit'],
    ['/v1/jobs?limit=201', 'limit'],
    ['/v1/jobs?limit=ten', 'limit'],
    ['/v1/jobs?limit=', 'limit'],
    ['/v1/jobs?limit=1e1', 'limit'],
    ['/v1/jobs?limit=1&limit=2', 'limit'],
    ['/v1/jobs?cursor=xyz', 'cursor'],
    ['/v1/jobs?cursor=', 'cursor'],
    [`/v1/jobs?cursor=${Buffer.from('cus_01k9zv6n3fe8prx2k1w3q4t5y6').toString('base64url')}`, 'cursor'],
    [`/v1/customers?cursor=${Buffer.from("' or 1=1").toString('base64url')}`, 'cursor'],
    ['/v1/jobs?state=lost', 'state'],
    ['/v1/jobs?type=x', 'type'],
    ['/v1/jobs?customerId=1', 'customerId'],
    ['/v1/jobs?code=oops', 'code'],
    ['/v1/jobs?importId=imp_1', 'importId'],
    ['/v1/jobs?__proto__=1', '__proto__'],
    ['/v1/jobs?colour=red', 'colour'],
    ['/v1/jobs?state=%00', 'state'],
    ['/v1/jobs?state=%ff', 'state'],
    ['/v1/jobs?%E0%A4=1', '%E0%A4'],
    ['/v1/jobs?a%00b=1', 'a\u2400b'],
    ['/v1/events?after=-1', 'after'],
    ['/v1/events?after=1.5', 'after'],
    ['/v1/events?after=99999999999999999999', 'after'],
    ['/v1/events?after=', 'after'],
    ['/v1/events?type=job.exploded', 'type'],
    ['/v1/events?type=job.failed,', 'type'],
    ['/v1/events?jobId=x', 'jobId'],
    ['/v1/customers?serviceStatus=gone', 'serviceStatus'],
    ['/v1/containers?limit=x', 'limit'],
    ['/v1/stranded?cursor=AAAA', 'cursor'],
    ['/v1/clients?cursor=AAAA', 'cursor'],
    ['/v1/imports?state=lost', 'state'],
    ['/v1/imports?cursor=AAAA', 'cursor'],
    ['/v1/imports/columns', 'type'],
    ['/v1/imports/imp_01k9zv6n3fe8prx2k1w3q4t5y6/rows?verdict=good', 'verdict'],
    ['/v1/imports/imp_01k9zv6n3fe8prx2k1w3q4t5y6/rows?cursor=MTIzNDU2Nzg', 'cursor'],
    ['/v1/reference?verbose=1', 'verbose'],
  ])('%s is refused, naming %s', async (path, parameter) => {
    const problem = await refused(`${intake.url}${path}`, { key }, 400);
    expect(problem).toMatchObject({ code: 'malformed-request', errors: [{ parameter }] });
  });

  it('with an unknown name lists the known ones', async () => {
    const problem = await refused(`${jobs}?colour=red`, { key }, 400);
    expect(problem.errors?.[0]?.remedy).toContain('limit, cursor, state, type, customerId, importId, code');
    const dry = await refused(`${jobs}?dryRun=maybe`, { key, method: 'POST', json: provisioning() }, 400);
    expect(dry.errors?.[0]).toMatchObject({ parameter: 'dryRun', remedy: 'Use one of: true, false.' });
  });
});

describe('a path', () => {
  it.each([['/v1/jobs/%ff'], ['/v1/jobs/%E0%A4%A'], ['/v1/customers/%']])('%s cannot be decoded', async (path) => {
    expect(await refused(`${intake.url}${path}`, { key }, 400)).toMatchObject({
      code: 'malformed-request',
      errors: [{ parameter: 'path' }],
    });
  });

  it.each([
    ['/'],
    ['/v1'],
    ['/v2/jobs'],
    ['/v1/jobs/'],
    ['/V1/jobs'],
    ['/v1/import'],
    ['/v1/imports/imp_1'],
    ['/v1/imports/columns/x'],
    ['/v1/invoices'],
    ['/v1/jobs/a/b/c'],
    ['/v1//jobs'],
    ['/v1/customers/ref:'],
    ['/v1/customers/ref:%00'],
    ['/v1/jobs/job_%00'],
    ['/v1/customers/..%2f..%2fetc'],
    ['/.env'],
  ])('%s is not found', async (path) => {
    expect(await refused(`${intake.url}${path}`, { key }, 404)).toMatchObject({ code: 'not-found' });
  });

  it('of a reference list that is not there lists those that are', async () => {
    const problem = await refused(
      `${intake.url}/v1/reference/planets/mars`,
      { key, method: 'PUT', json: { label: 'Mars' } },
      404,
    );
    expect(problem.code).toBe('reference-not-found');
    expect(problem.detail).toContain('retention-choices');
  });
});

describe('a method', () => {
  it.each([
    ['DELETE', '/v1/jobs', 'GET, HEAD'],
    ['PUT', '/v1/jobs', 'POST'],
    ['GET', '/v1/containers/100001', 'PATCH'],
    ['POST', '/v1/reference', 'GET'],
    ['PATCH', '/openapi.json', 'GET'],
    ['POST', '/healthz', 'GET'],
    ['PROPFIND', '/v1/jobs', 'GET'],
    ['GET', '/v1/jobs/x/cancel', 'POST'],
  ])('%s %s is not allowed, and Allow names what is', async (method, path, allowed) => {
    const answer = await send(`${intake.url}${path}`, { method, key });
    expect(answer).toMatchObject({ status: 405, body: { code: 'method-not-allowed' } });
    expect(answer.headers.get('allow')).toContain(allowed);
  });

  it('OPTIONS answers what is allowed, HEAD what GET would', async () => {
    const options = await send(jobs, { method: 'OPTIONS' });
    expect(options.status).toBe(204);
    expect(options.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST']);
    const head = await send(jobs, { method: 'HEAD', key });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10);
  });
});

describe('a header', () => {
  it.each([
    ['Idempotency-Key', ''],
    ['Idempotency-Key', 'x'.repeat(201)],
    ['Idempotency-Key', '"open'],
    ['Idempotency-Key', '""'],
    ['Idempotency-Key', 'ümlaut'],
    ['Idempotency-Key', 'a\tb'],
    ['Prefer', 'wait=soon'],
    ['Prefer', 'wait=-1'],
    ['Prefer', 'respond-async, wait'],
  ])('%s: %s is refused', async (header, value) => {
    const problem = await refused(
      jobs,
      { key, method: 'POST', json: provisioning(), headers: { [header]: value } },
      400,
    );
    expect(problem).toMatchObject({ code: 'malformed-request', errors: [{ header }] });
  });

  it('Accept of something else is not acceptable', async () => {
    for (const path of ['/v1/events', '/v1/jobs'])
      for (const accept of ['text/html', 'application/xml;q=0.9', 'text/event-streams'])
        expect(await refused(`${intake.url}${path}`, { key, headers: { Accept: accept } }, 406)).toMatchObject({
          code: 'not-acceptable',
        });
    const stream = { Accept: 'text/event-stream' };
    expect(await refused(`${intake.url}/v1/jobs`, { key, headers: stream }, 406)).toMatchObject({
      detail: 'This call answers application/json, not text/event-stream.',
    });
    expect((await send(`${intake.url}/v1/events`, { key, headers: { Accept: 'text/html, */*;q=0.1' } })).status).toBe(
      200,
    );
  });
});

describe('what is not HTTP', () => {
  it.each([
    ['rubbish', 'HELLO\r\n\r\n', '400'],
    ['U+0000 in the path', 'GET /v1/jobs\0 HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['U+0000 in a header', 'GET /v1/jobs HTTP/1.1\r\nHost: x\r\nPrefer: a\0b\r\n\r\n', '400'],
    ['two lengths', 'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', '400'],
    [
      'length and chunks',
      'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
    ],
    ['headers of 20 KiB', `GET /v1/jobs HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
  ])('%s is answered as a problem', async (_, text, status) => {
    const answer = await overTcp(Number(new URL(intake.url).port), text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      code: 'malformed-request',
      status: Number(status),
    });
  });
});

function overTcp(port: number, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  let answer = '';
  socket.on('data', (piece) => {
    answer += piece.toString();
  });
  socket.on('close', () => resolve(answer));
  socket.on('error', reject);
  return promise;
}

describe('a bad request of an administrator', () => {
  it.each([
    ['POST', '/v1/containers', { json: { label: 'x', region: 'West', capacity: 10 }, pointer: '/region' }],
    ['POST', '/v1/containers', { json: { label: 'x', region: 'west', capacity: 1000 }, pointer: '/capacity' }],
    ['POST', '/v1/containers', { json: { label: 'x', region: 'west', capacity: 10, id: '1' }, pointer: '/id' }],
    ['POST', '/v1/containers', { json: { label: 'x', region: 'west', capacity: 10, seats: 1 }, pointer: '/seats' }],
    ['PATCH', '/v1/containers/100001', { json: {}, pointer: '' }],
    ['PATCH', '/v1/containers/100001', { json: { state: 'asleep' }, pointer: '/state' }],
    ['PATCH', '/v1/containers/100001', { json: undefined, pointer: '' }],
    ['POST', '/v1/clients', { json: { name: '' }, pointer: '/name' }],
    ['POST', KEYS, { json: { scopes: [] }, pointer: '/scopes' }],
    ['POST', KEYS, { json: { scopes: ['root'] }, pointer: '/scopes/0' }],
    ['PUT', '/v1/reference/industries/space', { json: { label: 'Space', amountMinor: 3 }, pointer: '/amountMinor' }],
    [
      'PUT',
      '/v1/reference/fees/retention-fax',
      { json: { label: 'Fax', amountMinor: 1.5, currency: 'usd' }, pointer: '/currency' },
    ],
  ])('%s %s names what is wrong: %j', async (method, path, { json, pointer }) => {
    const problem = await refused(`${intake.url}${path}`, { key, method, json }, 422);
    expect(problem.errors?.map((item) => item.pointer)).toContain(pointer);
  });

  it('a retention choice that is no number of days is refused', async () => {
    const problem = await refused(
      `${intake.url}/v1/reference/retention-choices/forever`,
      { key, method: 'PUT', json: { label: 'Forever' } },
      400,
    );
    expect(problem.errors?.[0]).toMatchObject({ parameter: 'code' });
  });
});

it('nothing of all this left a trace of an internal error, or a job', async () => {
  const metrics = await send(`${intake.url}/metrics`);
  expect(metrics.text).not.toMatch(/qvara_http_requests_total\{[^}]*status="5\d\d"/);
});
