import type { QueueBackend } from './backend.ts';
import { openPostgresBackend } from './postgres-backend.ts';
import { quietly } from './quietly.ts';
import { openRedisBackend } from './redis-backend.ts';
import { parseRedisUrl } from './redis-url.ts';

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
