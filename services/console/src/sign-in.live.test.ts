import { randomToken } from '@qvara/runtime/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { redisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { startTestConsole, type TestConsole } from './test-console.ts';

describe.each(['postgresql', 'redis'] as const)('signing in, with queues on %s', (kind) => {
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

  test('wrong, malformed, revoked and too weak keys are refused with the same page', async () => {
    const revoked = await console_.newKey('admin');
    await console_.revoke(revoked.id);
    const weak = await console_.newKey('jobs:read');
    const pages = new Set<string>();
    for (const key of [`qk_${randomToken(32)}`, 'nonsense', revoked.text, weak.text]) {
      const response = await console_.signIn({ key });
      expect(response.status).toBe(401);
      expect(response.headers.getSetCookie()).toEqual([]);
      const page = await response.text();
      expect(page).not.toContain(key);
      pages.add(page);
    }
    expect(pages.size).toBe(1);
  });

  test('nobody is sent to another site', async () => {
    const key = await console_.newKey('admin');
    for (const next of ['//evil.test', 'https://evil.test', '/\\evil.test', '/.//evil.test']) {
      expect((await console_.signIn({ key: key.text, next })).headers.get('location')).toBe('/');
    }
  });

  test('a script cannot read the cookie, another site cannot use it, and https keeps it to itself', async () => {
    const { text: key } = await console_.newKey('admin');
    const plain = (await console_.signIn({ key })).headers.getSetCookie()[0];
    expect(plain).toMatch(/^qvara-console=.*; Path=\/; .*HttpOnly; SameSite=Strict$/);
    const secure = (await console_.signIn({ key }, { 'X-Forwarded-Proto': 'https' })).headers.getSetCookie()[0];
    expect(secure).toMatch(/^__Host-qvara-console=.*; Path=\/; .*HttpOnly; Secure; SameSite=Strict$/);
  });

  test.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ 'Sec-Fetch-Site': 'same-site' }, 403],
    [{ Origin: 'https://evil.test' }, 403],
    [{ Origin: 'null' }, 403],
    [{ 'Sec-Fetch-Site': 'same-origin' }, 303],
  ] as [Record<string, string>, number][])('what another site sends is refused: %j', async (headers, status) => {
    const { text: key } = await console_.newKey('admin');
    expect((await console_.signIn({ key }, headers)).status).toBe(status);
  });

  test('a form of our own passes by its origin', async () => {
    const { text: key } = await console_.newKey('admin');
    expect((await console_.signIn({ key }, { Origin: console_.url })).status).toBe(303);
  });

  test('who tries too often has to wait, even with the right key', async () => {
    const { text: key } = await console_.newKey('admin');
    const from = { 'X-Forwarded-For': '198.51.100.7' };
    for (let attempt = 0; attempt < 10; attempt++) expect((await console_.signIn({ key: 'x' }, from)).status).toBe(401);
    const refused = await console_.signIn({ key }, from);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('a body that is too large is refused', async () => {
    expect((await console_.signIn({ key: 'x'.repeat(10_000) })).status).toBe(413);
  });
});
