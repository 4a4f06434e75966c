import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { crowd, expectAllActive } from './crowd.ts';
import { backendsFor, seed } from './extent.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'transaction-held-open';

describe.each(backendsFor(FILE))(`a transaction held open, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 1 });
  });
  afterAll(() => scene?.close());

  /** Begins a transaction and leaves it open; what is answered ends it. */
  async function holdOpen(url: string, statement: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('begin');
    await client.query(statement);
    return () => client.end();
  }

  it('one customer whose lane is locked holds up nobody else, and goes on when it is free', async () => {
    const [locked] = await crowd(scene, 1);
    const { customerId = '', id = '' } = locked ?? {};
    await scene.api.ended(id);
    const letGo = await holdOpen(
      scene.world.ledgerUrl,
      `select from lanes where customer_id = '${customerId}' for update`,
    );
    const change = scene.insist({ type: 'customer.update', customerId, payload: { name: 'Patient' } });
    const others = await crowd(scene, 10);
    for (const { id } of others) expect(await scene.api.ended(id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect((await scene.api.customer(customerId)).name).not.toBe('Patient');
    await letGo();
    expect(await scene.api.ended((await change).id)).toMatchObject({ state: 'completed' });
    await expectAllActive(scene, others, 10_000);
  }, 60_000);

  it('a writer left open anywhere in the cluster freezes no reader of the log', async () => {
    const ends = [
      await holdOpen(
        scene.world.ledgerUrl,
        "insert into audits (key_id, client_id, action, subject, detail) values ('', '', '', '', '{}')",
      ),
      await holdOpen(scene.world.platformUrl, 'create table left_open ()'),
    ];
    const job = await scene.insist(provisioning());
    await scene.api.ended(job.id);
    expect((await scene.api.events(`jobId=${job.id}`)).at(-1)?.type).toBe('qvara.job.completed.v1');
    for (const end of ends) await end();
    await scene.expectWhole();
  }, 30_000);

  it('while the event log is locked nothing is lost: requests and runs wait, and go on', async () => {
    const jobs = await crowd(scene, 5);
    const letGo = await holdOpen(scene.world.ledgerUrl, 'select pg_advisory_xact_lock(7811, 1)');
    const waiting = crowd(scene, 5);
    const timer = setTimeout(letGo, 3_000);
    await expectAllActive(scene, [...jobs, ...(await waiting)], 30_000);
    clearTimeout(timer);
  }, 60_000);
});
