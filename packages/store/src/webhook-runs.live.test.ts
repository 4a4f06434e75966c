import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { forgetDelivered, redeliverFailed } from './deliveries.ts';
import { dispatch, findDue } from './dispatch.ts';
import { recordAnswersVerb, recordHealth, type TryAnswer } from './record-answers.ts';
import { sqlOn } from './sql.ts';
import { freshId, openProcess, type Process } from './test-ledger.ts';
import { addHook, attempt, claimHook, tell, tellOften } from './test-webhook.ts';
import { claimWebhook, releaseWebhook, ringWebhooks, type WebhookClaim } from './webhook-runs.ts';
import { changeWebhook, deleteWebhook, loadWebhook, rotateSecret } from './webhooks.ts';

let database: TestDatabase;
let process: Process;
const admin = { clientId: 'cli_admin', admin: true };

beforeAll(async () => {
  database = await createTestDatabase();
  process = await openProcess(database.url);
});
afterAll(async () => {
  await process.close();
  await database.drop();
});

const sql = () => sqlOn(process.ledger.pool);
const record = (items: readonly TryAnswer[]) => recordAnswersVerb(process.ledger)(items, false);
const rungNow = async (id: string) => (await ringWebhooks(process.ledger)).some(({ jobId }) => jobId === id);

/** A claimed webhook of a client of its own, with deliveries of so many events of one job. */
async function claimWithDue(count = 1) {
  const { ledger } = process;
  const clientId = freshId('cli');
  const { id } = await addHook(ledger, clientId);
  await tell(ledger, clientId, { jobId: freshId('job'), count });
  const claimed = await claimHook(ledger, id);
  await dispatch(ledger, claimed);
  return { id, clientId, claimed, due: await findDue(ledger, claimed) };
}

function triedOf({ id, claimNo }: WebhookClaim, deliveryId: string): Omit<TryAnswer, 'result'> {
  return { webhookId: id, claimNo, deliveryId, attempt: attempt(500) };
}

/** Claims a webhook whose worker has died. */
async function takeOver(id: string) {
  await sql().query('update webhooks set claimed_until = clock_timestamp() where id = $1', [id]);
  return await claimHook(process.ledger, id);
}

it('what a worker has dispatched and not sent is found when it dies, though nothing else happens', async () => {
  const { id, due } = await claimWithDue(3);
  const next = await takeOver(id);
  expect((await findDue(process.ledger, next)).map((one) => one.id)).toEqual(due.map((one) => one.id));
});

it('who attends a webhook that is changed, or given a new secret, has lost it; it is rung at once', async () => {
  const { ledger } = process;
  const { id, claimed, due } = await claimWithDue(3);
  const viewer = { clientId: claimed.clientId, admin: false };
  await changeWebhook(ledger, viewer, { id, change: { eventTypes: ['qvara.job.failed.v1'] } });
  expect(await dispatch(ledger, claimed)).toMatchObject({ position: claimed.position, more: false });
  expect(await record([{ ...triedOf(claimed, due[0]?.id as string), result: 'delivered' }])).toEqual([false]);
  const next = await claimHook(ledger, id);
  await rotateSecret(ledger, viewer, { id, secret: 'sealed anew' });
  expect(await record([{ ...triedOf(next, due[0]?.id as string), result: 'delivered' }])).toEqual([false]);
  expect(await rungNow(id)).toBe(true);
});

const WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

it('what is asked for at the moment of a release is not forgotten', async () => {
  const { ledger } = process;
  const { id, claimed, due } = await claimWithDue();
  await record([{ ...triedOf(claimed, due[0]?.id as string), result: 'delivered' }]);
  const other = await ledger.pool.connect();
  await other.query('begin');
  await other.query('update webhooks set due_at = clock_timestamp() where id = $1', [id]);
  const releasing = releaseWebhook(ledger, claimed, 0);
  await eventually(async () => (await sql().query(WAITING)).length > 0);
  await other.query('insert into webhook_replays (webhook_id, position, until) values ($1, 0, 1)', [id]);
  await other.query('commit');
  other.release();
  expect(await releasing).not.toBeNull();
  expect(await rungNow(id)).toBe(true);
});

it('a bell that was rung before a webhook asked to be left alone does not disturb it', async () => {
  const { ledger } = process;
  const { id, claimed } = await claimWithDue();
  const [{ bellNo } = { bellNo: 0 }] = await sql().query<{ bellNo: number }>(
    'update webhooks set bell_no = bell_no + 1, rung_at = clock_timestamp() where id = $1 returning bell_no',
    [id],
  );
  await releaseWebhook(ledger, claimed, 60_000);
  expect(await claimWebhook(ledger, { id, bellNo })).toBeNull();
});

