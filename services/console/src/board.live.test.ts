import { BELL_QUEUES } from '@qvara/contracts/queues';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { redisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { HTML, signedIn, startTestConsole, type TestConsole } from './test-console.ts';

describe.each(['postgresql', 'redis'] as const)('the board with queues on %s', (kind) => {
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

  test('an operator sees the start page and the board lists every queue', async () => {
    const { key, headers } = await signedIn(console_);
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
    expect(queues.map(({ name }) => name).toSorted()).toEqual([...BELL_QUEUES].toSorted());
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
    expect((await console_.get('/bull-board/api/redis/stats', headers)).status).toBe(200);
    expect((await console_.get(`/bull-board/api/queues/${BELL_QUEUES[0]}/workers`, headers)).status).toBe(200);
  });

  test.each([
    ['PUT', '/bull-board/api/queues/pause'],
    ['PUT', `/bull-board/api/queues/${BELL_QUEUES[0]}/pause`],
    ['PUT', `/bull-board/api/queues/${BELL_QUEUES[0]}/retry/failed`],
    ['POST', `/bull-board/api/queues/${BELL_QUEUES[0]}/add`],
    ['PUT', `/bull-board/api/queues/${BELL_QUEUES[0]}/obliterate`],
  ])('the board changes nothing: %s %s', async (method, path) => {
    const { headers } = await signedIn(console_);
    const response = await fetch(console_.url + path, { method, headers });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});
