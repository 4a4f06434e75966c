import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendsFor, seed, someOf } from '../support/extent.ts';
import type { Way } from '../support/proxy.ts';
import { allCompleted, crowd, expectAllActive, readsAnswered, slowDown, underWay } from './crowd.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'connections-half-open';
const PROMISED_MS = 45_000;
const READS_MS = 20_000;

const WAYS = ['ledger', 'platform', 'redis'] as const;

describe.each(backendsFor(FILE))(`connections half-open, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
    await slowDown(scene, 50);
  });
  afterAll(() => scene?.close());

  const cases = [
    ...WAYS.filter((name) => backend === 'redis' || name !== 'redis').map((name) => ({ title: name, names: [name] })),
    { title: 'all at once', names: WAYS },
  ];

  it.each(someOf(cases, 1, FILE))(
    'to $title: nobody waits for ever; reads are answered within 20 s, all jobs end active within 45 s, nothing is restarted',
    async ({ names }) => {
      const { ways, workers, intakes, remarks } = scene.world;
      const pids = [...workers, ...intakes].map((slot) => slot.pid());
      await readsAnswered(scene, 0);
      const jobs = await crowd(scene, 20);
      await underWay(scene, jobs);
      const spoilt = names.map((name) => ways[name]).filter((way): way is Way => way !== null);
      const resets = spoilt.map((way) => way.halfOpen());
      const brokenMs = performance.now();
      const left = (ms: number) => ms - (performance.now() - brokenMs);
      const more = crowd(scene, 5);
      await readsAnswered(scene, left(READS_MS));
      await allCompleted(scene, [...jobs, ...(await more)], left(PROMISED_MS));
      await expectAllActive(scene, [...jobs, ...(await more)], 0);
      expect([...workers, ...intakes].map((slot) => slot.pid())).toEqual(pids);
      expect(remarks).toEqual([]);
      for (const reset of resets) reset();
    },
  );
});
