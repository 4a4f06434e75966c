import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from '@qvara/standalone/free-port';
import { eventually } from './eventually.ts';
import { ask, newRedisFolder, type RedisNode, type RedisServer, runRedis, startRedisNode } from './redis-server.ts';

/** A real master with two replicas, watched by three sentinels, on 127.0.0.1. */
export type RedisSentinels = {
  readonly url: string;
  /** The master as the sentinels see it. */
  master(): Promise<RedisNode>;
  /** Whether every server is there, and all but the master are up to it. */
  isWhole(): Promise<boolean>;
  stop(): Promise<void>;
};

const MASTER = 'qvara';
const QUORUM = 2;
const SENTINELS = 3;
const REPLICAS = 2;
const FORMING_MS = 30_000;

/** Starts all of them; resolves when the sentinels know each other and both replicas. */
export async function startRedisSentinels(): Promise<RedisSentinels> {
  const atOnce = ['--repl-diskless-sync-delay', '0'];
  const first = await startRedisNode(atOnce);
  const following = ['--replicaof', '127.0.0.1', String(first.port), ...atOnce];
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => startRedisNode(following)));
  const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => startSentinel(first.port)));
  const isReady = async () => (await Promise.all(sentinels.map(isInformed))).every(Boolean);
  await eventually(isReady, { deadlineMs: FORMING_MS, describe: 'the sentinels know each other and the replicas' });
  const servers = [first, ...replicas];
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`,
    async master() {
      const port = await ask(sentinels[0]?.port ?? 0, (redis) =>
        redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER),
      );
      const found = servers.find((server) => String(server.port) === (port as string[])[1]);
      if (found === undefined) throw new Error(`the sentinels name an unknown master: ${port}`);
      return found;
    },
    isWhole: () => isUpToDate(servers).catch(() => false),
    stop: async () => void (await Promise.all([...sentinels, ...servers].map((server) => server.stop()))),
  };
}

async function startSentinel(masterPort: number): Promise<RedisServer> {
  const port = await findFreePort();
  const folder = newRedisFolder();
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${MASTER} 1000`,
    `sentinel failover-timeout ${MASTER} 3000`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return await runRedis({ port, folder, args: [file, '--sentinel'], keep: false });
}

async function isInformed({ port }: RedisServer): Promise<boolean> {
  const answer = (await ask(port, (redis) => redis.call('SENTINEL', 'MASTER', MASTER))) as string[];
  const told = new Map(answer.flatMap((name, index) => (index % 2 === 0 ? [[name, answer[index + 1]]] : [])));
  const others = Number(told.get('num-other-sentinels'));
  return others === SENTINELS - 1 && Number(told.get('num-slaves')) === REPLICAS && told.get('flags') === 'master';
}

async function isUpToDate(servers: readonly RedisServer[]): Promise<boolean> {
  const told = await Promise.all(servers.map(({ port }) => ask(port, (redis) => redis.info('replication'))));
  const following = told.filter((text) => text.includes('role:slave') && text.includes('master_link_status:up'));
  return following.length === REPLICAS && told.some((text) => text.includes(`connected_slaves:${REPLICAS}`));
}
