import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { redisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { HTML, signedIn, startTestConsole, type TestConsole } from './test-console.ts';

describe.each(['postgresql', 'redis'] as const)('the gate, with queues on %s', (kind) => {
  let database: TestDatabase;
  let console_: TestConsole;

  beforeAll(async () => {
    database = await createTestDatabase();
    const redis = kind === 'redis' ? redisUrl() : undefined;
    console_ = await startTestConsole({ databaseUrl: database.url, redisUrl: redis, prefix: uniquePrefix() });
  });
  afterAll(async () => {
    await console_?.stop();
    await database?.drop();
  });

  test('a stranger with a browser is led to the sign-in page and back', async () => {
    const path = '/bull-board/queue/tenants?status=failed';
    const response = await console_.get(path, HTML);
    expect(response.status).toBe(302);
    const login = response.headers.get('location') ?? '';
    expect(login).toBe(`/login?next=${encodeURIComponent(path)}`);
    const page = await (await console_.get(login, HTML)).text();
    expect(page).toContain(`name="next" value="${path}"`);
    const key = await console_.newKey('admin');
    expect((await console_.signIn({ key: key.text, next: path })).headers.get('location')).toBe(path);
  });

  test.each(['/', '/bull-board/api/queues', '/bull-board/static/favicon.ico', '/nowhere'])(
    'a program without a session gets a 401 problem: %s',
    async (path) => {
      const response = await console_.get(path);
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.json()).toMatchObject({ status: 401, code: 'unauthenticated', instance: path });
    },
  );

  test('a stranger changes nothing, not even with a browser', async () => {
    const response = await fetch(`${console_.url}/bull-board/api/queues/pause`, { method: 'PUT', headers: HTML });
    expect(response.status).toBe(401);
  });

  test('a revoked key ends the session within a minute', async () => {
    const { key, headers } = await signedIn(console_);
    expect((await console_.get('/', headers)).status).toBe(200);
    await console_.revoke(key.id);
    console_.clock.now += 61_000;
    expect((await console_.get('/', headers)).status).toBe(401);
    expect((await console_.get('/bull-board/api/queues', headers)).status).toBe(401);
  });

  test('a session ends after eight hours', async () => {
    const { headers } = await signedIn(console_);
    console_.clock.now += 8 * 60 * 60 * 1000;
    expect((await console_.get('/', headers)).status).toBe(401);
  });

  test('signing out takes the cookie away', async () => {
    const { headers } = await signedIn(console_);
    const response = await fetch(`${console_.url}/logout`, { method: 'POST', headers, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/login']);
    expect(response.headers.getSetCookie()[0]).toMatch(/^qvara-console=; .*Expires=Thu, 01 Jan 1970/);
    expect((await console_.get('/logout', headers)).status).toBe(405);
  });

  test('probes need no session, and every answer carries the security headers', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/console.css', '/login']) {
      const response = await console_.get(path, HTML);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-powered-by')).toBeNull();
    }
    const { headers } = await signedIn(console_);
    const board = await console_.get('/bull-board', { ...HTML, ...headers });
    expect(board.headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
    expect(board.headers.get('x-powered-by')).toBeNull();
    for (const path of ['/nowhere', '/bull-board/nowhere'])
      expect((await console_.get(path, headers)).status).toBe(404);
  });
});
