import { randomBytes } from 'node:crypto';
import { QUEUE_NAMES } from '@qvara/contracts/jobs';
import { openBackend } from '@qvara/queue/connection';
import { randomToken, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { createMetrics } from '@qvara/runtime/metrics';
import { createProbes } from '@qvara/runtime/probes';
import { addClient, addKey, revokeKey } from '@qvara/store/clients';
import { closeLedger, openLedger, ping } from '@qvara/store/orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { redisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { createApp } from './app.ts';
import { createBoard } from './board.ts';
import { operatorsOf } from './operators.ts';
import { startServer } from './server.ts';

const HTML = { Accept: 'text/html,*/*;q=0.8' };
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const by = { keyId: 'key_test', clientId: 'cli_test' };

async function startConsole(redis: string | undefined) {
  const database = await createTestDatabase();
  const jobSettings = { clientWindow: 1, quarantineDays: 1, sipDomain: 'unused.invalid' };
  const ledger = await openLedger({ databaseUrl: database.url, ...jobSettings });
  const backend = openBackend({ databaseUrl: database.url, redisUrl: redis, prefix: uniquePrefix() });
  const board = createBoard(backend, silent);
  const clientId = newId('cli');
  await addClient(ledger, by, { id: clientId, name: 'Operators' });
  const clock = { now: Date.now() };
  const checks = { ledger: () => ping(ledger), queues: () => backend.ping() };
  const app = createApp({
    find: operatorsOf(ledger, silent),
    board,
    probes: createProbes({ metrics: createMetrics({ service: 'console' }), checks }),
    secretKeys: [randomBytes(32)],
    proxies: 1,
    docs: 'http://127.0.0.1:4000/docs',
    logger: silent,
    now: () => clock.now,
  });
  const server = await startServer(app, { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  let addresses = 0;
  return {
    url,
    clock,
    revoke: (keyId: string) => revokeKey(ledger, by, keyId),
    async newKey(...scopes: ('admin' | 'jobs:read')[]) {
      const [id, text] = [newId('key'), `qk_${randomToken(32)}`];
      const secretHash = Buffer.from(sha256(text), 'hex');
      await addKey(ledger, by, { id, clientId, label: null, scopes, secretHash });
      return { id, text };
    },
    get: (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers, redirect: 'manual' }),
    /** Each attempt comes from an address of its own unless `headers` say otherwise. */
    signIn: (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${url}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...HTML, 'X-Forwarded-For': `192.0.2.${++addresses}`, ...headers },
        body: new URLSearchParams(fields),
      }),
    async stop() {
      await server.close(1000);
      await board.close();
      await Promise.all([backend.close(), closeLedger(ledger)]);
      await database.drop();
    },
  };
}

function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
}

describe.each(['postgresql', 'redis'] as const)('the console with queues on %s', (kind) => {
  let console_: Awaited<ReturnType<typeof startConsole>>;

  beforeAll(async () => {
    console_ = await startConsole(kind === 'redis' ? redisUrl() : undefined);
  });
  afterAll(() => console_?.stop());

  async function signedIn() {
    const key = await console_.newKey('admin');
    const response = await console_.signIn({ key: key.text });
    expect(response.status).toBe(303);
    return { key, headers: { Cookie: cookieOf(response) } };
  }

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

  test('an operator sees the start page and the board lists every queue', async () => {
    const { key, headers } = await signedIn();
    const start = await (await console_.get('/', { ...HTML, ...headers })).text();
    expect(start).toContain(key.id);
    expect(start).toContain('href="/bull-board"');
    expect(start).toContain('href="http://127.0.0.1:4000/docs"');
    const board = await console_.get('/bull-board', { ...HTML, ...headers });
    expect(board.status).toBe(200);
    expect(await board.text()).toContain('<base href="/bull-board/" />');
    const listed = await console_.get('/bull-board/api/queues', headers);
    expect(listed.status).toBe(200);
    const { queues } = (await listed.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
    expect(queues.map(({ name }) => name).toSorted()).toEqual([...QUEUE_NAMES].toSorted());
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
    expect((await console_.get('/bull-board/api/redis/stats', headers)).status).toBe(200);
    expect((await console_.get(`/bull-board/api/queues/${QUEUE_NAMES[0]}/workers`, headers)).status).toBe(200);
  });

  test.each([
    ['PUT', '/bull-board/api/queues/pause'],
    ['PUT', `/bull-board/api/queues/${QUEUE_NAMES[0]}/pause`],
    ['PUT', `/bull-board/api/queues/${QUEUE_NAMES[0]}/retry/failed`],
    ['POST', `/bull-board/api/queues/${QUEUE_NAMES[0]}/add`],
    ['PUT', `/bull-board/api/queues/${QUEUE_NAMES[0]}/obliterate`],
  ])('the board changes nothing: %s %s', async (method, path) => {
    const { headers } = await signedIn();
    const response = await fetch(console_.url + path, { method, headers });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('a revoked key ends the session within a minute', async () => {
    const { key, headers } = await signedIn();
    expect((await console_.get('/', headers)).status).toBe(200);
    await console_.revoke(key.id);
    console_.clock.now += 61_000;
    expect((await console_.get('/', headers)).status).toBe(401);
    expect((await console_.get('/bull-board/api/queues', headers)).status).toBe(401);
  });

  test('a session ends after eight hours', async () => {
    const { headers } = await signedIn();
    console_.clock.now += 8 * 60 * 60 * 1000;
    expect((await console_.get('/', headers)).status).toBe(401);
  });

  test('signing out takes the cookie away', async () => {
    const { headers } = await signedIn();
    const response = await fetch(`${console_.url}/logout`, { method: 'POST', headers, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/login']);
    expect(response.headers.getSetCookie()[0]).toMatch(/^qvara-console=; .*Expires=Thu, 01 Jan 1970/);
    expect((await console_.get('/logout', headers)).status).toBe(405);
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

  test('probes need no session, and every answer carries the security headers', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/console.css', '/login']) {
      const response = await console_.get(path, HTML);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-powered-by')).toBeNull();
    }
    const { headers } = await signedIn();
    const board = await console_.get('/bull-board', { ...HTML, ...headers });
    expect(board.headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
    expect(board.headers.get('x-powered-by')).toBeNull();
    for (const path of ['/nowhere', '/bull-board/nowhere'])
      expect((await console_.get(path, headers)).status).toBe(404);
  });
});
