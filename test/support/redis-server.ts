import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@qvara/standalone/free-port';
import { startGuardedServer } from '@qvara/standalone/guarded-server';
import { Redis } from 'ioredis';
import { eventually } from './eventually.ts';
import { findRedis } from './redis-program.ts';

export type RedisServer = { url: string; port: number; pid: number; stop(): Promise<void> };
export type RedisOptions = {
  /** Default: any free one. */
  port?: number;
  /** More of the server's options, such as ['--appendonly', 'yes']. */
  args?: string[];
  /** Where it keeps its files; kept afterwards. Default: a temporary folder, removed afterwards. */
  folder?: string;
};

/** Starts a real Redis on 127.0.0.1 that ends with this process, however it ends. No persistence unless asked for. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const port = options.port || (await findFreePort());
  const folder = options.folder ?? newRedisFolder();
  const listen = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const memory = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const args = [...listen, ...memory, ...(options.args ?? [])];
  return await runRedis({ port, folder, args, keep: options.folder !== undefined });
}

/** A Redis that can be killed and started again on the same port and files; its files go when it is stopped. */
export type RedisNode = RedisServer & {
  /** SIGKILL: no goodbye. Resolves when it is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
};

/** Starts a Redis as one of several. */
export async function startRedisNode(args: string[]): Promise<RedisNode> {
  const folder = newRedisFolder();
  let server = await startRedis({ folder, args });
  const { url, port } = server;
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      // The watchdog ends when its server is gone; stopping waits for that.
      await server.stop();
    },
    async start() {
      server = await startRedis({ folder, args, port });
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A temporary folder for a server's files. */
export function newRedisFolder(): string {
  return mkdtempSync(join(tmpdir(), 'qvara-redis-'));
}

type Run = { readonly port: number; readonly folder: string; readonly args: string[]; readonly keep: boolean };

/** Runs the program with these arguments until it answers. The folder is removed afterwards unless it is to be kept. */
export async function runRedis({ port, folder, args, keep }: Run): Promise<RedisServer> {
  const { command, env } = await findRedis();
  const server = await startGuardedServer({
    command,
    args,
    cwd: folder,
    env,
    logFile: join(folder, 'redis.log'),
    stopSignals: [{ signal: 'SIGTERM', patienceMs: 5_000 }],
    ...(keep ? {} : { removeAfterwards: folder }),
  });
  const answers = async () => server.hasExited() || (await ping(port));
  await eventually(answers, { deadlineMs: 10_000, describe: `Redis at port ${port} answers` });
  if (server.hasExited()) throw new Error(`Redis ended during its start. Is port ${port} in use?`);
  return { url: `redis://127.0.0.1:${port}`, port, pid: server.pid, stop: () => server.stop() };
}

async function ping(port: number): Promise<boolean> {
  return (await ask(port, (redis) => redis.ping()).catch(() => '')) === 'PONG';
}

/** Asks the server at a port of 127.0.0.1 once. Rejects when it does not answer. */
export async function ask<T>(port: number, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}
