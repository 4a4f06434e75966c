import type { JobAnswer } from '@qvara/contracts/job-answer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Postgres } from '../prove/servers.ts';
import { backendsFor, seed, someOf } from '../support/extent.ts';
import { crowd, expectAllActive, slowDown, underWay } from './crowd.ts';
import { holdInCalls } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'postgres-restarted';
const JOBS = 30;
const PROMISED_MS = 45_000;

const ENDS: Readonly<Record<string, (postgres: Postgres) => Promise<void>>> = {
  'restarted fast': (postgres) => postgres.stop(),
  'restarted immediately': (postgres) => postgres.crash('SIGQUIT'),
  killed: (postgres) => postgres.crash('SIGKILL'),
};
/** Each answers its jobs, some of which may still be on their way in, when it is time for the fault. */
const MOMENTS: Readonly<Record<string, (scene: Scene) => Promise<{ coming: Promise<JobAnswer[]> }>>> = {
  async accepts(scene) {
    const first = crowd(scene, 3);
    const coming = Promise.all([first, crowd(scene, JOBS)]);
    await Promise.race([first, coming]);
    return { coming: coming.then((jobs) => jobs.flat()) };
  },
  async claims(scene) {
    await scene.api.call('POST', '/v1/queues/provisioning/pause');
    const jobs = await crowd(scene, JOBS);
    await scene.api.call('POST', '/v1/queues/provisioning/resume');
    await underWay(scene, jobs, 1);
    return { coming: Promise.resolve(jobs) };
  },
  async advances(scene) {
    const held = (await holdInCalls(scene, 1_000)).map(({ job }) => job);
    const jobs = await crowd(scene, JOBS);
    await underWay(scene, jobs, JOBS);
    return { coming: Promise.resolve([...held, ...jobs]) };
  },
};
const CASES = Object.keys(ENDS).flatMap((end) => Object.keys(MOMENTS).map((moment) => ({ end, moment })));

describe.each(backendsFor(FILE))(`PostgreSQL, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
    await slowDown(scene, 100);
  });
  afterAll(() => scene?.close());

  it.each(someOf(CASES, 2, FILE))(
    '$end while it $moment: every job accepted ends active, once, within 45 s; callers see nothing worse than a 503',
    async ({ end, moment }) => {
      const { postgres } = scene.world;
      const { coming } = (await MOMENTS[moment]?.(scene)) ?? {};
      const free = await postgres.take();
      await ENDS[end]?.(postgres);
      const more = crowd(scene, 5);
      await postgres.start();
      free();
      await expectAllActive(scene, [...((await coming) ?? []), ...(await more)], PROMISED_MS);
      expect([...scene.statuses].filter((status) => status !== 202 && status !== 503)).toEqual([]);
      expect(scene.world.remarks).toEqual([]);
    },
  );
});
