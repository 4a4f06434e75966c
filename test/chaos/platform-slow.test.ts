import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { backendsFor, seed, someOf } from '../support/extent.ts';
import { callsOf, expectActiveOnce, holdInCalls, timesInterrupted } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'platform-slow';
const QUICK_MS = 7_000;

const CASES = [
  // So long that a worker of which nothing was heard would have lost it.
  { title: 'past the lease of a worker: it is left to its run', slowMs: 13_000, attempt: 1 },
  { title: 'past the time limit of a call: it is asked again', slowMs: 25_000, attempt: 2 },
];

describe.each(backendsFor(FILE))(`a slow platform, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  it.each(someOf(CASES, 1, FILE))(
    'holds up nobody else, and has one effect of each call, $title',
    async ({ slowMs, attempt }) => {
      const held = await holdInCalls(scene, slowMs);
      const others = await Promise.all(Array.from({ length: 10 }, () => scene.insist(provisioning())));
      const ended = others.map(({ id }) => scene.api.ended(id, QUICK_MS));
      for (const job of await Promise.all(ended)) expect(job.state).toBe('completed');
      for (const { job } of held) {
        expect(await scene.api.ended(job.id, slowMs + QUICK_MS)).toMatchObject({ state: 'completed', attempt });
        const heard = (await callsOf(scene, job)).map(({ verb, outcome }) => `${verb} ${outcome}`);
        expect(heard).toEqual(['ensureTenants ok', 'configureTenants ok', 'setService ok']);
        expect(await timesInterrupted(scene, job)).toBe(0);
        await expectActiveOnce(scene, job);
      }
      await scene.expectWhole();
    },
  );
});
