import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendsFor, seed } from '../support/extent.ts';
import { expectActiveOnce, holdInEveryStep } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const NEVER_MS = 120_000;
const PROMPT_MS = 10_000;
const STOP_MS = 10_000;

describe.each(backendsFor('worker-stopped'))(`a worker stopped, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  it('gives back what it holds in any step, in order and in time; another worker ends it at once, no attempt spent', async () => {
    const { jobs, letGo, holder, heir } = await holdInEveryStep(scene, NEVER_MS);
    const free = await holder.take();
    const startedMs = performance.now();
    const ended = Promise.all(jobs.map(({ id }) => scene.api.ended(id, PROMPT_MS)));
    const stopped = holder.stop('SIGTERM').then(() => performance.now() - startedMs);
    await letGo();
    for (const job of await ended) expect(job).toMatchObject({ state: 'completed', attempt: 1 });
    expect(await stopped).toBeLessThan(STOP_MS);
    expect(scene.world.remarks).toEqual([]);
    expect(heir.log()).not.toContain('taken from silent workers');
    for (const job of jobs) await expectActiveOnce(scene, job);
    await holder.start();
    free();
    await scene.expectWhole();
  });
});
