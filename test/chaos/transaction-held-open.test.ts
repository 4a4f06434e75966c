import type { JobAnswer } from '@qvara/contracts/job-answer';
import { scriptFault } from '@qvara/platform/sandbox-scripts';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { allCompleted, crowd, expectAllActive } from './crowd.ts';
import { expectActiveOnce, holdInCalls, newPlace } from './holds.ts';
import { lockRow } from './row-lock.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'transaction-held-open';
/** As long as others may take while somebody is locked. */
const PROMPT_MS = 5_000;
const BRIEFLY_MS = 600;
/** By so much more than a lock lasts it may delay others. */
const MOMENT_MS = 1_000;

describe.each(backendsFor(FILE))(`a transaction held open, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 1 });
  });
  afterAll(() => scene?.close());

  /** Begins a transaction and leaves it open; what is answered ends it. */
  async function holdOpen(url: string, text: string, values: unknown[] = []): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('begin');
    await client.query(text, values);
    return () => client.end();
  }

  async function expectOthersPrompt(): Promise<void> {
    const others = await crowd(scene, 10);
    for (const job of others) {
      expect(await scene.api.ended(job.id, PROMPT_MS)).toMatchObject({ state: 'completed', attempt: 1 });
      await expectActiveOnce(scene, job);
    }
  }

  it('one customer whose lane is locked holds up nobody else, and goes on when it is free', async () => {
    const [locked] = await crowd(scene, 1);
    const { customerId = '', id = '' } = locked ?? {};
    await scene.api.ended(id);
    const lane = 'select from lanes where customer_id = $1 for update';
    const letGo = await holdOpen(scene.world.ledgerUrl, lane, [customerId]);
    const change = scene.insist({ type: 'customer.update', customerId, payload: { name: 'Patient' } });
    await expectOthersPrompt();
    expect((await scene.api.customer(customerId)).name).not.toBe('Patient');
    await letGo();
    expect(await scene.api.ended((await change).id, PROMPT_MS)).toMatchObject({ state: 'completed', attempt: 1 });
    await scene.expectWhole();
  });

  it('jobs locked in the middle of their steps hold up no others, and go on when they are free', async () => {
    const locked = (await holdInCalls(scene, 1_000)).map(({ job }) => job);
    const rows = 'select from jobs where id = any($1) order by id for update';
    const letGo = await holdOpen(scene.world.ledgerUrl, rows, [locked.map(({ id }) => id)]);
    await expectOthersPrompt();
    for (const { id } of locked) expect((await scene.api.job(id)).state).toBe('running');
    await letGo();
    await expectAllActive(scene, locked, 15_000);
    for (const { id } of locked) expect((await scene.api.job(id)).attempt).toBe(1);
  });

  it('jobs locked before they are claimed hold up no others, and go on when they are free', async () => {
    await scene.api.call('POST', '/v1/queues/provisioning/pause');
    const locked = await crowd(scene, 3);
    const rows = 'select from jobs where id = any($1) order by id for update';
    const letGo = await holdOpen(scene.world.ledgerUrl, rows, [locked.map(({ id }) => id)]);
    await scene.api.call('POST', '/v1/queues/provisioning/resume');
    await expectOthersPrompt();
    for (const { id } of locked) expect((await scene.api.job(id)).state).toBe('accepted');
    await letGo();
    await expectAllActive(scene, locked, 15_000);
  });

  /** A disconnection in the middle of its first step: of its customer's rows it will write each. */
  async function leavingCustomer(): Promise<JobAnswer> {
    const { containerId, region } = await newPlace(scene);
    const { id, customerId } = await scene.insist(provisioning({ region }));
    await scene.api.ended(id);
    const slow = { containerId, verb: 'setService', behaviour: 'latency', latencyMs: 1_000, times: 1 } as const;
    await scriptFault(scene.world.platform, slow);
    const job = await scene.insist({ type: 'customer.disconnect', customerId, payload: { reason: 'moved' } });
    return await scene.api.reaches(job.id, 'running');
  }

  /** How long the slowest of these jobs took, all of which are completed at the first try. */
  async function slowestOf(jobs: readonly JobAnswer[]): Promise<number> {
    await allCompleted(scene, jobs, PROMPT_MS);
    const ended = await Promise.all(jobs.map(({ id }) => scene.api.job(id)));
    for (const { attempt } of ended) expect(attempt).toBe(1);
    return Math.max(...ended.map(({ acceptedAt, finishedAt }) => Date.parse(`${finishedAt}`) - Date.parse(acceptedAt)));
  }

  it.each(['customers', 'seats', 'sites'] as const)(
    'a row of %s locked briefly, when a run is to write it, delays others by hardly more than that, and fails nobody',
    async (table) => {
      const quietMs = await slowestOf(await crowd(scene, 10));
      const leaving = await leavingCustomer();
      const lock = await lockRow(scene.world, table, leaving.customerId);
      await eventually(lock.isMet, { describe: 'the run wants to write the row' });
      const [, others] = await Promise.all([lock.letGoAfter(BRIEFLY_MS), crowd(scene, 10)]);
      const slowest = await slowestOf(others);
      expect(slowest).toBeLessThan(quietMs + BRIEFLY_MS + MOMENT_MS);
      expect(await scene.api.ended(leaving.id, PROMPT_MS)).toMatchObject({ state: 'completed', attempt: 1 });
      for (const job of others) await expectActiveOnce(scene, job);
      await scene.expectWhole();
    },
  );

  it('a writer left open anywhere in the cluster freezes no reader of the log', async () => {
    const audit =
      "insert into audits (key_id, client_id, action, subject, detail) values ('', '', '', '', '{}') returning 1";
    const ends = [
      await holdOpen(scene.world.ledgerUrl, audit),
      await holdOpen(scene.world.platformUrl, 'create table left_open ()'),
      await holdOpen(scene.world.postgres.url, 'create table left_open ()'),
    ];
    const job = await scene.insist(provisioning());
    const headers = { Prefer: 'wait=5' };
    const { body } = await scene.api.call('GET', `/v1/jobs/${job.id}`, { headers });
    expect(body).toMatchObject({ state: 'completed' });
    expect((await scene.api.events(`jobId=${job.id}`)).at(-1)?.type).toBe('qvara.job.completed.v1');
    for (const end of ends) await end();
    await scene.expectWhole();
  });

  it('while the event log is locked nothing is lost: requests and runs wait, and go on', async () => {
    const jobs = await crowd(scene, 5);
    const letGo = await holdOpen(scene.world.ledgerUrl, 'select pg_advisory_xact_lock(7811, 1)');
    const refused = scene.api.call('POST', '/v1/jobs', { body: provisioning() });
    const waiting = crowd(scene, 5);
    expect((await refused).status).toBe(503);
    await letGo();
    await expectAllActive(scene, [...jobs, ...(await waiting)], 30_000);
  });
});
