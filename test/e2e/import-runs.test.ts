import type { CloudEvent } from '@qvara/contracts/events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { customerRows, importing, statesOf, watchingTotals, wrongTotals } from '../support/imports.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const UPSERT = 'type=customer.provision&mode=upsert';
const DRY = 'type=customer.provision&dryRun=true';

describe.each(backendsFor('import-runs'))(`imports on %s queues (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;
  let files: ReturnType<typeof importing>;

  beforeAll(async () => {
    stack = await startStack({ backend, workers: 2 });
    api = await stack.client();
    files = importing(api, stack.intakes[0]?.url ?? '');
    await addContainers(api, [
      { id: '100001', capacity: 999 },
      { id: '100002', capacity: 999 },
      { id: '100003', capacity: 3, region: 'east' },
    ]);
  });
  afterAll(() => stack?.stop());

  const rowsOf = async <R extends object>(text: string, values: unknown[] = []) =>
    (await stack.ledger.pool.query<R>(text, values)).rows;

  it('a file ends with every good row an active customer, once, and every bad row failed; totals are exact all the way', async () => {
    const rows = customerRows(300, 'whole').map((row, n) => (n % 10 === 9 ? { ...row, industry: 'unheard-of' } : row));
    const { id } = await files.send(rows);
    const { done, wrong } = await watchingTotals(stack.ledger.pool, id, () => files.ended(id));
    expect(done).toMatchObject({ state: 'completed-with-failures', paused: null });
    expect(statesOf(done.totals)).toEqual({ pending: 0, running: 0, done: 270, failed: 30, skipped: 0 });
    expect(wrong).toEqual([]);
    const made = await rowsOf(
      `select external_ref from customers where external_ref like 'whole-%' and service_status = 'active'`,
    );
    expect(made).toHaveLength(270);
    const jobs = await rowsOf<{ rows: number; jobs: number }>(
      'select count(distinct import_row)::int as rows, count(*)::int as jobs from jobs where import_id = $1',
      [id],
    );
    expect(jobs).toEqual([{ rows: 270, jobs: 270 }]);
    const failed = await files.rows(id, '&state=failed');
    expect(new Set(failed.map(({ errors }) => errors[0]?.code))).toEqual(new Set(['not-allowed']));
  });

  it('every event of a row names its import, and the import tells how it came on and how it ended', async () => {
    const { id } = await files.send(customerRows(3, 'told'));
    await files.ended(id);
    const events: CloudEvent[] = [];
    await eventually(async () => {
      events.splice(0, events.length, ...(await api.events(`importId=${id}`)));
      return events.some(({ type }) => type === 'qvara.import.finished.v1');
    });
    expect(new Set(events.map(({ data }) => data.importId))).toEqual(new Set([id]));
    expect(events.filter(({ type }) => type === 'qvara.job.completed.v1')).toHaveLength(3);
    const own = events.filter(({ subject }) => subject === id);
    expect(own.at(-1)).toMatchObject({
      type: 'qvara.import.finished.v1',
      data: { scope: 'import', importState: 'completed', totals: { rows: 3, done: 3 }, jobId: null },
    });
    const jobs = await api.call<{ items: object[] }>('GET', `/v1/jobs?importId=${id}`);
    expect(jobs.body.items).toHaveLength(3);
  });

  it('a dry run changes nothing and then runs exactly what was shown: what changed since fails and is counted', async () => {
    const { id } = await files.send(customerRows(4, 'dry'), DRY);
    const shown = await files.reaches(id, 'ready');
    expect(shown).toMatchObject({ totals: { create: 4, pending: 4 }, plan: { capacity: [{ needed: 4, missing: 0 }] } });
    expect(await rowsOf(`select from customers where external_ref like 'dry-%'`)).toEqual([]);
    const job = await api.post({ type: 'customer.provision', payload: customerRows(1, 'dry')[0] });
    await api.ended(job.id);
    await files.act(id, 'run');
    expect(await files.ended(id)).toMatchObject({
      state: 'completed-with-failures',
      changedSinceCheck: 1,
      totals: { create: 3, conflict: 1, done: 3, failed: 1 },
    });
    const [first] = await files.rows(id, '&state=failed');
    expect(first?.errors.map(({ code }) => code)).toEqual(['row-changed', 'external-ref-taken']);
  });

  it('the same file brought in again touches nothing, and a changed one only what differs', async () => {
    const rows = customerRows(20, 'again');
    await files.ended((await files.send(rows)).id);
    const picture = async () => await rowsOf(`select * from customers where external_ref like 'again-%' order by id`);
    const before = await picture();
    const same = await files.ended((await files.send(rows)).id);
    expect(same).toMatchObject({ state: 'completed', totals: { unchanged: 20, skipped: 20 } });
    expect(await picture()).toEqual(before);
    const changed = rows.map((row, n) => (n < 3 ? { ...row, tags: ['west'], retention: { sms: 365 } } : row));
    const upserted = await files.ended((await files.send(changed, UPSERT)).id);
    expect(upserted).toMatchObject({ state: 'completed', totals: { update: 3, unchanged: 17, done: 3, skipped: 17 } });
    const customer = await api.customer('ref:again-1');
    expect(customer).toMatchObject({ tags: ['west'], settings: { retention: { sms: 365, fax: 90 } } });
    const [job] = await rowsOf<{ fees: object[] }>('select fees from jobs where customer_id = $1 order by turn desc', [
      customer.id,
    ]);
    expect(job?.fees).toMatchObject([{ code: 'retention-sms' }]);
  });

  it('without room an import stands still, says where, and goes on by itself when room appears', async () => {
    const { id } = await files.send(customerRows(8, 'full', { region: 'east' }));
    const paused = await files.reaches(id, 'paused');
    expect(paused).toMatchObject({
      paused: { reason: 'no-capacity', detail: expect.stringContaining('region east') },
      totals: { pending: 5 },
    });
    await eventually(async () => (await files.read(id)).totals.done === 3);
    await api.call('PATCH', '/v1/containers/100003', { body: { capacity: 5 } });
    await eventually(async () => (await files.read(id)).totals.done === 5, { deadlineMs: 20_000 });
    await files.reaches(id, 'paused');
    await api.call('PATCH', '/v1/containers/100003', { body: { capacity: 50 } });
    expect(await files.ended(id)).toMatchObject({ state: 'completed', totals: { done: 8 } });
    expect(await rowsOf(`select from jobs where import_id = $1 and state = 'held'`, [id])).toEqual([]);
  });

  it('too many failures let an import stand still before it begins, and a word lets it go on', async () => {
    const rows = customerRows(10, 'budget').map((row, n) => (n < 3 ? { ...row, industry: 'unheard-of' } : row));
    const { id } = await files.send(rows, 'type=customer.provision&errorBudget=20%25');
    expect(await files.reaches(id, 'paused')).toMatchObject({
      paused: { reason: 'error-budget' },
      totals: { pending: 7, failed: 3 },
    });
    await files.act(id, 'resume');
    expect(await files.ended(id)).toMatchObject({ state: 'completed-with-failures', totals: { done: 7, failed: 3 } });
  });

  it('an import that is paused starts no more rows, goes on when it is let, and ends when it is cancelled', async () => {
    const { id } = await files.send(customerRows(900, 'steered'));
    await files.reaches(id, 'running');
    await files.act(id, 'pause');
    await eventually(async () => (await files.read(id)).totals.running === 0, { deadlineMs: 20_000 });
    const still = (await files.read(id)).totals;
    expect(still.pending).toBeGreaterThan(0);
    expect(still.pending + still.done).toBe(900);
    await files.act(id, 'resume');
    await eventually(async () => (await files.read(id)).totals.pending < still.pending, { deadlineMs: 20_000 });
    await files.act(id, 'cancel');
    await eventually(async () => (await files.read(id)).finishedAt !== null, { deadlineMs: 20_000 });
    const { state, totals } = await files.read(id);
    expect([state, totals.pending, totals.running, totals.done + totals.skipped]).toEqual(['cancelled', 0, 0, 900]);
    expect(await wrongTotals(stack.ledger.pool, id)).toEqual([]);
    const active = await rowsOf(
      `select from customers where external_ref like 'steered-%' and service_status = 'active'`,
    );
    expect(active).toHaveLength(totals.done);
  });

  it('a row that the ledger refuses fails alone', async () => {
    await stack.ledger.pool.query(`alter table customers add constraint poison check (name <> 'poison')`);
    const rows = customerRows(120, 'poisoned').map((row, n) => (n === 77 ? { ...row, name: 'poison' } : row));
    const { id } = await files.send(rows);
    expect(await files.ended(id)).toMatchObject({ totals: { done: 119, failed: 1 } });
    await stack.ledger.pool.query('alter table customers drop constraint poison');
    const [failed] = await files.rows(id, '&state=failed');
    expect(failed).toMatchObject({ row: 78, errors: [{ code: 'internal' }], jobId: null });
    await files.act(id, 'retry');
    expect(await files.ended(id)).toMatchObject({ state: 'completed', totals: { done: 120, failed: 0 } });
  });

  it('a row whose lane is busy waits alone: the others of its chunk are done meanwhile', async () => {
    const stuck = await api.post({
      type: 'customer.provision',
      payload: { ...customerRows(1, 'stuck')[0], region: 'nowhere' },
    });
    await api.reaches(stuck.id, 'held');
    const others = await files.ended((await files.send(customerRows(5, 'lane'))).id);
    expect(others.totals.done).toBe(5);
    const changes = ['stuck-1', ...Array.from({ length: 5 }, (_, n) => `lane-${n + 1}`)];
    const { id } = await files.send(
      changes.map((customerRef) => ({ customerRef, name: 'New name' })),
      'type=customer.update',
    );
    await eventually(async () => (await files.read(id)).totals.done === 5, { deadlineMs: 20_000 });
    expect((await files.read(id)).totals).toMatchObject({ running: 1, done: 5 });
    await addContainers(api, [{ id: '100009', capacity: 5, region: 'nowhere' }]);
    expect(await files.ended(id)).toMatchObject({ state: 'completed', totals: { done: 6 } });
  });
});
