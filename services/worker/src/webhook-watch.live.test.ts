import { newId } from '@qvara/runtime/ids';
import { appendEvents } from '@qvara/store/events';
import { closeLedger, type Ledger, openLedger } from '@qvara/store/orm';
import { sqlOn, transact } from '@qvara/store/sql';
import { claimWebhook, releaseWebhook, type WebhookBell } from '@qvara/store/webhook-runs';
import { addWebhook } from '@qvara/store/webhooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { createWebhookWatch, type WebhookWatch } from './webhook-watch.ts';

/** Less than the time between two regular looks, so that most of the time it was none of them. */
const SOON = { deadlineMs: 2_000 };
const clientId = newId('cli');

let database: TestDatabase;
let ledger: Ledger;
let watch: WebhookWatch;
let rung: WebhookBell[];
let id: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ databaseUrl: database.url, clientWindow: 1, quarantineDays: 30, sipDomain: 'sip.test' });
});
afterAll(async () => {
  await closeLedger(ledger);
  await database.drop();
});
beforeEach(async () => {
  id = newId('whk');
  const own = { url: 'https://hooks.test/', eventTypes: null, description: null, secret: 'sealed' };
  await addWebhook(ledger, { ...own, id, clientId });
  rung = [];
  watch = createWebhookWatch({
    ledger,
    databaseUrl: database.url,
    producer: { ring: async (bells) => void rung.push(...(bells as WebhookBell[])) },
    logger: { warn: () => undefined },
  });
  watch.start();
  // It has looked and listens by now.
  await tell();
  await eventually(() => bell());
});
afterEach(async () => {
  await watch.stop();
  await sqlOn(ledger.pool).query('delete from webhooks');
});

const bell = () => rung.findLast(({ jobId }) => jobId === id);

/** Something happens, and those who listen are told. */
async function tell(): Promise<void> {
  const about = { client_id: clientId, customer_id: null, job_id: null, job_last: null, common: {} };
  const told = [{ name: 'customer.activated', state: null, scope: 'customer' }] as const;
  await transact(ledger.pool, (sql) => appendEvents(sql, [{ ...about, told }]));
  await sqlOn(ledger.pool).query("select pg_notify('qvara_events', '')");
}

async function claim() {
  const claimed = await claimWebhook(ledger, { id, bellNo: bell()?.bellNo as number });
  if (claimed === null) throw new Error('the bell is stale');
  rung.splice(0);
  return claimed;
}

const catchUp = () => sqlOn(ledger.pool).query('update webhooks set position = last_event() where id = $1', [id]);

it('rings for what happens at once, and once', async () => {
  const claimed = await claim();
  await catchUp();
  watch.released(await releaseWebhook(ledger, claimed, 0));
  await tell();
  await eventually(() => bell(), SOON);
  await tell();
  expect(rung).toHaveLength(1);
});

it('rings for what happened while a webhook was attended, as soon as it is free', async () => {
  const claimed = await claim();
  await catchUp();
  await tell();
  await expect(eventually(() => bell(), { deadlineMs: 300 })).rejects.toThrow();
  watch.released(await releaseWebhook(ledger, claimed, 0));
  await eventually(() => bell(), SOON);
});

it('rings when a try is due, whatever else is looked for before', async () => {
  const claimed = await claim();
  await catchUp();
  await sqlOn(ledger.pool).query(
    `insert into deliveries (id, webhook_id, sequence, event_type, lane, replay, due_at)
     values ($1, $2, 1, 'x', 'x', false, clock_timestamp() + interval '700 ms')`,
    [newId('dlv'), id],
  );
  const dueInMs = await releaseWebhook(ledger, claimed, 0);
  expect(dueInMs).toBeGreaterThan(0);
  watch.released(dueInMs);
  const startedMs = performance.now();
  await eventually(() => bell(), SOON);
  expect(performance.now() - startedMs).toBeGreaterThan(400);
});

it('finds what nobody was told of', async () => {
  const claimed = await claim();
  await releaseWebhook(ledger, claimed, 0);
  await eventually(() => bell());
});
