import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { type Key, type RunningIntake, send, startIntake } from './running-intake.ts';

let intake: RunningIntake;
let key: Key;

beforeAll(async () => {
  intake = await startIntake();
  key = await intake.key();
});
afterAll(() => intake.close());

const post = (json: unknown, headers: Record<string, string> = {}, by: Key = key) =>
  send(`${intake.url}/v1/jobs`, { method: 'POST', key: by, json, headers });

async function count(table: 'jobs' | 'customers' | 'events' | 'idempotency_keys'): Promise<number> {
  const { rows } = await intake.ledger.pool.query(`select count(*)::int as n from ${table}`);
  return rows[0].n;
}

describe('a job that is accepted', () => {
  it('is durable, answered whole, and found where Location says', async () => {
    const answer = await post({ ...provisioning(), externalId: 'order-1' });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      type: 'customer.provision',
      state: 'accepted',
      externalId: 'order-1',
      attempt: 1,
      phase: 'forward',
      failure: null,
      links: { self: `/v1/jobs/${answer.body.id}` },
    });
    expect(answer.headers.get('location')).toBe(`/v1/jobs/${answer.body.id}`);
    const found = await send(`${intake.url}${answer.headers.get('location')}`, { key });
    expect(found.body).toEqual(answer.body);
    const customer = await send(`${intake.url}${answer.body.links.customer}`, { key });
    expect(customer.body).toMatchObject({ serviceStatus: 'pending', container: null, version: 1 });
  });

  it('of every change waits in the lane of its customer, named by id or by reference', async () => {
    const { body } = await post(provisioning({ externalRef: 'every' }));
    const target = { customerId: body.customerId };
    const bodies = [
      { type: 'customer.update', ...target, payload: { name: 'New' } },
      { type: 'retention.update', customerRef: 'every', payload: { sms: 365 } },
      { type: 'transcription.update', ...target, expectedVersion: 9, payload: { sentimentAnalysis: true } },
      { type: 'porting-pin.generate', ...target },
      { type: 'porting-pin.generate', ...target, payload: {} },
      { type: 'customer.suspend', ...target, payload: { holder: 'billing', reason: 'overdue' } },
      { type: 'customer.resume', ...target, payload: { holder: 'billing' } },
      { type: 'customer.disconnect', ...target, payload: { reason: 'gone' } },
    ];
    for (const one of bodies) expect(await post(one), one.type).toMatchObject({ status: 202, body: target });
    const { rows } = await intake.ledger.pool.query('select turn from jobs where customer_id = $1 order by turn', [
      body.customerId,
    ]);
    expect(rows.map(({ turn }) => turn)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('can be cancelled before anything was done; then it is over and its reference free', async () => {
    const { body } = await post(provisioning({ externalRef: 'brief' }));
    const cancelled = await send(`${intake.url}/v1/jobs/${body.id}/cancel`, { method: 'POST', key });
    expect(cancelled).toMatchObject({ status: 202, body: { state: 'cancelled' } });
    expect(cancelled.headers.get('location')).toBe(`/v1/jobs/${body.id}`);
    const again = await send(`${intake.url}/v1/jobs/${body.id}/cancel`, { method: 'POST', key });
    expect(again).toMatchObject({ status: 409, body: { code: 'job-not-cancellable' } });
    const retried = await send(`${intake.url}/v1/jobs/${body.id}/retry`, { method: 'POST', key });
    expect(retried).toMatchObject({ status: 409, body: { code: 'job-not-retryable' } });
    expect(await post(provisioning({ externalRef: 'brief' }))).toMatchObject({ status: 202 });
    const change = { type: 'porting-pin.generate', customerId: body.customerId };
    expect(await post(change)).toMatchObject({
      status: 409,
      body: { code: 'customer-disconnected', errors: [{ pointer: '/customerId' }] },
    });
  });
});

describe('the same request', () => {
  it('sent a hundred times at the same instant makes one job', async () => {
    const before = [await count('jobs'), await count('customers'), await count('events')];
    const headers = { 'Idempotency-Key': 'a-hundred' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(provisioning({ name: 'Once' }), headers)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') !== 'true')).toHaveLength(1);
    expect([await count('jobs'), await count('customers'), await count('events')]).toEqual(before.map((n) => n + 1));
  });

  it('is replayed with the live state of its job, whatever the order of its fields or the form of its key', async () => {
    const first = await post(provisioning({ name: 'Live' }), { 'Idempotency-Key': 'say "live"' });
    await send(`${intake.url}/v1/jobs/${first.body.id}/cancel`, { method: 'POST', key });
    const { payload, type } = provisioning({ name: 'Live' });
    const turned = { payload: Object.fromEntries(Object.entries(payload).reverse()), type };
    for (const form of ['say "live"', '"say \\"live\\""']) {
      const again = await post(turned, { 'Idempotency-Key': form });
      expect(again).toMatchObject({ status: 202, body: { id: first.body.id, state: 'cancelled' } });
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    }
  });

  it('with an externalId alone is replayed too', async () => {
    const json = { ...provisioning({ name: 'By id' }), externalId: 'order-by-id' };
    const [first, second] = await Promise.all([post(json), post(json)]);
    expect(second.body.id).toBe(first.body.id);
  });

  it('of another client is another request', async () => {
    const other = await intake.key();
    const headers = { 'Idempotency-Key': 'shared' };
    const json = { ...provisioning(), externalId: 'shared' };
    const [mine, theirs] = [await post(json, headers), await post(json, headers, other)];
    expect([mine.status, theirs.status]).toEqual([202, 202]);
    expect(theirs.body.id).not.toBe(mine.body.id);
    const rotated = await intake.key(['jobs:write'], key.clientId);
    expect((await post(json, headers, rotated)).body.id).toBe(mine.body.id);
  });
});

describe('another request', () => {
  it('with a used key is a 422 that names the header', async () => {
    const headers = { 'Idempotency-Key': 'used' };
    await post(provisioning({ name: 'First' }), headers);
    const reused = await post(provisioning({ name: 'Second' }), headers);
    expect(reused).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused', errors: [{ header: 'Idempotency-Key' }] },
    });
    const defaults = await post(provisioning({ name: 'First', tags: [] }), headers);
    expect(defaults, 'as sent, before defaults').toMatchObject({ status: 422 });
  });

  it('with a taken externalId is a 409 that names the field', async () => {
    await post({ ...provisioning(), externalId: 'taken' });
    const taken = await post({ ...provisioning({ name: 'Other' }), externalId: 'taken' });
    expect(taken).toMatchObject({
      status: 409,
      body: { code: 'external-id-taken', errors: [{ pointer: '/externalId' }] },
    });
  });

  it('with the externalRef of a living customer is a 409 that names the field', async () => {
    await post(provisioning({ externalRef: 'lives' }));
    const taken = await post(provisioning({ externalRef: 'lives' }));
    expect(taken).toMatchObject({
      status: 409,
      body: { code: 'external-ref-taken', errors: [{ pointer: '/payload/externalRef' }] },
    });
  });

  it('that is refused keeps no key', async () => {
    const headers = { 'Idempotency-Key': 'mended' };
    const before = await count('idempotency_keys');
    const json = { type: 'porting-pin.generate', customerRef: 'nobody-yet' };
    expect(await post(json, headers)).toMatchObject({
      status: 404,
      body: { code: 'customer-not-found', errors: [{ pointer: '/customerRef' }] },
    });
    expect(await count('idempotency_keys')).toBe(before);
    await post(provisioning({ externalRef: 'nobody-yet' }));
    expect(await post(json, headers)).toMatchObject({ status: 202 });
  });
});

