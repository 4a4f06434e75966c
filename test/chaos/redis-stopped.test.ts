import { randomUUID } from 'node:crypto';
import type { JobAnswer } from '@qvara/contracts/job-answer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisBox } from '../prove/servers.ts';
import { provisioning } from '../support/api.ts';
import { seed, someOf } from '../support/extent.ts';
import { within } from '../support/within.ts';
import { allCompleted, crowd, expectAllActive, slowDown, underWay } from './crowd.ts';
import { holdInCalls } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'redis-stopped';
const ENDS: readonly (readonly [string, (redis: RedisBox) => Promise<void>])[] = [
  ['stopped', (redis) => redis.stop()],
  ['killed', (redis) => redis.kill()],
];
/** Sooner than a ring gives up: nobody waits for the queue to be told that a job is durable. */
const PROMPT_MS = 2_000;
const PROMISED_MS = 30_000;

describe.each(someOf(ENDS, 1, FILE))(`Redis %s (seed ${seed})`, (_, end) => {
  let scene: Scene;
  let redis: RedisBox;
  beforeAll(async () => {
    scene = await openScene({ backend: 'redis', intakes: 1, workers: 2 });
    redis = scene.world.redis as RedisBox;
    await slowDown(scene, 100);
  });
  afterAll(() => scene?.close());

  /** Posts a job once: that it is accepted at the first asking is what is wanted. */
  async function postPromptly(): Promise<JobAnswer> {
    const [key, body] = [randomUUID(), provisioning()];
    const headers = { 'idempotency-key': key };
    const { status, body: job } = await within(PROMPT_MS, (signal) =>
      scene.api.call<JobAnswer>('POST', '/v1/jobs', { body, headers, signal }),
    );
    expect(status).toBe(202);
    expect((await scene.insist(body, key)).id).toBe(job.id);
    return job;
  }

  it('during accept keeps no request waiting: its jobs are kept, and end active within 30 s of its return', async () => {
    const free = await redis.take();
    await end(redis);
    const jobs = await Promise.all(Array.from({ length: 20 }, postPromptly));
    for (const { id } of jobs) expect((await scene.api.job(id)).state).toBe('accepted');
    await redis.start();
    free();
    await expectAllActive(scene, jobs, PROMISED_MS);
  });

  it('during work stops no run that is begun, and within 30 s of its return all end active, nothing repeats', async () => {
    const held = (await holdInCalls(scene, 2_000)).map(({ job }) => job);
    const jobs = await crowd(scene, 30);
    await underWay(scene, jobs);
    const free = await redis.take();
    await end(redis);
    await allCompleted(scene, held, PROMISED_MS);
    await redis.start();
    free();
    await expectAllActive(scene, [...jobs, ...held], PROMISED_MS);
    for (const { id } of [...jobs, ...held]) expect((await scene.api.job(id)).attempt).toBe(1);
  });
});
