import { clearFaults, scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

type Fault = Parameters<typeof scriptFault>[1];
type Behaviour<T> = T extends unknown ? Omit<T, 'containerId'> : never;

describe.each(backendsFor('repair'))(`undo, cancel and retry on %s queues (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;
  let containers = 100_000;

  beforeAll(async () => {
    stack = await startStack({ backend, intakes: 1, workers: 2 });
    api = await stack.client();
  });
  afterAll(() => stack.stop());

  /** A region with one container of its own, and a fault played on it. */
  async function region(fault: Behaviour<Fault> | null, capacity = 10) {
    const id = String(++containers);
    await addContainers(api, [{ id, capacity, region: `r${id}` }]);
    if (fault !== null) await play(id, fault);
    return { id, region: `r${id}` };
  }

  const play = (id: string, fault: Behaviour<Fault>) =>
    scriptFault(stack.database.sandboxUrl, { containerId: id, ...fault } as Fault);
  const mend = (id: string) => clearFaults(stack.database.sandboxUrl, id);
  const broken = { behaviour: 'fail', code: 'platform-broken', times: null } as const;

  async function seats(id: string): Promise<number> {
    const { items } = (await api.call<{ items: { id: string; seats: number }[] }>('GET', '/v1/containers')).body;
    return items.find((container) => container.id === id)?.seats ?? -1;
  }

  it('undoes in reverse what a refused provisioning did, and a retry after the repair ends active', async () => {
    const place = await region({ ...broken, verb: 'observeTenants' });
    const { id, customerId } = await api.post(provisioning({ region: place.region, externalRef: `undo-${place.id}` }));
    const failed = await api.ended(id);
    expect(failed).toMatchObject({
      state: 'failed',
      undo: 'complete',
      failure: { code: 'platform-broken', step: 'verify-tenant', retryable: true },
    });
    const events = await api.events(`jobId=${id}`);
    const undone = events.filter(({ type }) => type === 'qvara.step.undone.v1').map(({ data }) => data.step);
    expect(undone).toEqual(['create-site', 'create-tenant', 'reserve-seat']);
    expect(await api.customer(customerId)).toMatchObject({ serviceStatus: 'pending', container: null, sites: [] });
    expect(await seats(place.id)).toBe(0);
    await mend(place.id);
    expect((await api.call('POST', `/v1/jobs/${id}/retry`)).status).toBe(202);
    expect(await api.ended(id)).toMatchObject({ state: 'completed', failure: null });
    expect((await api.customer(customerId)).serviceStatus).toBe('active');
  });

  it('lists the seat of an undo that cannot finish as stranded, until a retry finishes it', async () => {
    const place = await region({ ...broken, verb: 'configureTenants' });
    await play(place.id, { ...broken, verb: 'removeTenants' });
    const { id, customerId } = await api.post(provisioning({ region: place.region }));
    expect(await api.ended(id)).toMatchObject({ state: 'failed', undo: 'incomplete', phase: 'undo' });
    const stranded = async () => (await api.call<{ items: unknown[] }>('GET', '/v1/stranded')).body.items;
    expect(await stranded()).toEqual([expect.objectContaining({ containerId: place.id, customerId, jobId: id })]);
    await mend(place.id);
    await api.call('POST', `/v1/jobs/${id}/retry`);
    expect(await api.ended(id)).toMatchObject({ state: 'completed' });
    expect(await stranded()).toEqual([]);
    const customer = await api.customer(customerId);
    // The number of the undone tenant rests; the customer is at home under another.
    expect(customer).toMatchObject({ serviceStatus: 'active', tenant: { number: '002' } });
  });

  it('lists the seat of a disconnection that could not finish, until a retry finishes it', async () => {
    const place = await region(null);
    const { id, customerId } = await api.post(provisioning({ region: place.region }));
    await api.ended(id);
    await play(place.id, { ...broken, verb: 'removeTenants' });
    const leaving = await api.post({ type: 'customer.disconnect', customerId, payload: { reason: 'moved' } });
    expect(await api.ended(leaving.id)).toMatchObject({ state: 'failed', undo: null });
    const stranded = async () => (await api.call<{ items: unknown[] }>('GET', '/v1/stranded')).body.items;
    expect(await stranded()).toEqual([
      expect.objectContaining({ containerId: place.id, customerId, jobId: leaving.id }),
    ]);
    await mend(place.id);
    await api.call('POST', `/v1/jobs/${leaving.id}/retry`);
    expect(await api.ended(leaving.id)).toMatchObject({ state: 'completed' });
    expect(await stranded()).toEqual([]);
    expect(await api.customer(customerId)).toMatchObject({ serviceStatus: 'disconnected', container: null });
  });

  it('undoes a provisioning cancelled midway, and frees its reference', async () => {
    const place = await region({ behaviour: 'latency', latencyMs: 60_000, verb: 'configureTenants', times: null });
    const externalRef = `cancelled-${place.id}`;
    const { id, customerId } = await api.post(provisioning({ region: place.region, externalRef }));
    const follower = await api.post({ type: 'porting-pin.generate', customerId });
    await eventually(async () => (await api.job(id)).steps[2]?.state === 'running', {
      describe: 'apply-settings runs',
    });
    expect((await api.call('POST', `/v1/jobs/${id}/cancel`)).status).toBe(202);
    expect(await api.ended(id)).toMatchObject({ state: 'cancelled', undo: 'complete' });
    expect(await api.customer(customerId)).toMatchObject({ serviceStatus: 'disconnected', container: null });
    expect(await api.ended(follower.id)).toMatchObject({
      state: 'failed',
      failure: { code: 'customer-not-provisioned' },
    });
    expect((await api.call('POST', `/v1/jobs/${id}/cancel`)).status).toBe(409);
    await mend(place.id);
    const next = await api.post(provisioning({ region: place.region, externalRef }));
    expect((await api.ended(next.id)).state).toBe('completed');
  });

  it('tries again while the platform is away, and counts the tries', async () => {
    const away = { behaviour: 'fail', code: 'platform-unavailable', verb: 'ensureTenants', times: 2 } as const;
    const place = await region(away);
    const { id } = await api.post(provisioning({ region: place.region }));
    const job = await api.ended(id);
    expect(job).toMatchObject({ state: 'completed', attempt: 3 });
    expect(job.steps[1]).toMatchObject({ name: 'create-tenant', attempt: 3 });
  });

  it('creates one tenant when the answer of the platform is lost after the work', async () => {
    const place = await region({ behaviour: 'after', verb: 'any', times: 2 });
    const { id } = await api.post(provisioning({ region: place.region }));
    expect((await api.ended(id)).state).toBe('completed');
    expect(await seats(place.id)).toBe(1);
  });

  it('holds a provisioning without head-room, and goes on when a container is added', async () => {
    const place = await region(null, 1);
    const first = await api.post(provisioning({ region: place.region }));
    await api.ended(first.id);
    const second = await api.post(provisioning({ region: place.region }));
    const held = await api.reaches(second.id, 'held');
    expect(held.held).toMatchObject({ reason: 'no-capacity' });
    await addContainers(api, [{ id: String(++containers), capacity: 5, region: place.region }]);
    expect((await api.ended(second.id)).state).toBe('completed');
  });

  it('hands a failed customer over to a new provisioning of the same reference', async () => {
    const place = await region({ ...broken, verb: 'ensureTenants' });
    const externalRef = `adopted-${place.id}`;
    const first = await api.post(provisioning({ region: place.region, externalRef }));
    expect((await api.ended(first.id)).state).toBe('failed');
    await mend(place.id);
    const second = await api.post(provisioning({ region: place.region, externalRef, name: 'New name' }));
    expect(second.customerId).toBe(first.customerId);
    expect((await api.ended(second.id)).state).toBe('completed');
    expect((await api.customer(first.customerId)).name).toBe('New name');
    const retry = await api.call('POST', `/v1/jobs/${first.id}/retry`);
    expect(retry).toMatchObject({ status: 409, body: { code: 'customer-already-provisioned' } });
  });
});
