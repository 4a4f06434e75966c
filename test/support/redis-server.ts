import { mkdtempSync } from 'node:fs';
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
  const { command, env } = await findRedis();
  const port = options.port || (await findFreePort());
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'qvara-redis-'));
  const listen = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const memory = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const server = await startGuardedServer({
    command,
    args: [...listen, ...memory, ...(options.args ?? [])],
    cwd: folder,
    env,
    logFile: join(folder, 'redis.log'),
    stopSignals: [{ signal: 'SIGTERM', patienceMs: 5_000 }],
    ...(options.folder ? {} : { removeAfterwards: folder }),
  });
  const answers = async () => server.hasExited() || (await ping(port));
  await eventually(answers, { deadlineMs: 10_000, describe: `Redis at port ${port} answers` });
  if (server.hasExited()) throw new Error(`Redis ended during its start. Is port ${port} in use?`);
  return { url: `redis://127.0.0.1:${port}`, port, pid: server.pid, stop: () => server.stop() };
}

async function ping(port: number): Promise<boolean> {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
