import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { callsOf, expectActiveOnce, holdInEveryStep } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

/** Time enough to freeze the worker inside the call; the call goes on when it thaws. */
const SLOW_MS = 15_000;
const PROMISED_MS = 15_000;
/** What has hung so long is given up by the worker itself, as soon as it thaws. */
const GIVEN_UP_MS = 20_000;
/** The step that only reads is not in the platform's journal; its zombie is refused by the ledger. */
const JOURNALED = ['create-tenant', 'apply-settings', 'activate-tenant'];

describe.each(backendsFor('worker-frozen'))(`a worker frozen, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  it('past its lease, in any step, loses its jobs to another, and changes nothing when it thaws', async () => {
    const begun = performance.now();
    const { held, jobs, letGo, holder } = await holdInEveryStep(scene, SLOW_MS);
    const free = await holder.take();
    holder.signal('SIGSTOP');
    const ended = jobs.map(({ id }) => scene.api.ended(id, PROMISED_MS));
    await letGo();
    for (const job of await Promise.all(ended)) expect(job).toMatchObject({ state: 'completed', attempt: 1 });
    const told = await Promise.all(jobs.map(({ id }) => scene.api.events(`jobId=${id}`)));
    holder.signal('SIGCONT');
    const late = performance.now() - begun < GIVEN_UP_MS ? held.filter(({ step }) => JOURNALED.includes(step)) : [];
    for (const { job, step } of late) {
      const refused = async () => (await callsOf(scene, job)).some(({ outcome }) => outcome === 'stale-claim');
      await eventually(refused, { deadlineMs: 2 * SLOW_MS, describe: `the late call of ${step} is refused` });
    }
    await holder.stop('SIGTERM');
    expect(scene.world.remarks).toEqual([]);
    for (const job of jobs) await expectActiveOnce(scene, job);
    expect(await Promise.all(jobs.map(({ id }) => scene.api.events(`jobId=${id}`)))).toEqual(told);
    await holder.start();
    free();
    await scene.expectWhole();
  });
});
