import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { type Consumer, startConsumer } from '../support/consumer.ts';
import { eventually as within } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const ALLOW = '127.0.0.0/8';
const HOUR_MS = 3_600_000;
/** More than a few; a client may have fifty. */
const SILENT = 40;
const COMPLETED = 'qvara.job.completed.v1';

/** Generous: a machine may be busy with other things. */
const eventually = (condition: () => unknown, options: { deadlineMs?: number; describe?: () => string } = {}) =>
  within(async () => await condition(), { deadlineMs: 40_000, ...options });

type Attempt = { readonly status: number | null; readonly error: string | null; readonly latencyMs: number };
type Webhook = { readonly id: string; readonly secret: string; readonly state: string };

describe.each(backendsFor('webhooks'))(`webhooks, queues in %s (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;
  let consumer: Consumer;

  beforeAll(async () => {
    stack = await startStack({ backend, intakes: 2, workers: 2, env: { WEBHOOK_ALLOW: ALLOW } });
    const admin = await stack.client();
    await addContainers(admin, [
      { id: '100001', capacity: 999 },
      { id: '100002', capacity: 999 },
    ]);
  });
  afterAll(async () => {
    await stack?.stop();
  });
  beforeEach(async () => {
    api = await stack.client(['jobs:read', 'jobs:write', 'webhooks:write']);
    consumer = await startConsumer();
  });
  afterEach(async () => {
    await consumer.close();
  });

  async function add(body: object = {}): Promise<Webhook> {
    const answer = await api.call<Webhook>('POST', '/v1/webhooks', { body: { url: consumer.url, ...body } });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    consumer.secrets.push(answer.body.secret);
    return answer.body;
  }

  function expectInOrder(jobs: typeof consumer.received): void {
    for (const events of Map.groupBy(jobs, ({ jobId }) => jobId).values()) {
      const first = [...new Set(events.map(({ jobSequence }) => jobSequence))];
      expect(first).toEqual(first.toSorted((one, other) => Number(one) - Number(other)));
    }
  }

  const deliveries = async (id: string, query = '') =>
    (
      await api.call<{ items: { id: string; state: string; attempts: Attempt[]; eventType: string }[] }>(
        'GET',
        `/v1/webhooks/${id}/deliveries?limit=200&${query}`,
      )
    ).body.items;

  it('a consumer that fails is asked again, in order, and its answers are told', async () => {
    const failedOnce = new Set<string>();
    consumer.answer = (event, response) => {
      const fails = event.jobSequence === 5 && !failedOnce.has(event.id);
      failedOnce.add(event.id);
      if (fails) response.writeHead(500).end('not now');
      else response.writeHead(204).end();
    };
    const { id } = await add();
    const { id: jobId } = await api.post(provisioning());
    await api.ended(jobId);
    await eventually(() => consumer.received.length === 22, { deadlineMs: 30_000 });
    expect(consumer.received.map(({ jobSequence }) => jobSequence)).toEqual(
      Array.from({ length: 22 }, (_, n) => n + 1),
    );
    const all = await deliveries(id);
    expect(all).toHaveLength(22);
    expect(all.every(({ state }) => state === 'delivered')).toBe(true);
    expect(all.find(({ attempts }) => attempts.length === 2)?.attempts).toMatchObject([
      { status: 500, body: 'not now', error: null },
      { status: 204, error: null },
    ]);
  });

  it('only the types asked for are told; a replay tells them once more, marked, with the same ids', async () => {
    const { id } = await add({ eventTypes: ['job.completed', 'qvara.customer.activated.v1'] });
    const { id: jobId } = await api.post(provisioning());
    await api.ended(jobId);
    await eventually(() => consumer.received.length === 2);
    const first = consumer.received.map((event) => event.id);
    const answer = await api.call('POST', `/v1/webhooks/${id}/replay`, { body: { after: 0 } });
    expect(answer.status).toBe(202);
    await eventually(() => consumer.received.length === 4);
    expect(consumer.received.slice(2).map((event) => event.id)).toEqual(first);
    expect(consumer.received.map(({ replay }) => replay)).toEqual([false, false, true, true]);
    const [delivery] = await deliveries(id);
    await api.call('POST', `/v1/deliveries/${delivery?.id}/redeliver`);
    await eventually(() => consumer.received.length === 5);
  });

  it('for a day both secrets sign: a rotation loses no delivery', async () => {
    const { id, secret } = await add();
    const { body } = await api.call<Webhook>('POST', `/v1/webhooks/${id}/rotate-secret`);
    expect(body.secret).not.toBe(secret);
    for (const secrets of [[secret], [body.secret]]) {
      consumer.secrets = secrets;
      expect((await api.call('POST', `/v1/webhooks/${id}/test`)).body).toMatchObject({ delivered: true });
      const before = consumer.received.length;
      const { id: jobId } = await api.post(provisioning());
      await api.ended(jobId);
      await eventually(() => consumer.received.length === before + 22);
    }
    expect(consumer.refused).toEqual([]);
    const shown = await api.call('GET', `/v1/webhooks/${id}`);
    expect(JSON.stringify(shown.body)).not.toContain('whsec_');
  });

  it('a rotation amid deliveries loses none, though the receiver forgets the old secret at once', async () => {
    const { id } = await add();
    for (let n = 0; n < 12; n += 1) {
      await api.post(provisioning());
      if (n !== 5) continue;
      await eventually(() => consumer.received.length > 0);
      const { body } = await api.call<Webhook>('POST', `/v1/webhooks/${id}/rotate-secret`);
      consumer.secrets = [body.secret];
    }
    const seen = () => new Set(consumer.received.map((event) => event.id));
    await eventually(() => seen().size === 12 * 22, { describe: () => `all; there are ${seen().size}` });
    expectInOrder(consumer.received);
  });

  it('all that was given up since a time is delivered again, and nothing before it', async () => {
    consumer.answer = (_, response) => void response.writeHead(500).end();
    const { id } = await add();
    await api.ended((await api.post(provisioning())).id);
    await eventually(async () => (await deliveries(id)).length === 22);
    await eventually(async () => (await deliveries(id)).some(({ attempts }) => attempts.length > 0));
    await stack.ledger.pool.query(
      `update deliveries set state = 'failed', finished_at = clock_timestamp() - case when event_type = 'qvara.job.accepted.v1'
         then interval '2 hours' else interval '0' end where webhook_id = $1`,
      [id],
    );
    consumer.answer = (_, response) => void response.writeHead(204).end();
    const since = new Date(Date.now() - HOUR_MS).toISOString();
    const answer = await api.call('POST', `/v1/webhooks/${id}/redeliver`, { body: { since } });
    expect(answer).toMatchObject({ status: 202, body: { deliveries: 21 } });
    await eventually(() => consumer.received.length >= 21);
    expect(consumer.received.map(({ jobSequence }) => jobSequence)).toEqual(
      Array.from({ length: 21 }, (_, n) => n + 2),
    );
    expect((await deliveries(id, 'state=failed')).map(({ eventType }) => eventType)).toEqual(['qvara.job.accepted.v1']);
  });

  it('410 takes it out of service, and others are told; enabled again it gets what it missed', async () => {
    const watcher = await startConsumer();
    const told = await api.call<Webhook>('POST', '/v1/webhooks', {
      body: { url: watcher.url, eventTypes: ['webhook.disabled'] },
    });
    watcher.secrets.push(told.body.secret);
    const { id } = await add();
    consumer.answer = (_, response) => void response.writeHead(410).end();
    const { id: jobId } = await api.post(provisioning());
    await api.ended(jobId);
    await eventually(async () => (await api.call<Webhook>('GET', `/v1/webhooks/${id}`)).body.state === 'disabled');
    await eventually(() => watcher.received.length === 1);
    expect(watcher.received[0]).toMatchObject({ type: 'qvara.webhook.disabled.v1', jobId: null });
    await watcher.close();
    consumer.answer = (_, response) => void response.writeHead(204).end();
    await api.call('PATCH', `/v1/webhooks/${id}`, { body: { state: 'enabled' } });
    await eventually(() => new Set(consumer.received.map((event) => event.jobSequence)).size >= 22, {
      deadlineMs: 30_000,
      describe: () => `22 events; there are ${consumer.received.length}`,
    });
    expectInOrder(consumer.received);
  });

  it('those that never answer are given fifteen seconds, and do not delay one that does', async () => {
    const silent = await startSilent();
    const { id } = await add();
    const body = { url: silent.url, eventTypes: ['job.accepted'] };
    const added = Array.from({ length: SILENT }, () => api.call<Webhook>('POST', '/v1/webhooks', { body }));
    const ids = (await Promise.all(added)).map((answer) => answer.body.id);
    const lateMs: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const { id: jobId } = await api.post(provisioning());
      await api.ended(jobId);
      const ended = performance.now();
      await eventually(() => consumer.received.some((event) => event.jobId === jobId && event.type === COMPLETED), {
        describe: () => `the end of job ${n} is told; ${consumer.received.length} events were received`,
      });
      lateMs.push(performance.now() - ended);
    }
    expect(Math.max(...lateMs)).toBeLessThan(5_000);
    expect((await deliveries(id)).every(({ state }) => state === 'delivered')).toBe(true);
    const tried = async () =>
      (await Promise.all(ids.map((never) => deliveries(never)))).flat().flatMap(({ attempts }) => attempts);
    await eventually(async () => (await tried()).length > 0, { describe: () => 'one that never answers was tried' });
    for (const { status, latencyMs } of await tried()) {
      expect(status).toBeNull();
      expect(latencyMs).toBeGreaterThanOrEqual(14_900);
      expect(latencyMs).toBeLessThan(20_000);
    }
    await silent.close();
  });

  it('what may not be reached is refused when it is named, and a test tells what came back', async () => {
    for (const url of [
      'http://10.0.0.7/x',
      'https://169.254.169.254/latest',
      'http://localhost:1/',
      'https://[::ffff:10.0.0.1]/',
    ]) {
      const { status, body } = await api.call('POST', '/v1/webhooks', { body: { url } });
      expect([url, status, body.code]).toEqual([url, 422, 'webhook-target-refused']);
    }
    const { id } = await add();
    const tested = await api.call('POST', `/v1/webhooks/${id}/test`);
    expect(tested).toMatchObject({ status: 200, body: { delivered: true, status: 204 } });
    expect(consumer.received.map(({ type }) => type)).toEqual(['qvara.webhook.test.v1']);
    const other = await stack.client(['webhooks:write']);
    expect((await other.call('GET', `/v1/webhooks/${id}`)).status).toBe(404);
    expect((await other.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(404);
    expect((await api.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(200);
    expect((await api.call('GET', `/v1/webhooks/${id}`)).status).toBe(404);
  });
});

/** A server that takes what comes and never answers. */
async function startSilent() {
  const server: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
