import { once } from 'node:events';
import type { BellQueue } from '@qvara/contracts/queues';
import { Queue } from 'bullmq';
import type { BellData, QueueBackend } from './backend.ts';
import { BellWorker } from './bell-worker.ts';
import { openRedis, type RedisClient, type RedisRole } from './redis.ts';
import type { RedisTarget } from './redis-url.ts';
import { within } from './within.ts';

const PING_MS = 2000;
const QUIT_MS = 1000;

/** Queues on Redis. Each role has one connection, opened when it is first needed; BullMQ adds one per worker. */
export function openRedisBackend(options: {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}): QueueBackend {
  const clients = new Map<RedisRole, RedisClient>();
  // The braces put all keys of one queue into one slot of a cluster.
  const prefixOf = (name: BellQueue) => `{${options.prefix}:${name}}`;

  function client(role: RedisRole): RedisClient {
    const known = clients.get(role);
    if (known !== undefined) return known;
    const opened = openRedis(options.target, role).on('error', options.onError);
    clients.set(role, opened);
    return opened;
  }

  return {
    kind: 'redis',
    keepCompleted: { count: 100 },
    newQueue: (name, settings) =>
      new Queue<BellData>(name, { ...settings, connection: client('producer'), prefix: prefixOf(name) }),
    newWorker: (name, processor, settings) =>
      new BellWorker(name, processor, { ...settings, connection: client('consumer'), prefix: prefixOf(name) }),
    async ping() {
      await within(PING_MS, 'Redis', answer(client('producer')));
    },
    async close() {
      const open = [...clients.values()];
      clients.clear();
      await Promise.all(open.map(quit));
    },
  };
}

async function answer(client: RedisClient): Promise<void> {
  if (client.status !== 'ready') await once(client, 'ready', { signal: AbortSignal.timeout(PING_MS) });
  await client.ping();
}

async function quit(client: RedisClient): Promise<void> {
  if (client.status === 'ready') await within(QUIT_MS, 'QUIT', client.quit()).catch(() => undefined);
  client.disconnect();
}
