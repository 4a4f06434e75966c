import { clearFaults, scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { newPlace, seatsIn, tenantsIn } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const CASES = [
  { title: 'a tenant that cannot be removed', verbs: ['configureTenants', 'removeTenants'] },
  { title: 'service that can be switched neither on nor off', verbs: ['setService'] },
] as const;

describe.each(backendsFor('platform-undo-failing'))(`an undo that fails, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  async function stranded(): Promise<unknown[]> {
    return (await scene.api.call<{ items: unknown[] }>('GET', '/v1/stranded')).body.items;
  }

  it.each(CASES)(
    'is told as incomplete and listed with its seat, until a retry finishes it: $title',
    async ({ verbs }) => {
      const { containerId, region } = await newPlace(scene);
      for (const verb of verbs) {
        const script = { containerId, verb, behaviour: 'fail', code: 'platform-broken', times: null } as const;
        await scriptFault(scene.world.platform, script);
      }
      const { id, customerId } = await scene.insist(provisioning({ region }));
      const retry = () => scene.api.call('POST', `/v1/jobs/${id}/retry`);
      for (const _ of ['the first time', 'retried too early']) {
        expect(await scene.api.ended(id)).toMatchObject({ state: 'failed', phase: 'undo', undo: 'incomplete' });
        expect(await stranded()).toEqual([expect.objectContaining({ containerId, customerId, jobId: id })]);
        expect([await seatsIn(scene, containerId), await tenantsIn(scene, containerId)]).toEqual([1, 1]);
        if (_ === 'the first time') expect((await retry()).status).toBe(202);
      }
      await clearFaults(scene.world.platform, containerId);
      expect((await retry()).status).toBe(202);
      expect(await scene.api.ended(id)).toMatchObject({ state: 'completed', undo: null });
      expect(await stranded()).toEqual([]);
      expect((await scene.api.customer(customerId)).serviceStatus).toBe('active');
      expect(await tenantsIn(scene, containerId)).toBe(1);
    },
  );

  it('leaves nothing behind', () => scene.expectWhole());
});
