import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { isFull } from '../support/extent.ts';
import { type RedisSentinels, startRedisSentinels } from '../support/redis-sentinel.ts';
import { crowd, expectAllActive, slowDown, underWay } from './crowd.ts';
import { openScene, type Scene } from './scene.ts';

const PROMISED_MS = 30_000;
const WHOLE_MS = 25_000;

describe('Redis watched by Sentinel', () => {
  let sentinels: RedisSentinels;
  let scene: Scene;
  beforeAll(async () => {
    sentinels = await startRedisSentinels();
    scene = await openScene({ backend: 'postgres', intakes: 1, workers: 2, env: { REDIS_URL: sentinels.url } });
    await slowDown(scene, 100);
  });
  afterAll(async () => {
    await scene?.close();
    await sentinels?.stop();
  });

  async function takenBack(): Promise<void> {
    await eventually(sentinels.isWhole, { deadlineMs: WHOLE_MS, describe: 'the old master follows the new one' });
    await expectAllActive(scene, await crowd(scene, 3), PROMISED_MS);
  }

  it('whose master is killed during work loses nothing: all jobs end active within 30 s, once', async () => {
    const jobs = await crowd(scene, 40);
    await underWay(scene, jobs);
    const first = await sentinels.master();
    await first.kill();
    const killedMs = performance.now();
    const more = await crowd(scene, 20);
    await expectAllActive(scene, [...jobs, ...more], PROMISED_MS - (performance.now() - killedMs));
    expect((await sentinels.master()).port).not.toBe(first.port);
    await first.start();
    // It takes itself for the master until the sentinels have told it, which takes them ten seconds.
    await expectAllActive(scene, await crowd(scene, 10), PROMISED_MS);
    if (isFull) await takenBack();
    expect(scene.world.remarks).toEqual([]);
  });
});