describe('a change to the reference data', () => {
  it('does not refuse what was accepted before it', async () => {
    const entry = `${intake.url}/v1/reference/industries/whaling`;
    await send(entry, { method: 'PUT', key, json: { label: 'Whaling' } });
    const headers = { 'idempotency-key': 'before-the-ban' };
    const first = await post(provisioning({ industry: 'whaling' }), headers);
    await send(entry, { method: 'PUT', key, json: { label: 'Whaling', active: false } });
    const again = await post(provisioning({ industry: 'whaling' }), headers);
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect((await post(provisioning({ industry: 'whaling', name: 'Other' }), headers)).status).toBe(422);
  });

  it('is judged at once, here', async () => {
    const entry = `${intake.url}/v1/reference/industries/space-travel`;
    const json = provisioning({ industry: 'space-travel' });
    expect((await post(json)).status).toBe(422);
    const put = await send(entry, { method: 'PUT', key, json: { label: 'Space travel' } });
    expect(put).toMatchObject({ status: 200, body: { code: 'space-travel', label: 'Space travel', active: true } });
    expect((await post(json)).status).toBe(202);
    await send(entry, { method: 'PUT', key, json: { label: 'Space travel', active: false } });
    const refused = await post(json);
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/payload/industry', code: 'not-allowed' }] },
    });
    const reference = await send(`${intake.url}/v1/reference`, { key });
    expect(reference.body.industries).toContainEqual({ code: 'space-travel', label: 'Space travel', active: false });
  });
});
