import { randomUUID } from 'node:crypto';
import type { JobAnswer } from '@qvara/contracts/job-answer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed, someOf } from '../support/extent.ts';
import { crowd, expectAllActive } from './crowd.ts';
import { timesInterrupted } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'commit-answer-lost';
const REQUESTS = 5;

describe.each(backendsFor(FILE))(`answers to COMMIT lost, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 2, workers: 1 });
  });
  afterAll(() => scene?.close());

  /** Asks once, and answers with the job when there is a 202. */
  async function askOnce(key: string): Promise<JobAnswer | null> {
    const body = { ...provisioning(), externalId: key };
    const options = { body, headers: { 'idempotency-key': key } };
    const { status, body: job } = await scene.api.call<JobAnswer>('POST', '/v1/jobs', options);
    expect([202, 503]).toContain(status);
    return status === 202 ? job : null;
  }

  // The first loss is asked again by the intake itself, the second becomes a 503.
  it.each(someOf([1, 2, 3], 1, FILE))(
    '%i in a row make a 202 or a 503 of a request, and one job of all its repetitions',
    async (times) => {
      const { ledger } = scene.world.ways;
      const free = await scene.world.workers[0]?.take();
      await scene.world.workers[0]?.stop('SIGTERM');
      const jobs: JobAnswer[] = [];
      for (let count = 0; count < REQUESTS; count++) {
        const key = randomUUID();
        ledger.loseCommits(times);
        const answers = await Promise.all([askOnce(key), askOnce(key)]);
        if (times === 1) expect(answers).not.toContain(null);
        ledger.loseCommits(0);
        const job = await scene.insist({ ...provisioning(), externalId: key }, key);
        expect([...answers, await askOnce(key)].map((answer) => answer?.id ?? job.id)).toEqual([
          job.id,
          job.id,
          job.id,
        ]);
        const sql = 'select id from jobs where external_id = $1';
        expect((await scene.world.ledger.query(sql, [key])).rows).toEqual([{ id: job.id }]);
        jobs.push(job);
      }
      await scene.world.workers[0]?.start();
      free?.();
      await expectAllActive(scene, jobs, 30_000);
    },
  );

  it('runs whose claims and writes were answered to nobody spend no attempt, go on, and act once', async () => {
    const { ledger } = scene.world.ways;
    const lost = ledger.lostCommits();
    const jobs = await crowd(scene, 20);
    ledger.loseCommits(6);
    await expectAllActive(scene, jobs, 45_000);
    await eventually(() => ledger.lostCommits() === lost + 6, { describe: 'six answers were lost' });
    for (const job of jobs) {
      expect((await scene.api.job(job.id)).attempt).toBe(1);
      expect(await timesInterrupted(scene, job)).toBe(0);
    }
  });

  it('a platform whose own commits were answered to nobody has done everything once', async () => {
    const { platform } = scene.world.ways;
    const jobs = await crowd(scene, 10);
    platform.loseCommits(3);
    await expectAllActive(scene, jobs, 45_000);
    expect(platform.lostCommits()).toBe(3);
  });
});
