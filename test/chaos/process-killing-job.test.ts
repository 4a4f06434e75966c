import type { JobAnswer } from '@qvara/contracts/job-answer';
import type { QueueName } from '@qvara/contracts/jobs';
import { clearFaults, scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from '../prove/slot.ts';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, isFull, seed } from '../support/extent.ts';
import { newPlace } from './holds.ts';
import { openRingingScene, type RingingScene } from './ringing-scene.ts';

const NEVER_MS = 3_600_000;
const IN_COMPANY = 3;
const ALLOWED = 5;
const OTHERS = 3;

describe.each(backendsFor('process-killing-job'))(`a job that kills its worker, on %s (seed ${seed})`, (backend) => {
  let scene: RingingScene;
  let slot: Slot;
  beforeAll(async () => {
    scene = await openRingingScene({ backend, intakes: 1, workers: 1 });
    slot = scene.world.workers[0] as Slot;
  });
  afterAll(() => scene?.close());

  /** In the short form dead workers have been silent for longer than they were: nobody waits for their leases. */
  async function kill(): Promise<void> {
    await slot.stop('SIGKILL');
    if (!isFull) await scene.world.ledger.query("update workers set beat_at = beat_at - interval '1 minute'");
    await slot.start();
  }

  async function isRunAfter({ id }: JobAnswer, losses: number): Promise<boolean> {
    const sql = "select from jobs where id = $1 and state = 'running' and abandonments = $2";
    const { rows } = await scene.world.ledger.query(sql, [id, losses]);
    return rows.length > 0;
  }

  /** Whether a worker has taken the bell of a job. */
  async function isTaken({ id }: JobAnswer): Promise<boolean> {
    const sql = 'select queue, id as "jobId", bell_no as "bellNo" from jobs where id = $1';
    const { rows } = await scene.world.ledger.query<{ queue: QueueName; jobId: string; bellNo: number }>(sql, [id]);
    return (await scene.producer.findLostBells(rows, { taken: true })).length > 0;
  }

  /** Others that a worker has in its hands, one after the other: the first could have begun when the last is taken. */
  async function queueBehind(): Promise<JobAnswer[]> {
    const jobs: JobAnswer[] = [];
    for (let count = 0; count < OTHERS; count += 1) {
      const job = await scene.insist(provisioning());
      await eventually(() => isTaken(job), { describe: 'its bell is taken' });
      jobs.push(job);
    }
    return jobs;
  }

  const complete = async (jobs: readonly JobAnswer[]) => {
    for (const { id } of jobs)
      expect(await scene.api.ended(id, 30_000)).toMatchObject({ state: 'completed', attempt: 1 });
  };

  it('is run alone after three times, given up after five, and can be retried; all others complete', async () => {
    const free = await slot.take();
    const { containerId, region } = await newPlace(scene);
    const slow = {
      containerId,
      verb: 'configureTenants',
      behaviour: 'latency',
      latencyMs: NEVER_MS,
      times: null,
    } as const;
    await scriptFault(scene.world.platform, slow);
    const killer = await scene.insist(provisioning({ region }));
    const behind: JobAnswer[] = [];
    for (let losses = 0; losses < ALLOWED; losses += 1) {
      const entered = () => isRunAfter(killer, losses);
      await eventually(entered, { deadlineMs: 30_000, describe: `it is run after ${losses} losses` });
      if (losses === 0) await complete(await queueBehind());
      if (losses === IN_COMPANY) {
        behind.push(...(await queueBehind()));
        for (const { id } of behind) expect(await scene.api.job(id)).toMatchObject({ startedAt: null });
      }
      await kill();
    }
    expect(await scene.api.ended(killer.id, 40_000)).toMatchObject({
      state: 'failed',
      undo: 'complete',
      failure: { code: 'worker-lost' },
    });
    await complete(behind);
    await clearFaults(scene.world.platform);
    await scene.api.call('POST', `/v1/jobs/${killer.id}/retry`);
    expect((await scene.api.ended(killer.id)).state).toBe('completed');
    free();
    await scene.expectWhole();
  });
});
