import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

describe.each(backendsFor('job-types'))(`jobs of a customer on %s queues (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;
  let other: Api;

  beforeAll(async () => {
    stack = await startStack({ backend, intakes: 1, workers: 2 });
    api = await stack.client();
    other = await stack.client(['jobs:write', 'jobs:read']);
    await addContainers(api, [{ id: '100001', capacity: 999 }]);
  });
  afterAll(() => stack.stop());

  /** Posts a job for a customer and waits for its end. */
  async function run(customerId: string, type: string, payload: object = {}) {
    const { id } = await api.post({ type, customerId, payload });
    return await api.ended(id);
  }

  async function provision(fields: object = {}): Promise<string> {
    const { id, customerId } = await api.post(provisioning(fields));
    await api.ended(id);
    return customerId;
  }

  it('lets changes posted right behind a provisioning wait for it and then apply, in turn', async () => {
    const { id, customerId } = await api.post(provisioning());
    const changes = [];
    for (const sms of [30, 365, 180]) {
      changes.push(await api.post({ type: 'retention.update', customerId, payload: { sms } }));
    }
    await api.ended(id);
    const ended = await Promise.all(changes.map((change) => api.ended(change.id)));
    expect(ended.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed']);
    const started = ended.map(({ startedAt }) => startedAt ?? '');
    expect(started).toEqual(started.toSorted());
    expect((await api.customer(customerId)).settings.retention.sms).toBe(180);
  });

  it('changes the record, and reaches the tenant only when the time zone or dialing country change', async () => {
    const customerId = await provision();
    const named = await run(customerId, 'customer.update', { name: 'XYZ Dental', tags: ['a', 'b'] });
    expect(named.steps.map(({ name }) => name)).toEqual(['update-customer']);
    const moved = await run(customerId, 'customer.update', { timeZone: 'Europe/Berlin', dialingCountry: 'DE' });
    expect(moved.steps.map(({ name }) => name)).toEqual(['update-customer', 'apply-settings', 'verify-tenant']);
    expect(moved.state).toBe('completed');
    expect(await api.customer(customerId)).toMatchObject({
      name: 'XYZ Dental',
      tags: ['a', 'b'],
      timeZone: 'Europe/Berlin',
      dialingCountry: 'DE',
    });
    const cleared = await run(customerId, 'customer.update', { timeZone: null });
    expect(cleared.state).toBe('completed');
    expect((await api.customer(customerId)).timeZone).toBeNull();
  });

  it('reports the fees that longer retention and sentiment analysis incur, once', async () => {
    const customerId = await provision();
    const longer = await run(customerId, 'retention.update', { fax: 365, appliesTo: 'retroactive' });
    expect(longer.fees.map(({ setting }) => setting)).toEqual(['retention.fax']);
    const again = await run(customerId, 'retention.update', { fax: 365 });
    expect(again.fees).toEqual([]);
    const feeling = await run(customerId, 'transcription.update', { engine: 'standard', sentimentAnalysis: true });
    expect(feeling.fees.map(({ setting }) => setting)).toEqual(['transcription.sentimentAnalysis']);
    const types = (await api.events(`jobId=${feeling.id}`)).map(({ type }) => type);
    expect(types).toContain('qvara.fee.incurred.v1');
    const engineless = await run(customerId, 'transcription.update', { engine: 'none' });
    expect(engineless).toMatchObject({ state: 'failed', failure: { code: 'engine-required', kind: 'refused' } });
  });

  it('generates a new porting PIN that only an explicit call shows', async () => {
    const customerId = await provision();
    const reveal = async () =>
      (await api.call('POST', `/v1/customers/${customerId}/porting-pin/reveal`)).body.portingPin;
    const first = await reveal();
    const job = await run(customerId, 'porting-pin.generate');
    expect(job.state).toBe('completed');
    const second = await reveal();
    expect(second).toMatch(/^[0-9]{10}$/);
    expect(second).not.toBe(first);
    const written = JSON.stringify([await api.events(`customerId=${customerId}`), job, await api.customer(customerId)]);
    expect(written).not.toContain(second);
  });

  it('returns service only when the last of two holders lifts', async () => {
    const customerId = await provision();
    await run(customerId, 'customer.suspend', { holder: 'billing', reason: 'unpaid' });
    await run(customerId, 'customer.suspend', { holder: 'fraud', reason: 'odd calls' });
    await run(customerId, 'customer.suspend', { holder: 'fraud', reason: 'again' });
    expect(await api.customer(customerId)).toMatchObject({
      serviceStatus: 'suspended',
      tenant: { state: 'suspended' },
    });
    await run(customerId, 'customer.resume', { holder: 'billing' });
    const held = await api.customer(customerId);
    expect(held.serviceStatus).toBe('suspended');
    expect(held.suspensions.map(({ holder }) => holder)).toEqual(['fraud']);
    await run(customerId, 'customer.resume', { holder: 'fraud' });
    expect(await api.customer(customerId)).toMatchObject({
      serviceStatus: 'active',
      suspensions: [],
      tenant: { state: 'active' },
    });
  });

  it('frees the seat of a disconnected customer, and keeps its number in quarantine', async () => {
    const customerId = await provision({ externalRef: 'to-leave' });
    const before = await api.customer(customerId);
    const job = await run(customerId, 'customer.disconnect', { reason: 'moved away' });
    expect(job.state).toBe('completed');
    expect(await api.customer(customerId)).toMatchObject({
      serviceStatus: 'disconnected',
      container: null,
      tenant: null,
      sites: [],
    });
    const next = await api.customer(await provision({ externalRef: 'to-leave' }));
    expect(next.id).not.toBe(customerId);
    expect(next.tenant?.number).not.toBe(before.tenant?.number);
    const refused = await api.call('POST', '/v1/jobs', { body: { type: 'porting-pin.generate', customerId } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'customer-disconnected' } });
  });

  it('judges the expected version when the job comes to its turn', async () => {
    const customerId = await provision();
    const { version } = await api.customer(customerId);
    const change = (name: string) => ({
      type: 'customer.update',
      customerId,
      expectedVersion: version,
      payload: { name },
    });
    const [first, second] = [await api.post(change('one')), await api.post(change('two'))];
    expect((await api.ended(first.id)).state).toBe('completed');
    expect(await api.ended(second.id)).toMatchObject({
      state: 'failed',
      failure: { code: 'version-mismatch', retryable: false },
    });
    expect((await api.customer(customerId)).name).toBe('one');
  });

  it('shows a client nothing of another and takes nothing from it', async () => {
    const customerId = await provision({ externalRef: 'mine' });
    const { items } = (await other.call<{ items: unknown[] }>('GET', '/v1/jobs')).body;
    expect(items).toEqual([]);
    expect((await other.call('GET', `/v1/customers/${customerId}`)).status).toBe(404);
    expect((await other.call('GET', '/v1/customers/ref:mine')).status).toBe(404);
    expect(await other.events('after=0')).toEqual([]);
    const foreign = { type: 'customer.suspend', customerId, payload: { holder: 'x', reason: 'x' } };
    expect(await other.call('POST', '/v1/jobs', { body: foreign })).toMatchObject({
      status: 404,
      body: { code: 'customer-not-found' },
    });
  });
});
