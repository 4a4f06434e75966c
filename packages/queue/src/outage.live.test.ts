import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Bell } from '@qvara/contracts/jobs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { redisUrl } from '../../../test/support/redis.ts';
import type { QueueBackend } from './backend.ts';
import { openBackend } from './connection.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { createProducer, type Producer } from './producer.ts';

/** A line to a server that can be cut and mended. */
async function openLine(url: string) {
  const { hostname, port: serverPort } = new URL(url);
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(Number(serverPort), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => near.destroy() && far.destroy() && sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const through = new URL(url);
  through.host = `127.0.0.1:${port}`;
  return {
    url: through.href,
    async cut() {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async mend() {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    },
  };
}

const bell = (bellNo: number): Bell => ({
  queue: 'settings',
  jobId: 'job_01k9zv6n3fe8prx2k1w3q4t5y6',
  bellNo,
});

describe.each(['redis', 'postgresql'] as const)('outages of %s', (kind) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let line: Awaited<ReturnType<typeof openLine>>;
  let backend: QueueBackend;
  let producer: Producer;
  let consumer: Consumer;
  let heard: number[];
  let handled: Promise<void>;

  beforeEach(async () => {
    database = await createTestDatabase();
    line = await openLine(kind === 'redis' ? redisUrl() : database.url);
    heard = [];
    handled = Promise.resolve();
  });

  afterEach(async () => {
    await consumer.close(1000);
    await producer.close();
    await backend.close();
    await line.cut().catch(() => undefined);
    await database.drop();
  });

  function open(): void {
    const prefix = `outage-${process.pid}-${Date.now()}`;
    backend =
      kind === 'redis'
        ? openBackend({ redisUrl: line.url, databaseUrl: 'postgres://nobody@127.0.0.1:1/none', prefix })
        : openBackend({ databaseUrl: line.url });
    producer = createProducer(backend);
    consumer = createConsumer({
      backend,
      queue: 'settings',
      concurrency: 2,
      handle: async ({ bellNo }) => {
        heard.push(bellNo);
        await handled;
        return { outcome: 'done' };
      },
      onError: () => undefined,
    });
  }

  const delivered = (bellNo: number) => expect.poll(() => heard, { timeout: 15_000 }).toContain(bellNo);

  test('ringing fails within its bound while the server is away, and closing ends within its deadline', async () => {
    open();
    await consumer.start();
    await producer.ring([bell(1)]);
    await delivered(1);
    await line.cut();
    const began = performance.now();
    await expect(producer.ring([bell(2)])).rejects.toThrow();
    await expect(backend.ping()).rejects.toThrow();
    await expect(producer.findLostBells([bell(2)])).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(8000);
    const closing = performance.now();
    await consumer.close(2000);
    expect(performance.now() - closing).toBeLessThan(2300);
    await line.mend();
  });

  test('bells are rung and delivered again after the server was away', async () => {
    open();
    await consumer.start();
    await producer.ring([bell(1)]);
    await delivered(1);
    await line.cut();
    await expect(producer.ring([bell(2)])).rejects.toThrow();
    await line.mend();
    await expect.poll(() => producer.ring([bell(3)]).then(() => 'rung', String), { timeout: 15_000 }).toBe('rung');
    await delivered(3);
  });

  test('a server that is away at the start is found when it comes', async () => {
    await line.cut();
    open();
    const started = consumer.start();
    await expect(producer.ring([bell(1)])).rejects.toThrow();
    await line.mend();
    await started;
    await expect.poll(() => producer.ring([bell(1)]).then(() => 'rung', String), { timeout: 15_000 }).toBe('rung');
    await delivered(1);
  });

  test('an answer that an outage swallowed ends as delivered again, never as failed', async () => {
    const handler = Promise.withResolvers<void>();
    handled = handler.promise;
    open();
    await consumer.start();
    await producer.ring([bell(1)]);
    await delivered(1);
    await line.cut();
    handler.resolve();
    await expect(producer.findLostBells([bell(1)])).rejects.toThrow();
    await line.mend();
    const lost = () => producer.findLostBells([bell(1)]).then((bells) => bells.length, String);
    await expect.poll(lost, { timeout: 45_000, interval: 200 }).toBe(1);
    expect(await producer.queues()[1]?.getFailedCount()).toBe(0);
  });
});
