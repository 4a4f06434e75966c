import { QUEUE_NAMES } from '@qvara/contracts/jobs';
import { BELL_QUEUES } from '@qvara/contracts/queues';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { seed, someOf } from '../support/extent.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { ask, type RedisNode } from '../support/redis-server.ts';
import { allCompleted, crowd, expectAllActive, slowDown, underWay } from './crowd.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'redis-cluster-failover';
/** Of the queue: all that it has is in one slot. */
const KEY = '{qvara:provisioning}:provisioning:meta';
const PROMISED_MS = 30_000;
const WHOLE_MS = 15_000;

describe('a Redis Cluster', () => {
  let cluster: RedisCluster;
  let scene: Scene;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    scene = await openScene({ backend: 'postgres', intakes: 1, workers: 2, env: { REDIS_URL: cluster.url } });
    await slowDown(scene, 100);
  });
  afterAll(async () => {
    await scene?.close();
    await cluster?.stop();
  });

  const log = () => [...scene.world.workers, ...scene.world.intakes].map((slot) => slot.log()).join('\n');

  async function replaced(owner: RedisNode): Promise<void> {
    const isReplaced = async () => (await cluster.ownerOf(KEY)).port !== owner.port;
    await eventually(isReplaced, { deadlineMs: WHOLE_MS, describe: 'a replica has taken over' });
  }

  /** The killed node comes back, empty, and jobs go on. */
  async function takeBack(owner: RedisNode): Promise<void> {
    await owner.start();
    await eventually(cluster.isWhole, { deadlineMs: WHOLE_MS, describe: 'the old master follows the new one' });
    await expectAllActive(scene, await crowd(scene, 3), PROMISED_MS);
  }

  it('keeps all of a queue on one node, and queues on several', async () => {
    const jobs = await crowd(scene, 3);
    const changes = jobs.map(({ customerId }) =>
      scene.insist({ type: 'customer.update', customerId, payload: { name: 'New' } }),
    );
    await allCompleted(scene, [...jobs, ...(await Promise.all(changes))], PROMISED_MS);
    const ports = await Promise.all(
      BELL_QUEUES.map(async (name) => (await cluster.ownerOf(`{qvara:${name}}:${name}:meta`)).port),
    );
    expect(new Set(ports).size).toBeGreaterThan(1);
    for (const port of new Set(ports)) {
      const keys = await ask(port, (redis) => redis.keys('*'));
      const own = BELL_QUEUES.filter((_, index) => ports[index] === port);
      expect(keys.filter((key) => !own.some((name) => key.startsWith(`{qvara:${name}}:${name}:`)))).toEqual([]);
      for (const name of QUEUE_NAMES.filter((one) => own.includes(one)))
        expect(keys).toContain(`{qvara:${name}}:${name}:completed`);
    }
    expect(log()).not.toContain('CROSSSLOT');
  });

  async function killedDuringWork(): Promise<void> {
    const jobs = await crowd(scene, 40);
    await underWay(scene, jobs);
    const owner = await cluster.ownerOf(KEY);
    await owner.kill();
    const killedMs = performance.now();
    const more = await crowd(scene, 20);
    await expectAllActive(scene, [...jobs, ...more], PROMISED_MS - (performance.now() - killedMs));
    await replaced(owner);
    await takeBack(owner);
  }

  async function killedWithBellsOfItsOwn(): Promise<void> {
    await scene.api.call('POST', '/v1/queues/provisioning/pause');
    const owner = await cluster.ownerOf(KEY);
    await ask(owner.port, async (redis) => {
      const isPaused = async () => (await redis.hexists(KEY, 'paused')) === 1;
      await eventually(isPaused, { describe: 'the queue is paused' });
      await redis.config('SET', 'requirepass', 'unknown to replicas');
      await redis.call('CLIENT', 'KILL', 'TYPE', 'replica');
    });
    const jobs = await crowd(scene, 20);
    await owner.kill();
    await replaced(owner);
    await scene.api.call('POST', '/v1/queues/provisioning/resume');
    await expectAllActive(scene, jobs, PROMISED_MS);
    expect(log()).toContain('bells were lost and rung again');
    await takeBack(owner);
  }

  const failovers = [
    { title: 'during work', act: killedDuringWork },
    { title: 'with bells that its replica never got', act: killedWithBellsOfItsOwn },
  ];
  it.each(someOf(failovers, 1, FILE))(
    `whose master of the queue is killed $title loses nothing: all jobs end active within 30 s, once (seed ${seed})`,
    async ({ act }) => {
      await act();
      expect(scene.world.remarks).toEqual([]);
    },
  );
});
