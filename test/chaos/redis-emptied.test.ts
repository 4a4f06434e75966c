import type { JobAnswer } from '@qvara/contracts/job-answer';
import { scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisBox } from '../prove/servers.ts';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { seed, someOf } from '../support/extent.ts';
import { ask } from '../support/redis-server.ts';
import { addContainers } from '../support/stack.ts';
import { allCompleted, crowd, expectAllActive, slowDown, underWay } from './crowd.ts';
import { newPlace } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const WAYS: readonly (readonly [string, (redis: RedisBox) => Promise<unknown>])[] = [
  ['FLUSHALL', ({ port }) => ask(port, (client) => client.flushall())],
  [
    'killed, and started again without its files',
    async (redis) => {
      const free = await redis.take();
      await redis.kill();
      await redis.forget();
      await redis.start();
      free();
    },
  ],
];
const WAIT_MS = 5_000;
const PROMISED_MS = 30_000;
let regions = 0;

describe(`Redis emptied (seed ${seed})`, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend: 'redis', intakes: 1, workers: 2, env: { WORKER_CONCURRENCY: '8' } });
    await slowDown(scene, 100);
  });
  afterAll(() => scene?.close());

  /** A job that waits for its next try. */
  async function waitingJob(): Promise<JobAnswer> {
    const { containerId, region } = await newPlace(scene);
    const fault = { behaviour: 'fail', code: 'platform-unavailable', times: 1, retryAfterMs: WAIT_MS } as const;
    await scriptFault(scene.world.platform, { containerId, verb: 'ensureTenants', ...fault });
    const job = await scene.insist(provisioning({ region }));
    await scene.api.reaches(job.id, 'waiting');
    return job;
  }

  /** A job that waits for room, and what makes room for it. */
  async function heldJob(): Promise<{ held: JobAnswer; makeRoom: () => Promise<void> }> {
    const region = `late-${++regions}`;
    const held = await scene.insist(provisioning({ region }));
    await scene.api.reaches(held.id, 'held');
    return { held, makeRoom: () => addContainers(scene.api, [{ id: String(300_000 + regions), capacity: 5, region }]) };
  }

  async function areInQueue(): Promise<boolean> {
    const { rows } = await scene.world.ledger.query(
      "select from jobs where queue = 'provisioning' and bell = 'rung' and state <> 'running'",
    );
    return rows.length >= 8;
  }

  async function resumed(): Promise<boolean> {
    const answer = await scene.api.call('POST', '/v1/queues/provisioning/resume', { body: {} });
    return answer.status === 200;
  }

  it.each(someOf(WAYS, 1, 'redis-emptied'))(
    'all that is open, running, waiting, held or next in turn, goes on and ends within 30 s, nothing repeats: %s',
    async (_, empty) => {
      const { held, makeRoom } = await heldJob();
      const waiting = await waitingJob();
      const jobs = await crowd(scene, 50);
      const changes = await Promise.all(
        jobs.map(({ customerId }) => scene.insist({ type: 'customer.update', customerId, payload: { name: 'New' } })),
      );
      await underWay(scene, jobs);
      // What is rung is hardly more than the workers take: while they take none, bells stay in the queue that is emptied.
      await scene.api.call('POST', '/v1/queues/provisioning/pause', { body: {} });
      await eventually(areInQueue, { describe: 'bells are in the queue' });
      await empty(scene.world.redis as RedisBox);
      await eventually(resumed, { describe: 'the queue is resumed' });
      await makeRoom();
      await allCompleted(scene, [...jobs, ...changes, held, waiting], PROMISED_MS);
      for (const { id } of [...jobs, ...changes, held]) expect((await scene.api.job(id)).attempt).toBe(1);
      expect((await scene.api.job(waiting.id)).attempt).toBe(2);
      expect(scene.world.workers.map((slot) => slot.log()).join()).toContain('bells were lost and rung again');
      await expectAllActive(scene, [...jobs, held, waiting], 0);
    },
  );
});
