import type { JobAnswer } from '@qvara/contracts/job-answer';
import { QUEUE_NAMES } from '@qvara/contracts/jobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { callsOf, expectActiveOnce } from './holds.ts';
import { openRingingScene, type RingingScene } from './ringing-scene.ts';

const JOBS = 12;
const COPIES = 4;

describe.each(backendsFor('job-delivered-twice'))(`jobs delivered twice, on %s (seed ${seed})`, (backend) => {
  let scene: RingingScene;
  beforeAll(async () => {
    scene = await openRingingScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  /** The very bells of these jobs once more: again as they are, and as others that say the same, in every queue. */
  async function ringAgain(jobs: readonly JobAnswer[], name: string): Promise<void> {
    const sql = 'select id as "jobId", bell_no as "bellNo" from jobs where id = any($1)';
    const { rows } = await scene.world.ledger.query<{ jobId: string; bellNo: number }>(sql, [jobs.map(({ id }) => id)]);
    await scene.producer.ring(rows.flatMap((bell) => QUEUE_NAMES.map((queue) => ({ ...bell, queue }))));
    for (const queue of scene.producer.queues()) {
      const copies = rows.flatMap((data) => Array.from({ length: COPIES }, (_, copy) => ({ data, copy })));
      await queue.addBulk(
        copies.map(({ data, copy }) => ({ name: 'bell', data, opts: { jobId: `${name}-${copy}-${data.jobId}` } })),
      );
    }
  }

  it('run once, with one effect, whether the same bell comes twice at once, during the run, or after it', async () => {
    const { workers } = scene.world;
    const frees = await Promise.all(workers.map((slot) => slot.take()));
    await Promise.all(workers.map((slot) => slot.stop('SIGTERM')));
    const jobs = await Promise.all(Array.from({ length: JOBS }, () => scene.insist(provisioning())));
    await ringAgain(jobs, 'before');
    await Promise.all(workers.map((slot) => slot.start()));
    for (const free of frees) free();
    await ringAgain(jobs, 'during');
    for (const { id } of jobs) expect(await scene.api.ended(id)).toMatchObject({ state: 'completed', attempt: 1 });
    await ringAgain(jobs, 'after');
    const last = await scene.insist(provisioning());
    await scene.api.ended(last.id);
    for (const job of jobs) {
      const verbs = (await callsOf(scene, job)).map(({ verb, outcome }) => `${verb} ${outcome}`);
      expect(verbs).toEqual(['ensureTenants ok', 'configureTenants ok', 'setService ok']);
      await expectActiveOnce(scene, job);
    }
    await scene.expectWhole();
  });
});