it('what is delivered again by hand keeps the order of its job, also when the first of it fails once more', async () => {
  const { ledger } = process;
  const { id, claimed, due } = await claimWithDue(3);
  await record(due.map((one) => ({ ...triedOf(claimed, one.id), result: 'failed' as const })));
  await redeliverFailed(ledger, admin, { webhookId: id, since: '2000-01-01T00:00:00Z' });
  const numbers = async () => (await findDue(ledger, claimed)).map(({ sequence }) => sequence);
  expect(await numbers()).toEqual(due.map(({ sequence }) => sequence));
  const again: TryAnswer = { ...triedOf(claimed, due[0]?.id as string), result: { againInMs: 60_000 } };
  await record([{ ...again, attempt: attempt(503) }]);
  expect(await numbers()).toEqual([]);
});

/** So many deliveries of a webhook in a state, ended so many days ago. */
async function addDeliveries(
  id: string,
  { state, count = 1, daysAgo = 0 }: { state: string; count?: number; daysAgo?: number },
) {
  await sql().query(
    `insert into deliveries (id, webhook_id, sequence, event_type, lane, replay, state, finished_at)
     select $1 || '-' || $2 || '-' || n, $1, n, 'x', n::text, false, $2,
       case when $2 <> 'pending' then clock_timestamp() - make_interval(days => $4::int) end from generate_series(1, $3::int) n`,
    [id, state, count, daysAgo],
  );
}

const statesOf = async (id: string) =>
  (await sql().query<{ state: string }>('select state from deliveries where webhook_id = $1 order by 1', [id])).map(
    ({ state }) => state,
  );

it('a webhook is deleted with more deliveries than are taken away at once, and is not there for others', async () => {
  const { ledger } = process;
  const clientId = freshId('cli');
  const { id } = await addHook(ledger, clientId);
  await addDeliveries(id, { state: 'delivered', count: 4_500 });
  await expect(deleteWebhook(ledger, { clientId: 'cli_other', admin: false }, id)).rejects.toThrow('no webhook');
  expect(await statesOf(id)).toHaveLength(4_500);
  await deleteWebhook(ledger, { clientId, admin: false }, id);
  expect(await statesOf(id)).toEqual([]);
  await expect(loadWebhook(ledger, admin, id)).rejects.toThrow('no webhook');
});

it('what was delivered or given up long ago is forgotten; what waits, and what is newer, is not', async () => {
  const { ledger } = process;
  const { id } = await addHook(ledger, freshId('cli'));
  for (const state of ['pending', 'delivered', 'failed']) await addDeliveries(id, { state, daysAgo: 31 });
  const { id: newer } = await addHook(ledger, freshId('cli'));
  await addDeliveries(newer, { state: 'failed', daysAgo: 29 });
  while (await forgetDelivered(ledger));
  expect([await statesOf(id), await statesOf(newer)]).toEqual([['pending'], ['failed']]);
});

it('types that are rare in a long log are found step by step', async () => {
  const { ledger } = process;
  const clientId = freshId('cli');
  const { id } = await addHook(ledger, clientId, ['qvara.webhook.disabled.v1']);
  for (let n = 0; n < 6; n += 1) await tellOften(ledger, clientId, 1_000);
  await tell(ledger, clientId, { name: 'webhook.disabled' });
  const claimed = await claimHook(ledger, id);
  const first = await dispatch(ledger, claimed);
  expect(first).toMatchObject({ more: true, full: false });
  expect(await findDue(ledger, claimed)).toEqual([]);
  expect(await dispatch(ledger, { ...claimed, position: first.position })).toMatchObject({ more: false });
  expect(await findDue(ledger, claimed)).toHaveLength(1);
});

it('a webhook whose last delivery was given up after a pause is left alone', async () => {
  const { ledger } = process;
  const { id, clientId, claimed, due } = await claimWithDue();
  await record([{ ...triedOf(claimed, due[0]?.id as string), result: 'failed' }]);
  expect(await releaseWebhook(ledger, claimed, 1_000)).toBeNull();
  await sql().query("update webhooks set pause_until = clock_timestamp() - interval '1 s' where id = $1", [id]);
  expect(await rungNow(id)).toBe(false);
  await tell(ledger, clientId);
  const again = await claimHook(ledger, id);
  await dispatch(ledger, again);
  const [next] = await findDue(ledger, again);
  await record([{ ...triedOf(again, next?.id as string), result: 'delivered' }]);
  expect(await releaseWebhook(ledger, again, 0)).toBeNull();
  expect(await rungNow(id)).toBe(false);
});

it('a webhook that is to be left alone is not rung, and then is', async () => {
  const { id, claimed } = await claimWithDue();
  const dueInMs = await releaseWebhook(process.ledger, claimed, 60_000);
  expect(dueInMs).toBeGreaterThan(59_000);
  expect(await rungNow(id)).toBe(false);
  await sql().query('update webhooks set pause_until = clock_timestamp() where id = $1', [id]);
  expect(await rungNow(id)).toBe(true);
});

