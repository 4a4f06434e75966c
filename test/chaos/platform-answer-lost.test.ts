import { scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { effectsOf, expectActiveOnce, newPlace, seatsIn } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const PROVISIONING = ['ensureTenants', 'configureTenants', 'observeTenants', 'setService'] as const;
type Verb = (typeof PROVISIONING)[number] | 'removeTenants';

describe.each(backendsFor('platform-answer-lost'))(`answers of the platform lost, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  async function lose(containerId: string, verbs: readonly Verb[], times: number): Promise<void> {
    for (const verb of verbs) await scriptFault(scene.world.platform, { containerId, verb, behaviour: 'after', times });
  }

  it('after the work, at any call or at every one, cost tries and no second effect', async () => {
    const cases = [...PROVISIONING.map((verb) => ({ verbs: [verb], times: 2 })), { verbs: PROVISIONING, times: 1 }];
    const jobs = cases.map(async ({ verbs, times }) => {
      const { containerId, region } = await newPlace(scene);
      await lose(containerId, verbs, times);
      const job = await scene.insist(provisioning({ region }));
      const attempt = 1 + verbs.length * times;
      expect(await scene.api.ended(job.id)).toMatchObject({ state: 'completed', attempt });
      return job;
    });
    for (const job of await Promise.all(jobs)) await expectActiveOnce(scene, job);
  });

  it('after a removal leave the tenant removed once, and its seat free', async () => {
    const { containerId, region } = await newPlace(scene);
    const { id, customerId } = await scene.insist(provisioning({ region }));
    await scene.api.ended(id);
    await lose(containerId, ['setService', 'removeTenants'], 1);
    const job = await scene.insist({ type: 'customer.disconnect', customerId, payload: { reason: 'moved' } });
    expect(await scene.api.ended(job.id)).toMatchObject({ state: 'completed', attempt: 3 });
    expect(await effectsOf(scene, customerId)).toEqual(['created', 'configured', 'service', 'service', 'removed']);
    expect(await scene.api.customer(customerId)).toMatchObject({ serviceStatus: 'disconnected', container: null });
    expect(await seatsIn(scene, containerId)).toBe(0);
    await scene.expectWhole();
  });
});
