import type { QueueName } from '@qvara/contracts/jobs';
import type { Processor, Queue, QueueOptions, Worker, WorkerOptions } from 'bullmq';
import { openPostgresBackend } from './postgres-backend.ts';
import { quietly } from './quietly.ts';
import { openRedisBackend } from './redis-backend.ts';
import { parseRedisUrl } from './redis-url.ts';

/** What a bell carries in BullMQ: names, nothing else. */
export type BellData = { readonly jobId: string; readonly bellNo: number };

/** One way to reach BullMQ. Producers and consumers share it and must be closed before it. */
export type QueueBackend = {
  readonly kind: 'redis' | 'postgresql';
  /** Completed bells that BullMQ keeps: on PostgreSQL keeping a number costs an expensive delete each time. */
  readonly keepCompleted: true | { readonly count: number };
  newQueue(name: QueueName, options: Omit<QueueOptions, 'connection' | 'prefix'>): Queue<BellData>;
  newWorker(
    name: QueueName,
    processor: Processor<BellData>,
    options: Omit<WorkerOptions, 'connection'>,
  ): Worker<BellData>;
  /** Fulfils when the server answers within two seconds and can take bells. Rejects with the reason. */
  ping(): Promise<void>;
  /** Closes every connection; safe to call twice. Never rejects, ends within two seconds. */
  close(): Promise<void>;
};

export type BackendOptions = {
  /** Redis; without it the queues live in PostgreSQL. */
  readonly redisUrl?: string | undefined;
  readonly databaseUrl: string;
  /** First part of every key on Redis. */
  readonly prefix?: string | undefined;
  /** Connections to PostgreSQL for queues, besides one per consumer. */
  readonly poolSize?: number | undefined;
  /** Told of lost connections, which repair themselves. */
  readonly onError?: ((error: Error) => void) | undefined;
};

/** Opens Redis, or PostgreSQL when there is no `redisUrl`. Throws when REDIS_URL is malformed; waits for nothing. */
export function openBackend(options: BackendOptions): QueueBackend {
  const { redisUrl, databaseUrl, prefix = 'qvara', poolSize = 10 } = options;
  const onError = quietly(options.onError ?? (() => undefined)).say;
  if (redisUrl === undefined) return openPostgresBackend({ databaseUrl, poolSize, onError });
  return openRedisBackend({ target: parseRedisUrl(redisUrl), prefix, onError });
}