it('a bell that waits long in a queue is as good as those that were rung after it, once', async () => {
  const { ledger } = process;
  const clientId = freshId('cli');
  const { id } = await addHook(ledger, clientId);
  await tell(ledger, clientId);
  const [first] = (await ringWebhooks(ledger)).filter(({ jobId }) => jobId === id);
  await sql().query("update webhooks set rung_at = clock_timestamp() - interval '11 s' where id = $1", [id]);
  expect(await rungNow(id)).toBe(true);
  const claimed = await claimWebhook(ledger, { id, bellNo: first?.bellNo as number });
  expect(claimed).not.toBeNull();
  await releaseWebhook(ledger, claimed as WebhookClaim, 0);
  expect(await claimWebhook(ledger, { id, bellNo: first?.bellNo as number })).toBeNull();
});

it('a try that is written twice, because the answer of the first commit was lost, is told and counted once', async () => {
  const { claimed, due } = await claimWithDue();
  const tried: TryAnswer = { ...triedOf(claimed, due[0]?.id as string), result: { againInMs: 5_000 } };
  expect(await record([tried])).toEqual([true]);
  expect(await record([tried])).toEqual([true]);
  await record([{ ...tried, attempt: attempt(501) }]);
  const [row] = await sql().query<{ tries: number; told: number }>(
    'select tries, jsonb_array_length(attempts) as told from deliveries where id = $1',
    [tried.deliveryId],
  );
  expect(row).toEqual({ tries: 2, told: 2 });
});

it('who has lost a webhook to somebody else writes nothing', async () => {
  const { id, claimed, due } = await claimWithDue();
  const next = await takeOver(id);
  const tried = due[0]?.id as string;
  expect(await record([{ ...triedOf(claimed, tried), result: 'delivered' }])).toEqual([false]);
  expect(await record([{ ...triedOf(next, tried), result: 'delivered' }])).toEqual([true]);
});

it('fails without a break since the last success, however many failures there were before it', async () => {
  const { ledger } = process;
  const { id, claimed } = await claimWithDue();
  const health = { id, claimNo: claimed.claimNo, failures: 1 };
  await recordHealth(ledger, { ...health, succeeded: false });
  await sql().query("update webhooks set failing_since = now() - interval '6 days' where id = $1", [id]);
  expect(await recordHealth(ledger, { ...health, succeeded: false })).toBeGreaterThan(5 * 86_400_000);
  expect(await recordHealth(ledger, { ...health, succeeded: true })).toBeLessThan(60_000);
  await recordHealth(ledger, { ...health, failures: 0, succeeded: true });
  expect((await loadWebhook(ledger, admin, id)).failingSince).toBeNull();
});

it('what waits for another try is tried at once when the webhook is enabled', async () => {
  const { ledger } = process;
  const { id, claimed, due } = await claimWithDue(3);
  await record([{ ...triedOf(claimed, due[0]?.id as string), result: { againInMs: 86_400_000 } }]);
  expect(await findDue(ledger, claimed)).toEqual([]);
  await releaseWebhook(ledger, claimed, 0);
  await changeWebhook(ledger, admin, { id, change: { description: 'still waits' } });
  expect(await findDue(ledger, claimed)).toEqual([]);
  await changeWebhook(ledger, admin, { id, change: { state: 'enabled' } });
  expect((await findDue(ledger, claimed)).map(({ sequence }) => sequence)).toEqual(due.map(({ sequence }) => sequence));
  expect(await rungNow(id)).toBe(true);
});

it('each delivery finds its event, however far apart they are; those no longer kept are none', async () => {
  const { ledger } = process;
  const clientId = freshId('cli');
  const { id } = await addHook(ledger, clientId, ['qvara.job.completed.v1']);
  for (let n = 0; n < 4; n += 1) {
    await tell(ledger, clientId, { jobId: freshId('job'), count: 30 });
    await tell(ledger, clientId, { name: 'job.completed', count: 3 });
    await tell(ledger, freshId('cli'), { count: 3 });
  }
  const claimed = await claimHook(ledger, id);
  await dispatch(ledger, claimed);
  const due = await findDue(ledger, claimed);
  expect(due).toHaveLength(12);
  for (const { sequence, event } of due) {
    expect(event).toMatchObject({ id: String(sequence), type: 'qvara.job.completed.v1', data: { sequence } });
  }
  // What is left of an entry need not be its last event.
  await sql().query("update deliveries set state = 'delivered' where id = $1", [due.pop()?.id]);
  await sql().query('delete from event_entries where last = $1', [due[5]?.sequence]);
  const kept = (await findDue(ledger, claimed)).map(({ event }) => event !== null);
  expect(kept).toEqual(due.map((_, n) => n < 3 || n > 5));
});
