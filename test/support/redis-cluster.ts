import { findFreePort } from '@qvara/standalone/free-port';
import { eventually } from './eventually.ts';
import { ask, type RedisNode, startRedisNode } from './redis-server.ts';

/** A real Redis Cluster on 127.0.0.1: three masters, each with a replica. */
export type RedisCluster = {
  /** The masters, as a comma list. */
  readonly url: string;
  /** The node that keeps this key now. */
  ownerOf(key: string): Promise<RedisNode>;
  /** Whether every node is there, every slot is served, and every master has its replica. */
  isWhole(): Promise<boolean>;
  stop(): Promise<void>;
};

const MASTERS = 3;
const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 1_500;
const FORMING_MS = 30_000;

/** Starts the nodes and joins them; resolves when every replica follows its master. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: 2 * MASTERS }, startNode));
  const [masters, replicas] = [nodes.slice(0, MASTERS), nodes.slice(MASTERS)];
  await Promise.all(masters.map(giveSlots));
  for (const { server, busPort } of nodes.slice(1)) {
    await command(masters[0], 'MEET', '127.0.0.1', server.port, busPort);
  }
  const isMet = async () => (await Promise.all(nodes.map(knownNodes))).every((known) => known === nodes.length);
  await eventually(isMet, { deadlineMs: FORMING_MS, describe: 'every node knows every other' });
  await Promise.all(replicas.map((replica, index) => follow(replica, masters[index])));
  const isWhole = async () => (await Promise.all(nodes.map(isWell))).every(Boolean);
  await eventually(isWhole, { deadlineMs: FORMING_MS, describe: 'the cluster is whole' });
  return {
    url: masters.map(({ server }) => server.url).join(','),
    ownerOf: (key) => findOwner(nodes, key),
    isWhole: () => isWhole().catch(() => false),
    stop: async () => void (await Promise.all(nodes.map(({ server }) => server.stop()))),
  };
}

type Node = { readonly server: RedisNode; readonly busPort: number };

async function startNode(): Promise<Node> {
  const busPort = await findFreePort();
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  const timing = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-replica-validity-factor', '0'];
  // Without it the node that meets the others would not know, and not tell, its own address.
  const address = ['--cluster-announce-ip', '127.0.0.1', '--repl-diskless-sync-delay', '0'];
  return { server: await startRedisNode([...cluster, ...timing, ...address]), busPort };
}

async function command(node: Node | undefined, ...words: (string | number)[]): Promise<unknown> {
  return await ask(node?.server.port ?? 0, (redis) => redis.call('CLUSTER', ...words.map(String)));
}

async function giveSlots(node: Node, index: number): Promise<void> {
  const edge = (of: number) => Math.floor((SLOTS * of) / MASTERS);
  await command(node, 'ADDSLOTSRANGE', edge(index), edge(index + 1) - 1);
}

async function knownNodes(node: Node): Promise<number> {
  return String(await command(node, 'NODES'))
    .trim()
    .split('\n')
    .filter((line) => !line.includes('handshake')).length;
}

async function follow(replica: Node, master: Node | undefined): Promise<void> {
  const id = String(await command(master, 'MYID'));
  await eventually(() => command(replica, 'REPLICATE', id), { describe: 'a replica follows its master' });
}

async function isWell(node: Node): Promise<boolean> {
  if (!String(await command(node, 'INFO')).includes('cluster_state:ok')) return false;
  const replication = await ask(node.server.port, (redis) => redis.info('replication'));
  return /role:master\r\nconnected_slaves:1/.test(replication) || replication.includes('master_link_status:up');
}

async function findOwner(nodes: readonly Node[], key: string): Promise<RedisNode> {
  for (const { server } of nodes) {
    // A node that does not keep the key answers by naming another; a replica too.
    const keeps = await ask(server.port, (redis) => redis.exists(key)).then(
      () => true,
      () => false,
    );
    if (keeps) return server;
  }
  throw new Error(`no node keeps ${key}`);
}
