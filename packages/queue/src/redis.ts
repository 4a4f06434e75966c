import { Cluster, Redis } from 'ioredis';
import type { RedisTarget } from './redis-url.ts';

export type RedisClient = Redis | Cluster;

/** A producer fails at once while the server is away; a consumer waits for it. */
export type RedisRole = 'producer' | 'consumer';

const CONNECT_TIMEOUT_MS = 5000;
const KEEP_ALIVE_MS = 10_000;
/** Longer than the longest blocking read (10 s), so that only a dead socket is given up. */
const SOCKET_TIMEOUT_MS = 15_000;
const LONGEST_PAUSE_MS = 2000;

/** Opens a client that reconnects for ever by itself; its `error` events must be listened to. */
export function openRedis(target: RedisTarget, role: RedisRole): RedisClient {
  const waits = role === 'consumer';
  const { username, password } = target;
  const options = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...('tls' in target && target.tls ? { tls: {} } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    maxRetriesPerRequest: waits ? null : 1,
  };
  if (target.form === 'cluster') {
    const nodes = target.nodes.map((node) => ({ ...node }));
    return new Cluster(nodes, { enableOfflineQueue: waits, clusterRetryStrategy: pause, redisOptions: options });
  }
  const lasting = { ...options, db: target.db, enableOfflineQueue: waits, retryStrategy: pause };
  if (target.form === 'single') return new Redis({ ...lasting, ...target.node });
  const sentinels = target.sentinels.map((node) => ({ ...node }));
  return new Redis({ ...lasting, sentinels, name: target.master, sentinelRetryStrategy: pause });
}

function pause(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), LONGEST_PAUSE_MS);
}
