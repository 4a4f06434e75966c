import type { Bell } from '@qvara/contracts/jobs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { redisUrl } from '../../../test/support/redis.ts';
import type { QueueBackend } from './backend.ts';
import { openBackend } from './connection.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { createProducer, type Producer } from './producer.ts';

let jobs = 0;
function newBell(): Bell {
  jobs += 1;
  return {
    queue: 'provisioning',
    jobId: `job_01k9zv6n3fe8prx2k1w3q5${String(jobs).padStart(4, '0')}`,
    bellNo: 1,
  };
}

describe.each(['redis', 'postgresql'] as const)('pauses on %s', (kind) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let backend: QueueBackend;
  let producer: Producer;
  let consumer: Consumer;
  let seen: string[];

  beforeEach(async () => {
    database = await createTestDatabase();
    const redis = kind === 'redis' ? redisUrl() : undefined;
    backend = openBackend({ redisUrl: redis, databaseUrl: database.url, prefix: `order-${process.pid}-${Date.now()}` });
    producer = createProducer(backend);
    seen = [];
    consumer = createConsumer({
      backend,
      queue: 'provisioning',
      concurrency: 1,
      onError: () => undefined,
      async handle({ jobId }) {
        seen.push(jobId);
        return { outcome: 'done' };
      },
    });
  });
  afterEach(async () => {
    await consumer.close(1000);
    await producer.close();
    await backend.close();
    await database.drop();
  });

  test('a paused queue takes bells and gives none; when it goes on it gives them all', async () => {
    const bells = [newBell(), newBell()];
    await producer.setPaused(new Set(['provisioning']));
    await consumer.start();
    await producer.ring(bells);
    expect(await producer.findLostBells(bells)).toEqual([]);
    expect(await producer.queues()[0]?.isPaused()).toBe(true);
    expect(seen).toEqual([]);
    await producer.setPaused(new Set());
    await eventually(() => seen.length === 2);
  });
});
