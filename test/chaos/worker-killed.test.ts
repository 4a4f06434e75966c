import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { backendsFor, seed } from './extent.ts';
import { openScene, type Scene } from './scene.ts';

describe.each(backendsFor('worker-killed'))(`workers killed, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  it('all provisionings end active when every worker is killed in the middle of them', async () => {
    const jobs = await Promise.all(Array.from({ length: 30 }, () => scene.insist(provisioning())));
    const { workers } = scene.world;
    await Promise.all(workers.map((slot) => slot.stop('SIGKILL')));
    await Promise.all(workers.map((slot) => slot.start()));
    for (const { id } of jobs) expect(await scene.api.ended(id)).toMatchObject({ state: 'completed' });
    await scene.expectWhole();
  });
});
