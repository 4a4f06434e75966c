import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@qvara/standalone/embedded-postgres';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { createLock } from './slot.ts';

/** A server that can be stopped, crashed and started again on the same port and files. */
type Restartable = {
  readonly port: number;
  readonly url: string;
  /** Waits until nobody else disturbs it; answers what gives it free again. */
  readonly take: () => Promise<() => void>;
  readonly start: () => Promise<void>;
  /** Ends it in order. */
  readonly stop: () => Promise<void>;
};

export type Postgres = Restartable & {
  readonly database: (name: string) => string;
  /** Ends it by a signal: SIGQUIT is an immediate shutdown, SIGKILL a crash. */
  readonly crash: (signal: 'SIGQUIT' | 'SIGKILL') => Promise<void>;
};
export type RedisBox = Restartable & {
  readonly kill: () => Promise<void>;
  /** Takes away what it has written to disk, while it is down. */
  readonly forget: () => Promise<void>;
};

/** A PostgreSQL of its own that writes to disk before it says so. */
export async function startPostgresBox(folder: string): Promise<Postgres> {
  const options = { folder: join(folder, 'postgres'), settings: { max_connections: '400', shared_buffers: '128MB' } };
  const lock = createLock();
  let server: EmbeddedPostgres = await startEmbeddedPostgres(options);
  const { port } = server;
  return {
    port,
    url: server.url('postgres'),
    database: server.url,
    take: lock.take,
    async start() {
      server = await startEmbeddedPostgres({ ...options, port });
    },
    stop: () => server.stop(),
    async crash(signal) {
      process.kill(server.pid, signal);
      await server.exited;
    },
  };
}

/** A Redis of its own with an append-only file, brought to disk every second. */
export async function startRedisBox(folder: string): Promise<RedisBox> {
  const args = ['--appendonly', 'yes', '--appendfsync', 'everysec'];
  const files = join(folder, 'redis');
  const lock = createLock();
  let server: RedisServer = await startRedis({ folder: files, args });
  const { port, url } = server;
  return {
    port,
    url,
    take: lock.take,
    async start() {
      server = await startRedis({ folder: files, args, port });
    },
    stop: () => server.stop(),
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      // The watchdog ends when its server is gone; stopping waits for that.
      await server.stop();
    },
    forget: () => rm(join(files, 'appendonlydir'), { recursive: true, force: true }),
  };
}
