import { afterAll, beforeAll, describe, it } from 'vitest';
import type { RedisBox } from '../prove/servers.ts';
import { provisioning } from '../support/api.ts';
import { crowd, expectAllActive, underWay } from './crowd.ts';
import { seed, someOf } from './extent.ts';
import { openScene, type Scene } from './scene.ts';

const MOMENTS = ['before jobs are accepted', 'while jobs run'] as const;

describe(`Redis stopped (seed ${seed})`, () => {
  let scene: Scene;
  let redis: RedisBox;
  beforeAll(async () => {
    scene = await openScene({ backend: 'redis', intakes: 1, workers: 2 });
    redis = scene.world.redis as RedisBox;
  });
  afterAll(() => scene?.close());

  it.each(someOf(MOMENTS, 1, 'redis-stopped'))(
    'jobs are accepted while it is away, and all end active within 45 s of its return: %s',
    async (moment) => {
      const before = moment === 'while jobs run' ? await crowd(scene, 30) : [];
      if (before.length > 0) await underWay(scene, 3);
      await redis.stop();
      const during = await Promise.all(Array.from({ length: 10 }, () => scene.api.post(provisioning())));
      await redis.start();
      await expectAllActive(scene, [...before, ...during], 45_000);
    },
    90_000,
  );
});
