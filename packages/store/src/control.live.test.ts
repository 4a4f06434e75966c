import { describeFault } from '@qvara/domain/retry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { listStranded } from './containers.ts';
import { cancelJob, retryJob } from './control.ts';
import { accepted, addRoom, openProcess, type Process, provision, rename } from './test-ledger.ts';
import { claimRun, giveUp, type Run, runJob, runUntil, undoAll } from './test-run.ts';

let database: TestDatabase;
let one: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  one = await openProcess(database.url);
  await addRoom(one, 900);
});
afterAll(async () => {
  await one.close();
  await database.drop();
});

const viewer = { clientId: 'cli_test', admin: false };
const cancel = (jobId: string, by = viewer) => cancelJob(one.ledger, one.announce, { jobId, viewer: by });
const retry = (jobId: string, by = viewer) => retryJob(one.ledger, one.announce, { jobId, viewer: by });
const customerOf = async (id: string) =>
  (
    await one.rows<{ service_status: string; name: string; provision_job_id: string }>(
      'select * from customers where id = $1',
      [id],
    )
  )[0];

/** A provisioning that has failed, with nothing left behind. */
async function failed(payload: { externalRef?: string; name?: string } = {}): Promise<Run> {
  const { id } = await accepted(one, provision({}, payload));
  return await undoAll(await giveUp(await runUntil(await claimRun(one, id), 'create-tenant')));
}

/** A provisioning that has failed, whose undo could not finish. */
async function stranded(payload: { externalRef?: string } = {}): Promise<Run> {
  const { id } = await accepted(one, provision({}, payload));
  const run = await giveUp(await runUntil(await claimRun(one, id), 'create-tenant'));
  const failure = describeFault({ code: 'platform-unavailable', message: 'gone' }, 'create-tenant');
  await run.write({ events: [{ type: 'undo-gave-up', failure }], changes: { seat: 'strand' } });
  return run;
}

it('a job that has touched nothing is cancelled at once, and the next of its lane is rung', async () => {
  const first = await accepted(one, provision());
  const behind = await accepted(one, rename({ customerId: first.customerId }));
  expect(await cancel(first.id)).toMatchObject({ state: 'cancelled', bell: 'none' });
  expect(await customerOf(first.customerId)).toMatchObject({ service_status: 'disconnected' });
  const run = await claimRun(one, behind.id);
  expect(run.refusal).toMatchObject({ code: 'customer-not-provisioned' });
});

it('a provisioning that has begun is cancelled by undoing, and rung for that with a new claim', async () => {
  const { id, customerId } = await accepted(one, provision());
  const run = await runUntil(await claimRun(one, id), 'create-tenant');
  expect(await cancel(id)).toMatchObject({ state: 'waiting', phase: 'undo', cancelRequested: true });
  const undo = await claimRun(one, id);
  expect(undo.job.claimNo).toBeGreaterThan(run.job.claimNo);
  await undoAll(undo);
  expect(undo.job.state).toBe('cancelled');
  expect(await customerOf(customerId)).toMatchObject({ service_status: 'disconnected' });
});

it('a job that is held or waits its turn can be cancelled', async () => {
  const held = await accepted(one, provision({}, { region: 'nowhere' }));
  const behind = await accepted(one, rename({ customerId: held.customerId }));
  await (await claimRun(one, held.id)).write({ place: { region: 'nowhere' }, events: [] });
  expect(await cancel(behind.id)).toMatchObject({ state: 'cancelled' });
  expect(await cancel(held.id)).toMatchObject({ state: 'cancelled', held: null });
});

it('what has begun its activation, is being cancelled, or has ended, cannot be cancelled', async () => {
  const activating = await accepted(one, provision());
  await runUntil(await claimRun(one, activating.id), 'activate-tenant');
  const cancelling = await accepted(one, provision());
  await runUntil(await claimRun(one, cancelling.id), 'create-tenant');
  await cancel(cancelling.id);
  const ended = await accepted(one, provision());
  await runJob(one, ended.id);
  for (const { id } of [activating, cancelling, ended])
    await expect(cancel(id)).rejects.toMatchObject({ code: 'job-not-cancellable' });
});

it('a change cannot be cancelled once its first step has started', async () => {
  const { id, customerId } = await accepted(one, provision());
  await runJob(one, id);
  const change = await accepted(one, rename({ customerId }));
  await claimRun(one, change.id);
  await expect(cancel(change.id)).rejects.toMatchObject({ code: 'job-not-cancellable' });
});

it('only a failed job can be retried, and one that failed for good cannot', async () => {
  const { id, customerId } = await accepted(one, provision());
  await expect(retry(id)).rejects.toMatchObject({ code: 'job-not-retryable' });
  await runJob(one, id);
  await expect(retry(id)).rejects.toMatchObject({ code: 'job-not-retryable' });
  const change = await accepted(one, rename({ customerId }));
  await giveUp(await claimRun(one, change.id), 'version-mismatch');
  await expect(retry(change.id)).rejects.toMatchObject({ code: 'job-not-retryable' });
});

