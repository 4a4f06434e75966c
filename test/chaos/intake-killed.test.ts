import { randomUUID } from 'node:crypto';
import { openBackend } from '@qvara/queue/connection';
import { createProducer } from '@qvara/queue/producer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from '../prove/slot.ts';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { startProxy, type Way } from '../support/proxy.ts';
import { expectActiveOnce } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

/** So much later does an intake on its slow way hear of its commit, and does its ring arrive. */
const SLOW_MS = 250;
const PROMISED_MS = 30_000;

type Known = { readonly id: string; readonly state: string; readonly bell: string; readonly bellNo: number };

describe.each(backendsFor('intake-killed'))(`an intake killed, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  let slot: Slot;
  let ways: Way[] = [];
  let own: Record<string, string>;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 1 });
    const { postgres, redis, ledgerUrl, intakes } = scene.world;
    const [ledgerWay, redisWay] = [await startProxy(postgres), redis && (await startProxy(redis))];
    ways = [ledgerWay, redisWay].filter((way) => way !== null);
    own = { DATABASE_URL: ledgerWay.lead(ledgerUrl), ...(redis && { REDIS_URL: redisWay?.lead(redis.url) ?? '' }) };
    slot = intakes[0] as Slot;
    await slot.take();
  });
  afterAll(async () => {
    await scene?.close();
    await Promise.all(ways.map((way) => way.close()));
  });

  async function findJob(externalId: string): Promise<Known | undefined> {
    const sql = 'select id, state, bell, bell_no as "bellNo" from jobs where external_id = $1';
    const { rows } = await scene.world.ledger.query<Known>(sql, [externalId]);
    expect(rows.length).toBeLessThan(2);
    return rows[0];
  }

  /** Whether no queue has heard of the job's bell. */
  async function isUnheard({ id: jobId, bellNo }: Known): Promise<boolean> {
    const queues = openBackend({ redisUrl: scene.world.redis?.url, databaseUrl: scene.world.ledgerUrl });
    const producer = createProducer(queues);
    const lost = await producer.findLostBells([{ queue: 'provisioning', jobId, bellNo }]);
    await producer.close();
    await queues.close();
    return lost.length > 0;
  }

  /** Posts a job to an intake on slow ways and kills that at the moment given; answers what the caller heard. */
  async function killWhen(moment: 'committed' | 'answered', externalId: string): Promise<number | null> {
    await slot.stop('SIGTERM');
    await slot.start(own);
    // What it has asked of keys and lists it remembers.
    await scene.api.call('POST', '/v1/jobs?dryRun=true', { body: provisioning() });
    for (const way of ways) way.slow(SLOW_MS);
    const options = { body: { ...provisioning(), externalId }, headers: { 'idempotency-key': externalId } };
    const heard = scene.api.call('POST', '/v1/jobs', options).then(
      ({ status }) => status,
      () => null,
    );
    if (moment === 'answered') await heard;
    else await eventually(() => findJob(externalId), { describe: 'the job is in the ledger' });
    await slot.stop('SIGKILL');
    for (const way of ways) way.slow(0);
    const job = (await findJob(externalId)) as Known;
    expect(job).toMatchObject({ state: 'accepted', bell: 'rung' });
    expect(await isUnheard(job)).toBe(true);
    return await heard;
  }

  it('between commit and ring loses no job: a worker ends it within 30 s, and its request repeated finds it', async () => {
    const [seen, unseen] = [randomUUID(), randomUUID()];
    expect(await killWhen('answered', seen)).toBe(202);
    const seenMs = performance.now();
    expect(await killWhen('committed', unseen)).toBeNull();
    const unseenMs = performance.now();
    for (const [externalId, sinceMs] of [
      [seen, seenMs],
      [unseen, unseenMs],
    ] as const) {
      const isCompleted = async () => (await findJob(externalId))?.state === 'completed';
      await eventually(isCompleted, {
        deadlineMs: PROMISED_MS - (performance.now() - sinceMs),
        describe: 'the job ends',
      });
    }
    await slot.start();
    for (const externalId of [seen, unseen]) {
      const job = await scene.insist({ ...provisioning(), externalId }, externalId);
      expect(job.id).toBe((await findJob(externalId))?.id);
      await expectActiveOnce(scene, job);
    }
    await scene.expectWhole();
  });
});
