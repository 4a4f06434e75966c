import type { StepName } from '@qvara/contracts/steps';
import { clearFaults, scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { CALLS, newPlace, type StepWithCall, seatsIn, tenantsIn } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

type Case = { readonly step: StepWithCall; readonly undone: readonly StepName[]; readonly times: number | null };

const CASES: readonly Case[] = [
  { step: 'create-tenant', undone: ['create-tenant', 'reserve-seat'], times: null },
  { step: 'apply-settings', undone: ['create-tenant', 'reserve-seat'], times: null },
  { step: 'verify-tenant', undone: ['create-site', 'create-tenant', 'reserve-seat'], times: null },
  // Its undo needs the same verb: refused for ever it could not be undone.
  { step: 'activate-tenant', undone: ['activate-tenant', 'create-site', 'create-tenant', 'reserve-seat'], times: 1 },
];

describe.each(backendsFor('platform-broken'))(`a platform that refuses, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  it.each(CASES)(
    'at $step has all before it undone in reverse, and a retry after the repair ends active',
    async ({ step, undone, times }) => {
      const { containerId, region } = await newPlace(scene);
      const verb = CALLS[step];
      await scriptFault(scene.world.platform, { containerId, verb, behaviour: 'fail', code: 'platform-broken', times });
      const { id, customerId } = await scene.insist(provisioning({ region }));
      const failure = { code: 'platform-broken', step };
      expect(await scene.api.ended(id)).toMatchObject({ state: 'failed', undo: 'complete', failure });
      const events = await scene.api.events(`jobId=${id}`);
      const told = events.filter(({ type }) => type === 'qvara.step.undone.v1').map(({ data }) => data.step);
      expect(told).toEqual(undone);
      expect(await scene.api.customer(customerId)).toMatchObject({
        serviceStatus: 'pending',
        container: null,
        sites: [],
      });
      expect([await seatsIn(scene, containerId), await tenantsIn(scene, containerId)]).toEqual([0, 0]);
      await clearFaults(scene.world.platform, containerId);
      expect((await scene.api.call('POST', `/v1/jobs/${id}/retry`)).status).toBe(202);
      expect(await scene.api.ended(id)).toMatchObject({ state: 'completed', failure: null });
      expect((await scene.api.customer(customerId)).serviceStatus).toBe('active');
      expect([await seatsIn(scene, containerId), await tenantsIn(scene, containerId)]).toEqual([1, 1]);
    },
  );

  it('leaves nothing behind', () => scene.expectWhole());
});
