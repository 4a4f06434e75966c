import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

/** Time enough for many jobs, and for a look of every worker at what was lost. */
const WHILE_MS = 6_000;
const BUSY = 10;

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

/** Has the other queue change a customer again and again, for a while; answers how many jobs that were. */
async function workElsewhere(customerId: string, during: () => Promise<void>): Promise<number> {
  const until = performance.now() + WHILE_MS;
  let jobs = 0;
  while (performance.now() < until) {
    jobs += 1;
    const { id } = await api.post({ type: 'customer.update', customerId, payload: { name: `Name ${jobs}` } });
    expect(await api.ended(id)).toMatchObject({ state: 'completed', attempt: 1 });
    await during();
  }
  return jobs;
}

it('a paused queue accepts jobs and runs none while the other goes on, also after Redis was wiped, until it is resumed', async () => {
  const { id: first, customerId } = await api.post(provisioning());
  await api.ended(first);
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
  const waits = async () => expect(await api.job(id)).toMatchObject({ state: 'accepted', startedAt: null });
  await stack.startWorker();
  expect(await workElsewhere(customerId, waits)).toBeGreaterThan(BUSY);
  const resumed = new Date().toISOString();
  await api.call('POST', '/v1/queues/provisioning/resume');
  const ended = await api.ended(id);
  expect(ended).toMatchObject({ state: 'completed', attempt: 1 });
  expect(String(ended.startedAt) > resumed).toBe(true);
});
