import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { type DocumentedConsumer, documentedConsumer } from '../support/documented-consumer.ts';
import { eventually } from '../support/eventually.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

type Webhook = { readonly id: string; readonly secret: string };

const CUSTOMERS = 6;
const LATEST_MS = 40_000;

describe('the consumer that docs/events.md shows', () => {
  let stack: Stack;
  let api: Api;
  let consumer: DocumentedConsumer;
  let webhook: Webhook;

  beforeAll(async () => {
    stack = await startStack({ backend: 'postgres', env: { WEBHOOK_ALLOW: '127.0.0.0/8' } });
    await addContainers(await stack.client(), [{ id: '100001', capacity: 999 }]);
    api = await stack.client(['jobs:read', 'jobs:write', 'webhooks:write']);
    consumer = await documentedConsumer({ QVARA_URL: stack.intakes[0]?.url ?? '', QVARA_KEY: api.key });
    const body = { url: consumer.url };
    webhook = (await api.call<Webhook>('POST', '/v1/webhooks', { body })).body;
  });
  afterAll(async () => {
    await consumer?.close();
    await stack?.stop();
  });
  beforeEach(async () => {
    await consumer.kill();
    await change({ state: 'enabled', eventTypes: null });
    await consumer.start(webhook.secret);
  });

  const change = async (body: object) => {
    const { status } = await api.call('PATCH', `/v1/webhooks/${webhook.id}`, { body });
    expect(status).toBe(200);
  };
  const provision = async (count: number) => {
    const jobs = await Promise.all(Array.from({ length: count }, () => api.post(provisioning())));
    return jobs.map(({ id }) => id);
  };
  const ended = async (ids: readonly string[]) => await Promise.all(ids.map((id) => api.ended(id, LATEST_MS)));

  /** The ids of the client's log, page by page. */
  async function logged(): Promise<number[]> {
    const ids: number[] = [];
    for (;;) {
      const page = await api.events(`after=${ids.at(-1) ?? 0}`);
      ids.push(...page.map(({ data }) => data.sequence));
      if (page.length < 200) return ids;
    }
  }

  /** It has handled the whole log, nothing twice, and each job in its order. */
  async function expectAllHandled(): Promise<void> {
    const wanted = await logged();
    await eventually(() => consumer.written().length >= wanted.length, {
      deadlineMs: LATEST_MS,
      describe: () => `${wanted.length} events to be handled; there are ${consumer.written().length}`,
    });
    expect(
      consumer
        .written()
        .map(({ id }) => id)
        .toSorted((one, other) => one - other),
    ).toEqual(wanted);
    expect(new Set(consumer.said.map(({ id }) => id)).size).toBe(consumer.said.length);
    for (const [job, events] of Map.groupBy(consumer.said, (event) => event.job)) {
      const numbers = events.map(({ number }) => number);
      expect(numbers, String(job)).toEqual(numbers.toSorted((one, other) => Number(one) - Number(other)));
    }
  }

  it('handles each event once and in the order of its job, although it is killed and told all of it again', async () => {
    const ids = await provision(CUSTOMERS);
    await eventually(() => consumer.written().length > CUSTOMERS, { deadlineMs: LATEST_MS });
    await consumer.kill();
    await consumer.start(webhook.secret);
    await ended(ids);
    await expectAllHandled();
    await api.call('POST', `/v1/webhooks/${webhook.id}/replay`, { body: { after: 0 } });
    await eventually(async () => (await replayed()) >= 22 * CUSTOMERS, { deadlineMs: LATEST_MS });
    await expectAllHandled();
  });

  async function replayed(): Promise<number> {
    const { rows } = await stack.ledger.pool.query(
      "select count(*)::int as n from deliveries where replay and state = 'delivered'",
    );
    return rows[0].n;
  }

  it('reads on by number what happened while it was down and its webhook off', async () => {
    await consumer.kill();
    await change({ state: 'disabled' });
    await ended(await provision(3));
    await consumer.start(webhook.secret);
    await expectAllHandled();
  });

  it('asks the log for what comes before an event that is not the next of its job', async () => {
    await change({ eventTypes: ['job.completed'] });
    await ended(await provision(1));
    await expectAllHandled();
  });

  it('goes on with either secret after a rotation', async () => {
    webhook = (await api.call<Webhook>('POST', `/v1/webhooks/${webhook.id}/rotate-secret`)).body;
    await ended(await provision(1));
    await expectAllHandled();
    await consumer.kill();
    await consumer.start(webhook.secret);
    await ended(await provision(1));
    await expectAllHandled();
  });

  it('takes a test, and nothing that is not signed', async () => {
    const before = consumer.said.length;
    const tested = await api.call('POST', `/v1/webhooks/${webhook.id}/test`);
    expect(tested.body).toMatchObject({ delivered: true, status: 204 });
    const headers = { 'webhook-id': '1', 'webhook-timestamp': `${Math.floor(Date.now() / 1_000)}` };
    const forged = { ...headers, 'webhook-signature': `v1,${btoa('x'.repeat(32))}` };
    const answer = await fetch(consumer.url, { method: 'POST', headers: forged, body: '{}' });
    expect(answer.status).toBe(401);
    expect(consumer.said.length).toBe(before);
  });
});
