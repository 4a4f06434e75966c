import type { Bell } from '@qvara/contracts/jobs';
import type { Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { redisUrl } from '../../../test/support/redis.ts';
import type { QueueBackend } from './backend.ts';
import { openBackend } from './connection.ts';
import { type BellAnswer, type Consumer, createConsumer, type Handle } from './consumer.ts';
import { createProducer, type Producer } from './producer.ts';

let jobs = 0;
function newBell(bellNo = 1): Bell {
  jobs += 1;
  return {
    queue: 'provisioning',
    jobId: `job_01k9zv6n3fe8prx2k1w3q4${String(jobs).padStart(4, '0')}`,
    bellNo,
  };
}

describe.each(['redis', 'postgresql'] as const)('bells on %s', (kind) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let backend: QueueBackend;
  let producer: Producer;
  let consumers: Consumer[];
  let errors: string[];

  beforeEach(async () => {
    database = await createTestDatabase();
    const redis = kind === 'redis' ? redisUrl() : undefined;
    backend = openBackend({ redisUrl: redis, databaseUrl: database.url, prefix: `test-${process.pid}-${Date.now()}` });
    producer = createProducer(backend);
    consumers = [];
    errors = [];
  });

  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.close(1000)));
    await producer.close();
    await backend.close();
    await database.drop();
  });

  async function consume(handle: Handle, concurrency = 1): Promise<Consumer> {
    const onError = ({ message }: Error) => void errors.push(message);
    const consumer = createConsumer({ backend, queue: 'provisioning', concurrency, handle, onError });
    consumers.push(consumer);
    await consumer.start();
    return consumer;
  }

  /** Records deliveries; `until` fulfils when the named bell has been delivered. */
  function recorder(answer: BellAnswer = { outcome: 'done' }) {
    const seen: string[] = [];
    const waiting = new Map<string, () => void>();
    const handle: Handle = async ({ jobId, bellNo }) => {
      seen.push(`${jobId}-${bellNo}`);
      waiting.get(jobId)?.();
      return answer;
    };
    const until = ({ jobId }: Bell) => new Promise<void>((resolve) => waiting.set(jobId, resolve));
    return { seen, handle, until };
  }

  async function deliverAll(rings: Bell[][], answer?: BellAnswer): Promise<string[]> {
    const { seen, handle, until } = recorder(answer);
    const last = newBell();
    for (const bells of rings) await producer.ring(bells);
    await producer.ring([last]);
    const end = until(last);
    await consume(handle);
    await end;
    return seen.slice(0, -1);
  }

  test('a bell is delivered once, in the order of the rings', async () => {
    const bells = [newBell(), newBell(), newBell()];
    expect(await deliverAll(bells.map((bell) => [bell]))).toEqual(bells.map(({ jobId }) => `${jobId}-1`));
  });

  test('the same bell rung twice is one delivery', async () => {
    const bell = newBell();
    expect(await deliverAll([[bell, bell], [bell]])).toEqual([`${bell.jobId}-1`]);
  });

  test('the same job with a new number is delivered again', async () => {
    const bell = newBell();
    expect(await deliverAll([[bell], [{ ...bell, bellNo: 2 }]])).toEqual([`${bell.jobId}-1`, `${bell.jobId}-2`]);
  });

  test('a bell of another queue is not delivered', async () => {
    expect(await deliverAll([[{ ...newBell(), queue: 'settings' }]])).toEqual([]);
  });

  test('a job given up shows as failed, also when its message holds NULs and lone surrogates', async () => {
    const bell = newBell();
    const failure = { code: 'platform-broken', message: `a\0b\ud800c${'x'.repeat(3000)}` };
    await deliverAll([[bell]], { outcome: 'give-up', failure });
    const [queue] = producer.queues();
    await expect.poll(() => queue?.getFailedCount(), { timeout: 5000 }).toBe(2);
    const job = await queue?.getJob(`${bell.jobId}-1`);
    expect(job?.failedReason).toMatch(/^platform-broken: abcx{900,}$/);
    expect(job?.failedReason.length).toBe(1000);
  });

  test('waiting, held and stale bells show as finished, not as failed', async () => {
    await deliverAll([[newBell()]], { outcome: 'wait' });
    const [queue] = producer.queues();
    await expect.poll(() => queue?.getActiveCount(), { timeout: 5000 }).toBe(0);
    expect(await queue?.getFailedCount()).toBe(0);
    expect(await queue?.getCompletedCount()).toBe(kind === 'redis' ? 2 : 0);
  });

  test.each([64, 65])('%i bells of one ring are all delivered once, many in their order', async (count) => {
    const bells = Array.from({ length: count }, newBell);
    const delivered = await deliverAll([bells]);
    const expected = bells.map(({ jobId }) => `${jobId}-1`);
    expect(delivered.toSorted()).toEqual(expected.toSorted());
    if (count > 64) expect(delivered).toEqual(expected);
  });

  test('a malformed bell and a defect are reported, and bells after them are delivered', async () => {
    const [queue] = producer.queues() as [Queue];
    await queue.add('bell', { jobId: 'no', bellNo: 'x' }, { jobId: 'odd' });
    const defect = newBell();
    const last = newBell();
    for (const bell of [defect, last]) await producer.ring([bell]);
    const { handle, until } = recorder();
    const end = until(last);
    await consume((bell, signal) => {
      if (bell.jobId === defect.jobId) throw new Error('broken\0 code');
      return handle(bell, signal);
    });
    await end;
    expect(errors).toEqual(['A malformed bell was dropped: odd', 'broken\0 code']);
    expect((await queue.getJob(`${defect.jobId}-1`))?.failedReason).toBe('defect: broken code');
  });

  test('bells that BullMQ forgot or finished are lost, later also those a worker took; those waiting are not', async () => {
    const [finished, failed, running, waiting, forgotten] = Array.from({ length: 5 }, () => newBell()) as [
      Bell,
      Bell,
      Bell,
      Bell,
      Bell,
    ];
    const all = [forgotten, finished, failed, running, waiting];
    for (const bell of [finished, failed, running, waiting]) await producer.ring([bell]);
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await consume(async ({ jobId }) => {
      if (jobId === failed.jobId) return { outcome: 'give-up', failure: { code: 'x', message: 'y' } };
      if (jobId !== running.jobId) return { outcome: 'done' };
      started.resolve();
      await release.promise;
      return { outcome: 'done' };
    });
    await started.promise;
    expect(await producer.findLostBells(all)).toEqual([forgotten, finished, failed]);
    expect(await producer.findLostBells(all, { taken: true })).toEqual([forgotten, finished, failed, running]);
    release.resolve();
  });

  test('closing aborts the signal, waits for the handler, and gives back the bell it was interrupted at', async () => {
    const bell = newBell();
    await producer.ring([bell]);
    const started = Promise.withResolvers<void>();
    const consumer = await consume(async (_, signal) => {
      started.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { outcome: 'interrupted' };
    });
    await started.promise;
    const began = performance.now();
    await consumer.close(5000);
    expect(performance.now() - began).toBeLessThan(2500);
    expect(await producer.findLostBells([bell], { taken: true })).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('closing returns by its deadline while a handler hangs', async () => {
    await producer.ring([newBell()]);
    const started = Promise.withResolvers<void>();
    const consumer = await consume(() => {
      started.resolve();
      return new Promise(() => undefined);
    });
    await started.promise;
    const began = performance.now();
    await consumer.close(1000);
    expect(performance.now() - began).toBeLessThan(1300);
  });

  test('bells rung while a consumer closes are delivered by the next one', async () => {
    const bells = Array.from({ length: 200 }, () => newBell());
    const { seen, handle } = recorder();
    const first = await consume(handle, 5);
    const rings = (async () => {
      for (let from = 0; from < bells.length; from += 10) await producer.ring(bells.slice(from, from + 10));
    })();
    await expect.poll(() => seen.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(0);
    await Promise.all([first.close(5000), rings]);
    await consume(handle, 5);
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(200);
    expect(new Set(seen).size).toBe(200);
  });
});
