import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

let redis: RedisServer;
let memory: Redis;
let stack: Stack;
let api: Api;

beforeAll(async () => {
  redis = await startRedis();
  memory = new Redis(redis.url);
  stack = await startStack({ backend: 'postgres', env: { REDIS_URL: redis.url } });
  api = await stack.client();
  await addContainers(api, [{ id: '100001', capacity: 10 }]);
});
afterAll(async () => {
  await stack?.stop();
  memory?.disconnect();
  await redis?.stop();
});

const isPaused = async () => (await memory.hexists('{qvara:provisioning}:provisioning:meta', 'paused')) === 1;

it('a paused queue accepts jobs and runs none, also after Redis was wiped, until it is resumed', async () => {
  const paused = await api.call('POST', '/v1/queues/provisioning/pause');
  expect(paused).toMatchObject({ status: 200, body: { name: 'provisioning', paused: true, outstanding: 0 } });
  await eventually(isPaused, { describe: 'workers heard of the pause' });
  await memory.flushall();
  await eventually(isPaused, { describe: 'the pause is put back' });
  const { id } = await api.post(provisioning());
  const { body } = await api.call<{ items: object[] }>('GET', '/v1/queues');
  expect(body.items).toMatchObject([
    { name: 'provisioning', paused: true, outstanding: 1 },
    { name: 'settings', paused: false, outstanding: 0 },
  ]);
  expect((await api.job(id)).state).toBe('accepted');
  await api.call('POST', '/v1/queues/provisioning/resume');
  expect(await api.ended(id)).toMatchObject({ state: 'completed', attempt: 1 });
});
