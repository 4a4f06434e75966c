import { afterEach, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { redisUrl } from '../support/redis.ts';
import { type RunningIntake, send, startIntake } from './running-intake.ts';

let intake: RunningIntake;
afterEach(() => intake.close());

describe('every answer', () => {
  it('has an id, says what a browser must not do, and not what we run on', async () => {
    intake = await startIntake();
    for (const path of ['/v1/jobs', '/healthz', '/docs', '/nowhere']) {
      const { headers } = await send(`${intake.url}${path}`);
      expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-powered-by')).toBeNull();
    }
    const sane = await send(`${intake.url}/v1/jobs`, { headers: { 'X-Request-Id': 'trace-7.a_b' } });
    expect(sane.headers.get('x-request-id')).toBe('trace-7.a_b');
    const odd = await send(`${intake.url}/v1/jobs`, { headers: { 'X-Request-Id': '<script>' } });
    expect(odd.headers.get('x-request-id')).not.toContain('<');
  });

  it('is counted by route, method and status', async () => {
    intake = await startIntake();
    const key = await intake.key();
    await send(`${intake.url}/v1/jobs/job_01k9zv6n3fe8prx2k1w3q4t5y6`, { key });
    await send(`${intake.url}/random/path`);
    const { text } = await send(`${intake.url}/metrics`);
    expect(text).toMatch(
      /qvara_http_requests_total\{method="GET",route="\/v1\/jobs\/\{id\}",status="404",service="intake"\} 1/,
    );
    expect(text).toMatch(/route="unknown"/);
    expect(text).not.toContain('random/path');
    expect(text).toContain('qvara_queue_up{service="intake"} 1');
  });
});

describe('a limit of requests', () => {
  it('is told in headers, kept per key, and ends in a 429', async () => {
    intake = await startIntake({ rateLimit: 3 });
    const [one, two] = [await intake.key(), await intake.key()];
    const read = (key: typeof one) => send(`${intake.url}/v1/reference`, { key });
    const first = await read(one);
    expect(first.headers.get('ratelimit-policy')).toBe('"key";q=3;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"key";r=2;t=\d+$/);
    await read(one);
    await read(one);
    const over = await read(one);
    expect(over).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await read(two)).status).toBe(200);
  });
});

describe('without its queue', () => {
  it('intake accepts, is ready, and says that the queue is away', async () => {
    intake = await startIntake({ redisUrl: 'redis://127.0.0.1:1' });
    const key = await intake.key();
    expect((await send(`${intake.url}/v1/jobs`, { method: 'POST', key, json: provisioning() })).status).toBe(202);
    const ready = await send(`${intake.url}/readyz`);
    expect(ready).toMatchObject({ status: 200, body: { status: 'ready', checks: { ledger: 'ok' } } });
    expect(ready.headers.get('degraded')).toBe('queue');
  });

  it('that is there, intake says nothing of it', async () => {
    intake = await startIntake({ redisUrl: redisUrl() });
    expect((await send(`${intake.url}/readyz`)).headers.get('degraded')).toBeNull();
  });
});

describe('without its ledger', () => {
  it('intake is not ready, and answers 503 with Retry-After to everything that needs it', async () => {
    intake = await startIntake();
    const key = await intake.key();
    await send(`${intake.url}/v1/jobs`, { key });
    await intake.cutLedger();
    const sent = { method: 'POST', key, json: provisioning() };
    for (const [path, how] of [
      ['/v1/jobs', sent],
      ['/v1/jobs', { key }],
      ['/v1/customers', { key }],
      ['/v1/events', { key }],
    ] as const) {
      const answer = await send(`${intake.url}${path}`, how);
      expect(answer, `${path} ${answer.text}`).toMatchObject({
        status: 503,
        body: { code: 'unavailable', requestId: expect.any(String) },
      });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.text).not.toMatch(/postgres|ECONN|database|select/i);
    }
    expect((await send(`${intake.url}/readyz`)).status).toBe(503);
    expect((await send(`${intake.url}/healthz`)).status).toBe(200);
  });
});

describe('a stop', () => {
  it('lets those who wait go with the job as it is, rings what is rung, and takes no more', async () => {
    intake = await startIntake();
    const key = await intake.key();
    const waiting = send(`${intake.url}/v1/jobs`, {
      method: 'POST',
      key,
      json: provisioning(),
      headers: { Prefer: 'wait=60' },
    });
    await eventually(async () => (await intake.ledger.pool.query('select from jobs')).rowCount === 1);
    const started = performance.now();
    const [answer] = await Promise.all([waiting, intake.stop()]);
    expect(answer).toMatchObject({ status: 202, body: { state: 'accepted' } });
    expect(performance.now() - started).toBeLessThan(4_000);
    await expect(send(`${intake.url}/healthz`)).rejects.toThrow();
    const { rows } = await intake.ledger.pool.query('select bell, bell_no from jobs');
    expect(rows).toEqual([{ bell: 'rung', bell_no: 1 }]);
  });
});
