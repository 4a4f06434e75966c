import { randomBytes } from 'node:crypto';
import { createPoster, type Poster } from '@qvara/outbound/post';
import { secretText } from '@qvara/outbound/sign';
import { parseAllow } from '@qvara/outbound/targets';
import type { Handle } from '@qvara/queue/consumer';
import { sealer } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { createMetrics } from '@qvara/runtime/metrics';
import { listDeliveries } from '@qvara/store/deliveries';
import { appendEvents } from '@qvara/store/events';
import { closeLedger, type Ledger, openLedger } from '@qvara/store/orm';
import { sqlOn, transact } from '@qvara/store/sql';
import { ringWebhooks } from '@qvara/store/webhook-runs';
import { addWebhook, loadWebhook } from '@qvara/store/webhooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type Consumer, startConsumer } from '../../../test/support/consumer.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createWebhookHandler } from './webhooks.ts';

const secrets = sealer([randomBytes(32)]);
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let ledger: Ledger;
let poster: Poster;
let handle: Handle;
let consumer: Consumer;
let viewer: { clientId: string; admin: boolean };
let announced: number[];
let released: (number | null)[];
let complaints: unknown[];

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ databaseUrl: database.url, clientWindow: 1, quarantineDays: 30, sipDomain: 'sip.test' });
  poster = createPoster({ allow: parseAllow('127.0.0.1/32'), timeoutMs: 10_000 });
  const complain = (told: unknown) => void complaints.push(told);
  handle = createWebhookHandler({
    ledger,
    announce: ({ lastEvent }) => void announced.push(lastEvent),
    sealer: secrets,
    poster,
    metrics: createMetrics({ service: 'test' }),
    logger: { error: complain, warn: () => undefined },
    released: (dueInMs) => void released.push(dueInMs),
  });
});
afterAll(async () => {
  await poster.close();
  await closeLedger(ledger);
  await database.drop();
});
beforeEach(async () => {
  consumer = await startConsumer();
  viewer = { clientId: newId('cli'), admin: false };
  [announced, released, complaints] = [[], [], []];
});
afterEach(async () => {
  await consumer.close();
});

async function addHook(url = consumer.url): Promise<string> {
  const [id, secret] = [newId('whk'), secretText(randomBytes(32))];
  consumer.secrets.push(secret);
  const own = { id, url, clientId: viewer.clientId, eventTypes: null, description: null };
  await addWebhook(ledger, { ...own, secret: secrets.seal(secret, id) });
  return id;
}

/** Appends events of so many jobs, each the same number. */
async function tell({ jobs, each = 1 }: { jobs: number; each?: number }): Promise<void> {
  const about = { client_id: viewer.clientId, customer_id: null, job_last: each, common: {} };
  const told = Array.from({ length: each }, () => ({ name: 'job.started', state: null, scope: 'job' }) as const);
  const records = Array.from({ length: jobs }, () => ({ ...about, job_id: newId('job'), told }));
  await transact(ledger.pool, (sql) => appendEvents(sql, records));
}

/** Answers the bell of a webhook, if it is rung. */
async function attend(id: string): Promise<boolean> {
  const bell = (await ringWebhooks(ledger)).find(({ jobId }) => jobId === id);
  if (bell !== undefined) await handle(bell, new AbortController().signal);
  return bell !== undefined;
}

const change = (id: string, set: string) => sqlOn(ledger.pool).query(`update webhooks set ${set} where id = $1`, [id]);
const deliveries = async (id: string) =>
  (await listDeliveries(ledger, viewer, { webhookId: id, limit: 200 })).items.toReversed();

it('who says 429 or 503 and when to come again is sent nothing until then', async () => {
  for (const status of [429, 503]) {
    const id = await addHook();
    let asked = 0;
    consumer.answer = (_, response) => {
      asked += 1;
      response.writeHead(status, { 'retry-after': '3600' }).end();
    };
    await tell({ jobs: 100 });
    await attend(id);
    expect(asked).toBeLessThanOrEqual(16);
    expect(released.at(-1)).toBeGreaterThan(HOUR_MS - 60_000);
    expect(await attend(id)).toBe(false);
    consumer.answer = (_, response) => void response.writeHead(204).end();
    await change(id, 'pause_until = clock_timestamp()');
    await sqlOn(ledger.pool).query('update deliveries set due_at = clock_timestamp() where webhook_id = $1', [id]);
    await attend(id);
    expect((await deliveries(id)).every(({ state }) => state === 'delivered')).toBe(true);
    await change(id, "state = 'disabled'");
  }
});

it('nothing but failures for five days take it out of service, and its client is told; a success between does not', async () => {
  consumer.answer = (_, response) => void response.writeHead(500).end();
  const id = await addHook();
  await tell({ jobs: 1 });
  await attend(id);
  for (const [days, state] of [
    [4.99, 'enabled'],
    [5.01, 'disabled'],
  ] as const) {
    await change(id, `failing_since = clock_timestamp() - interval '${days} days', due_at = clock_timestamp()`);
    await sqlOn(ledger.pool).query('update deliveries set due_at = clock_timestamp() where webhook_id = $1', [id]);
    await attend(id);
    expect((await loadWebhook(ledger, viewer, id)).state).toBe(state);
  }
  expect(await loadWebhook(ledger, viewer, id)).toMatchObject({ disabledReason: expect.stringMatching(/five days/) });
  const { rows } = await ledger.pool.query('select name, subject, client_id from events where sequence = $1', [
    announced.at(-1),
  ]);
  expect(rows).toEqual([{ name: 'webhook.disabled', subject: id, client_id: viewer.clientId }]);
  expect(await attend(id)).toBe(false);
});