it('a failed provisioning that is retried goes through, with a new seat', async () => {
  const run = await failed();
  expect(await retry(run.job.id)).toMatchObject({ state: 'accepted', attempt: 1, failure: null });
  expect((await runJob(one, run.job.id)).job.state).toBe('completed');
});

it('a new provisioning adopts the record of one that failed and left nothing; the old one cannot come back', async () => {
  const old = await failed({ externalRef: 'crm-adopt', name: 'Old name' });
  const adopting = await accepted(one, provision({}, { externalRef: 'crm-adopt', name: 'New name' }));
  expect(adopting.customerId).toBe(old.job.customerId);
  expect(await customerOf(adopting.customerId)).toMatchObject({ name: 'New name', provision_job_id: adopting.id });
  await expect(retry(old.job.id)).rejects.toMatchObject({ code: 'customer-already-provisioned' });
  await runJob(one, adopting.id);
  await expect(retry(old.job.id)).rejects.toMatchObject({ code: 'customer-already-provisioned' });
});

it('a provisioning whose successor failed too comes back with its own record', async () => {
  const old = await failed({ externalRef: 'crm-back', name: 'Old name' });
  const adopting = await accepted(one, provision({}, { externalRef: 'crm-back', name: 'New name' }));
  await undoAll(await giveUp(await runUntil(await claimRun(one, adopting.id), 'create-tenant')));
  await retry(old.job.id);
  expect(await customerOf(old.job.customerId)).toMatchObject({ name: 'Old name', provision_job_id: old.job.id });
});

it('a provisioning cannot come back while its successor has left a seat behind', async () => {
  const old = await failed({ externalRef: 'crm-seat' });
  await stranded({ externalRef: 'crm-seat' });
  await expect(retry(old.job.id)).rejects.toMatchObject({ code: 'customer-already-provisioned' });
});

it('the reference of a failed provisioning that left a seat behind stays taken', async () => {
  await stranded({ externalRef: 'crm-left' });
  const answer = await one.accept(provision({}, { externalRef: 'crm-left' }));
  expect(answer).toMatchObject({ fault: { code: 'external-ref-taken' } });
});

it('a stranded seat is listed until a retry has finished the undo, which then goes forward', async () => {
  const run = await stranded();
  const listed = async () => (await listStranded(one.ledger, viewer)).map(({ customerId }) => customerId);
  expect(await listed()).toContain(run.job.customerId);
  await retry(run.job.id);
  const undo = await claimRun(one, run.job.id);
  expect(undo.job.phase).toBe('undo');
  await undoAll(undo);
  expect(await listed()).not.toContain(run.job.customerId);
  expect((await runJob(one, run.job.id)).job.state).toBe('completed');
});

it('a cancelled provisioning frees its reference', async () => {
  const first = await accepted(one, provision({}, { externalRef: 'crm-free' }));
  await cancel(first.id);
  const second = await accepted(one, provision({}, { externalRef: 'crm-free' }));
  expect(second.customerId).not.toBe(first.customerId);
});

it('a change that waited behind a failed provisioning can be retried, behind a cancelled one it cannot', async () => {
  const run = await failed();
  const after = await accepted(one, rename({ customerId: run.job.customerId }));
  await giveUp(await claimRun(one, after.id), 'customer-not-provisioned');
  expect(await retry(after.id)).toMatchObject({ state: 'accepted' });
  const first = await accepted(one, provision());
  const behind = await accepted(one, rename({ customerId: first.customerId }));
  await cancel(first.id);
  await giveUp(await claimRun(one, behind.id), 'customer-not-provisioned');
  await expect(retry(behind.id)).rejects.toMatchObject({ code: 'job-not-retryable' });
});

it('one provisioning is adopted once, by however many requests at once', async () => {
  await failed({ externalRef: 'crm-race' });
  const two = await openProcess(database.url);
  const items = Array.from({ length: 20 }, () => provision({}, { externalRef: 'crm-race' }));
  const answers = await Promise.all(items.map((item, index) => (index % 2 ? one : two).accept(item)));
  await two.close();
  expect(answers.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1);
  for (const answer of answers)
    if (answer.outcome !== 'accepted') expect(answer).toMatchObject({ fault: { code: 'external-ref-taken' } });
});

it("nobody cancels or retries another client's job but an administrator", async () => {
  const { id } = await accepted(one, provision());
  const stranger = { clientId: 'cli_stranger', admin: false };
  await expect(cancel(id, stranger)).rejects.toMatchObject({ code: 'not-found' });
  await expect(retry(id, stranger)).rejects.toMatchObject({ code: 'not-found' });
  expect(await cancel(id, { clientId: 'cli_admin', admin: true })).toMatchObject({ state: 'cancelled' });
});
