import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisSentinels, startRedisSentinels } from '../support/redis-sentinel.ts';
import { crowd, expectAllActive, underWay } from './crowd.ts';
import { openScene, type Scene } from './scene.ts';

describe('Redis watched by Sentinel', () => {
  let sentinels: RedisSentinels;
  let scene: Scene;
  beforeAll(async () => {
    sentinels = await startRedisSentinels();
    scene = await openScene({ backend: 'postgres', intakes: 1, workers: 2, env: { REDIS_URL: sentinels.url } });
  });
  afterAll(async () => {
    await scene?.close();
    await sentinels?.stop();
  });

  it('whose master is killed during work loses nothing: all jobs end active within 45 s, once', async () => {
    const jobs = await crowd(scene, 40);
    await underWay(scene, 5);
    const first = await sentinels.master();
    process.kill(first.pid, 'SIGKILL');
    const more = await crowd(scene, 20);
    await expectAllActive(scene, [...jobs, ...more], 45_000);
    expect((await sentinels.master()).port).not.toBe(first.port);
  }, 90_000);
});
