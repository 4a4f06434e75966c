import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Way } from '../support/proxy.ts';
import { crowd, expectAllActive, underWay } from './crowd.ts';
import { backendsFor, seed, someOf } from './extent.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'connections-half-open';

describe.each(backendsFor(FILE))(`connections half-open, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  const ways = ['ledger', 'platform', ...(backend === 'redis' ? ['redis'] : [])] as ('ledger' | 'platform' | 'redis')[];

  it.each(someOf(ways, 1, FILE))(
    'nobody waits for ever for what will never come: all jobs end active within 75 s, with nothing restarted: %s',
    async (name) => {
      const jobs = await crowd(scene, 20);
      await underWay(scene, 5);
      (scene.world.ways[name] as Way).halfOpen();
      const more = await crowd(scene, 5);
      await expectAllActive(scene, [...jobs, ...more], 75_000);
    },
    150_000,
  );
});
