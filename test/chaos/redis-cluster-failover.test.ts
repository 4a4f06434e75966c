import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { crowd, expectAllActive, underWay } from './crowd.ts';
import { openScene, type Scene } from './scene.ts';

/** Something of the queue: all of it is in one slot. */
const KEY = '{qvara:provisioning}:provisioning:meta';

describe('a Redis Cluster', () => {
  let cluster: RedisCluster;
  let scene: Scene;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    scene = await openScene({ backend: 'postgres', intakes: 1, workers: 2, env: { REDIS_URL: cluster.url } });
  });
  afterAll(async () => {
    await scene?.close();
    await cluster?.stop();
  });

  it('whose master of the queue is killed during work loses nothing: all jobs end active within 45 s, once', async () => {
    const jobs = await crowd(scene, 40);
    await underWay(scene, 5);
    const owner = await cluster.ownerOf(KEY);
    process.kill(owner.pid, 'SIGKILL');
    const more = await crowd(scene, 20);
    await expectAllActive(scene, [...jobs, ...more], 45_000);
    expect((await cluster.ownerOf(KEY)).port).not.toBe(owner.port);
  }, 90_000);
});