it('a delivery that fails by the whole schedule is given up with its tries, and the next of its job is sent', async () => {
  consumer.answer = (event, response) => void response.writeHead(event.jobSequence === 1 ? 422 : 204).end('never');
  const id = await addHook();
  await tell({ jobs: 1, each: 2 });
  const delaysMs: number[] = [];
  while (await attend(id)) {
    const [first] = await deliveries(id);
    if (first?.state === 'failed') break;
    delaysMs.push(Date.parse(first?.dueAt as string) - Date.now());
    await sqlOn(ledger.pool).query(
      "update deliveries set due_at = clock_timestamp() where webhook_id = $1 and state = 'pending' and due_at is not null",
      [id],
    );
    await change(id, 'pause_until = null, due_at = clock_timestamp()');
  }
  const minutes = delaysMs.map((ms) => ms / 60_000);
  [1 / 12, 5, 30, 120, 300, 600, 840, 1_200, 1_440].forEach((wanted, n) => {
    expect(minutes[n]).toBeGreaterThan(wanted * 0.9 - 0.1);
    expect(minutes[n]).toBeLessThan(wanted * 1.1);
  });
  const [first, second] = await deliveries(id);
  expect(first?.attempts).toHaveLength(10);
  expect(first?.attempts.at(-1)).toMatchObject({ status: 422, body: 'never' });
  await change(id, 'pause_until = null');
  await attend(id);
  expect([second?.state, (await deliveries(id))[1]?.state]).toEqual(['pending', 'delivered']);
  expect(await attend(id)).toBe(false);
});

it('a redirect is told as the failure it is, and not followed', async () => {
  const other = await startConsumer();
  consumer.answer = (_, response) => void response.writeHead(307, { location: other.url }).end();
  const id = await addHook();
  other.secrets.push(...consumer.secrets);
  await tell({ jobs: 1 });
  await attend(id);
  const [delivery] = await deliveries(id);
  expect(delivery).toMatchObject({ state: 'pending', attempts: [{ status: 307 }] });
  expect([other.received, other.refused]).toEqual([[], []]);
  await other.close();
});

it('a webhook that is slow gives way to others while much is left, and none of it is sent twice', async () => {
  const sent: string[] = [];
  consumer.answer = ({ id }, response) => {
    sent.push(id);
    setTimeout(() => response.writeHead(204).end(), 600);
  };
  const id = await addHook();
  await tell({ jobs: 300 });
  const startedMs = performance.now();
  await attend(id);
  expect(performance.now() - startedMs).toBeLessThan(9_000);
  const { rows } = await ledger.pool.query(
    "select count(*)::int as done from deliveries where webhook_id = $1 and state = 'delivered'",
    [id],
  );
  expect(rows[0].done).toBe(sent.length);
  expect(sent.length).toBeLessThan(200);
  consumer.answer = ({ id: event }, response) => void response.writeHead(204).end(sent.push(event).toString());
  while (await attend(id));
  expect(sent.length).toBe(300);
  expect(new Set(sent).size).toBe(300);
});

it('signs by the ledger’s time, whatever the clock of its machine says', async () => {
  const id = await addHook();
  await tell({ jobs: 1 });
  const before = Date.now();
  let signedAt = 0;
  // The receiver is of this process too, and would refuse what is signed rightly.
  consumer.secrets = [];
  vi.useFakeTimers({ toFake: ['Date'], now: before + HOUR_MS });
  const seen = vi.spyOn(poster, 'post');
  try {
    await attend(id);
    signedAt = Number(seen.mock.calls[0]?.[0].headers['webhook-timestamp']) * 1_000;
  } finally {
    vi.useRealTimers();
    seen.mockRestore();
  }
  expect(Math.abs(signedAt - before)).toBeLessThan(60_000);
});

it('one whose secret cannot be opened is left alone for a while', async () => {
  const id = await addHook();
  await tell({ jobs: 1 });
  await change(id, "secret = 'sealed by nobody'");
  await attend(id);
  expect(complaints).toHaveLength(1);
  expect(await attend(id)).toBe(false);
  await change(id, 'pause_until = clock_timestamp()');
  expect(await attend(id)).toBe(true);
});

it('while so much is pending that nothing is added, it is left alone until something is due', async () => {
  const id = await addHook();
  await sqlOn(ledger.pool).query(
    `insert into deliveries (id, webhook_id, sequence, event_type, lane, replay, due_at)
     select 'dlv_' || $1 || n, $1, 0, 'x', n::text, false, clock_timestamp() + interval '1 day' from generate_series(1, 10000) n`,
    [id],
  );
  await tell({ jobs: 1 });
  expect(await attend(id)).toBe(true);
  expect(await attend(id)).toBe(false);
  expect(complaints).toEqual([]);
});
