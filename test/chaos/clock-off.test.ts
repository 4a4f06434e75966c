import { randomUUID } from 'node:crypto';
import type { JobAnswer } from '@qvara/contracts/job-answer';
import { scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from '../prove/slot.ts';
import { provisioning } from '../support/api.ts';
import { backendsFor, seed, someOf } from '../support/extent.ts';
import { callsOf, expectActiveOnce, holdInCalls, newPlace, timesInterrupted } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'clock-off';
const HOUR_MS = 3_600_000;
const PROMPT_MS = 10_000;
const WAIT_MS = 3_000;
/** Past the lease of a worker, which nobody's clock may end. */
const SLOW_MS = 8_000;
const PROMISED_MS = 15_000;
const CROWD = 20;

const CASES = [
  { title: 'ahead', shiftMs: HOUR_MS },
  { title: 'behind', shiftMs: -HOUR_MS },
];

describe.each(backendsFor(FILE))(`a clock an hour off, on %s (seed ${seed})`, (backend) => {
  describe.each(someOf(CASES, 1, FILE))('of an intake and a worker, $title', ({ shiftMs }) => {
    let scene: Scene;
    const wrong = { FAULT_CLOCK_SHIFT_MS: String(shiftMs) };
    beforeAll(async () => {
      scene = await openScene({ backend, intakes: 2, workers: 2 });
      const { intakes, workers } = scene.world;
      await Promise.all([intakes[1], workers[1]].map((slot) => slot && mislead(slot)));
    });
    afterAll(() => scene?.close());

    async function mislead(slot: Slot): Promise<void> {
      const free = await slot.take();
      await slot.stop('SIGTERM');
      await slot.start(wrong);
      free();
    }

    it.concurrent('delays no job and takes none from a worker that lives', async () => {
      const held = await holdInCalls(scene, SLOW_MS);
      const jobs = await Promise.all(Array.from({ length: CROWD }, () => scene.insist(provisioning())));
      for (const job of await Promise.all(jobs.map(({ id }) => scene.api.ended(id, PROMPT_MS))))
        expect(job.state).toBe('completed');
      for (const { job } of held) {
        expect((await scene.api.ended(job.id)).state).toBe('completed');
        expect(await timesInterrupted(scene, job)).toBe(0);
      }
      for (const job of [...jobs, ...held.map(({ job }) => job)]) await expectActiveOnce(scene, job);
    });

    it.concurrent('lets waits last as long as was asked', async () => {
      const places = await Promise.all(Array.from({ length: 6 }, () => newPlace(scene)));
      const jobs = await Promise.all(
        places.map(async ({ containerId, region }) => {
          const script = {
            containerId,
            verb: 'ensureTenants',
            behaviour: 'after',
            times: 1,
            retryAfterMs: WAIT_MS,
          } as const;
          await scriptFault(scene.world.platform, script);
          return await scene.insist(provisioning({ region }));
        }),
      );
      for (const job of jobs) {
        expect(await scene.api.ended(job.id)).toMatchObject({ state: 'completed', attempt: 2 });
        const [first, second] = await callsOf(scene, job);
        const waitedMs = Number(second?.at) - Number(first?.at);
        expect(waitedMs).toBeGreaterThan(WAIT_MS - 100);
        expect(waitedMs).toBeLessThan(WAIT_MS + PROMPT_MS);
      }
    });

    it.concurrent('makes one job of one request, whichever intake it comes to', async () => {
      const [key, body] = [randomUUID(), provisioning()];
      const headers = { 'idempotency-key': key };
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => scene.api.call<JobAnswer>('POST', '/v1/jobs', { body, headers })),
      );
      expect(new Set(answers.map(({ status, body: { id } }) => `${status} ${id}`)).size).toBe(1);
      const job = await scene.insist(body, key);
      await scene.api.ended(job.id);
      await expectActiveOnce(scene, job);
    });

    it.each(someOf(['right', 'misled'], 1, FILE))(
      'what a killed worker leaves behind goes on with the other within 15 s, when it was the %s one',
      async (which) => {
        const [right, misled] = scene.world.workers as [Slot, Slot];
        const [dead, heir] = which === 'right' ? [right, misled] : [misled, right];
        const frees = await Promise.all([right.take(), misled.take()]);
        await heir.stop('SIGTERM');
        const held = await holdInCalls(scene, HOUR_MS);
        await heir.start(heir === misled ? wrong : {});
        await dead.stop('SIGKILL');
        const ended = held.map(({ job }) => scene.api.ended(job.id, PROMISED_MS));
        for (const job of await Promise.all(ended)) expect(job).toMatchObject({ state: 'completed', attempt: 1 });
        for (const { job } of held) await expectActiveOnce(scene, job);
        await dead.start(dead === misled ? wrong : {});
        for (const free of frees) free();
        await scene.expectWhole();
      },
    );
  });
});
