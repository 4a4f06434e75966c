import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Postgres } from '../prove/servers.ts';
import { crowd, expectAllActive, underWay } from './crowd.ts';
import { backendsFor, seed, someOf } from './extent.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'postgres-restarted';
const ENDS: readonly (readonly [string, (postgres: Postgres) => Promise<void>])[] = [
  ['fast', (postgres) => postgres.stop()],
  ['immediate', (postgres) => postgres.crash('SIGQUIT')],
  ['killed', (postgres) => postgres.crash('SIGKILL')],
];
const JOBS = 30;

describe.each(backendsFor(FILE))(`PostgreSQL restarted, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  it.each(someOf(ENDS, 1, FILE))(
    'while it accepts, claims and advances, every job accepted ends active, once; callers see nothing worse than a 503: %s',
    async (_, end) => {
      const { postgres } = scene.world;
      const posting = crowd(scene, JOBS);
      await end(postgres);
      await postgres.start();
      const jobs = await posting;
      await underWay(scene, 5);
      await end(postgres);
      await postgres.start();
      await expectAllActive(scene, jobs, 60_000);
      expect([...scene.statuses].filter((status) => status !== 202 && status !== 503)).toEqual([]);
    },
    120_000,
  );
});
