import { sealer } from '@qvara/runtime/crypto';
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

const get = (path: string, headers: Record<string, string> = {}) => send(`${intake.url}${path}`, { key, headers });
const post = (json: unknown, headers: Record<string, string> = {}) =>
  send(`${intake.url}/v1/jobs`, { method: 'POST', key, json, headers });

async function walk(path: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer = await get(`${path}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    ids.push(...answer.body.items.map((item: { id: string }) => item.id));
    cursor = answer.body.next;
  }
  return ids;
}

describe('a list', () => {
  it('is walked page by page, each row once, also while new rows come', async () => {
    const posted: string[] = [];
    for (let n = 0; n < 7; n += 1) posted.push((await post(provisioning({ name: `N${n}` }))).body.id);
    const first = await get('/v1/jobs?limit=3');
    expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(posted.toReversed().slice(0, 3));
    expect(first.body.next).not.toContain('job_');
    await post(provisioning());
    const second = await get(`/v1/jobs?limit=3&cursor=${first.body.next}`);
    expect(second.body.items.map(({ id }: { id: string }) => id)).toEqual(posted.toReversed().slice(3, 6));
    expect(await walk('/v1/jobs?limit=1')).toHaveLength(8);
    expect(await walk('/v1/customers?limit=3')).toHaveLength(8);
  });

  it('of containers, clients and keys is walked too', async () => {
    for (let n = 0; n < 5; n += 1) {
      const json = { label: `C${n}`, region: 'west', capacity: 9 };
      expect((await send(`${intake.url}/v1/containers`, { method: 'POST', key, json })).status).toBe(201);
      await intake.key(['jobs:read'], key.clientId);
      await intake.key();
    }
    expect(await walk('/v1/containers?limit=2')).toEqual(['100001', '100002', '100003', '100004', '100005']);
    expect(new Set(await walk(`/v1/clients/${key.clientId}/keys?limit=4`)).size).toBe(6);
    expect(new Set(await walk('/v1/clients?limit=4')).size).toBe(6);
    const json = { id: '100003', label: 'again', region: 'west', capacity: 9 };
    expect(await send(`${intake.url}/v1/containers`, { method: 'POST', key, json })).toMatchObject({
      status: 409,
      body: { code: 'container-exists' },
    });
    const drained = await send(`${intake.url}/v1/containers/100003`, {
      method: 'PATCH',
      key,
      json: { state: 'draining' },
    });
    expect(drained).toMatchObject({ status: 200, body: { id: '100003', state: 'draining', capacity: 9, headRoom: 9 } });
  });

  it('is filtered', async () => {
    const { body } = await post(provisioning());
    await send(`${intake.url}/v1/jobs/${body.id}/cancel`, { method: 'POST', key });
    const ids = async (query: string) =>
      (await get(`/v1/jobs?${query}`)).body.items.map((item: { id: string }) => item.id);
    expect(await ids('state=cancelled')).toEqual([body.id]);
    expect(await ids(`customerId=${body.customerId}`)).toEqual([body.id]);
    expect(await ids('type=customer.disconnect')).toEqual([]);
    expect(await ids('code=platform-broken')).toEqual([]);
    expect((await get('/v1/customers?serviceStatus=disconnected')).body.items).toHaveLength(1);
  });
});

describe('a customer', () => {
  it('is found by its reference, however odd', async () => {
    for (const externalRef of ['crm-42', 'a/b', 'ümlaut 100%', 'ref:x', '../etc', '🦷']) {
      const { body } = await post(provisioning({ externalRef }));
      const found = await get(`/v1/customers/ref:${encodeURIComponent(externalRef)}`);
      expect(found, externalRef).toMatchObject({ status: 200, body: { id: body.customerId, externalRef } });
    }
  });

  it('shows its PIN to an explicit call only, which is audited and told', async () => {
    const { body } = await post(provisioning({ externalRef: 'pinned' }));
    const reveal = () => send(`${intake.url}/v1/customers/ref:pinned/porting-pin/reveal`, { method: 'POST', key });
    expect(await reveal()).toMatchObject({ status: 404 });
    const sealed = sealer([intake.secretKey]).seal('0123456789', body.customerId);
    await intake.ledger.pool.query('update customers set porting_pin = $1, porting_pin_at = now() where id = $2', [
      sealed,
      body.customerId,
    ]);
    const shown = await reveal();
    expect(shown).toMatchObject({ status: 200, body: { portingPin: '0123456789', generatedAt: expect.any(String) } });
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect((await get('/v1/customers/ref:pinned')).text).not.toMatch(/0123456789|porting_pin/);
    const told = await get(`/v1/events?customerId=${body.customerId}&type=porting-pin.revealed`);
    expect(told.body.items).toMatchObject([{ data: { keyId: key.keyId } }]);
    expect(told.text).not.toContain('0123456789');
    const { rows } = await intake.ledger.pool.query(`select * from audits where action = 'porting-pin.reveal'`);
    expect(rows).toMatchObject([{ key_id: key.keyId, subject: body.customerId }]);
  });
});

describe('what has not changed', () => {
  it('is not sent again', async () => {
    const { body } = await post(provisioning());
    for (const path of [`/v1/jobs/${body.id}`, `/v1/customers/${body.customerId}`, '/v1/reference', '/openapi.json']) {
      const tag = String((await get(path)).headers.get('etag'));
      expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
      for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        const again = await get(path, { 'If-None-Match': known });
        expect([again.status, again.text], `${path} ${known}`).toEqual([304, '']);
      }
      expect((await get(path, { 'If-None-Match': '"other"' })).status).toBe(200);
    }
  });
});

describe('events', () => {
  it('are read in order from a number on; next goes past what is not shown', async () => {
    const reader = await intake.key(['jobs:read', 'jobs:write']);
    const { body } = await send(`${intake.url}/v1/jobs`, { method: 'POST', key: reader, json: provisioning() });
    await send(`${intake.url}/v1/jobs/${body.id}/cancel`, { method: 'POST', key: reader });
    const read = async (query: string) => (await send(`${intake.url}/v1/events?${query}`, { key: reader })).body;
    const all = await read('after=0');
    expect(all.items.map(({ type }: { type: string }) => type)).toEqual([
      'qvara.job.accepted.v1',
      'qvara.job.cancelled.v1',
    ]);
    expect(all.items[0]).toMatchObject({
      specversion: '1.0',
      source: '/qvara/provisioning',
      subject: body.id,
      data: { jobSequence: 1 },
    });
    const head = Number(all.items[1].id);
    expect(all.next).toBe(String(head));
    await post(provisioning());
    expect(await read(`after=${head}`)).toEqual({ items: [], next: String(head + 1), more: false });
    expect(await read('after=999999')).toEqual({ items: [], next: '999999', more: false });
    const one = await read('limit=1');
    expect([one.items.length, one.next]).toEqual([1, String(head - 1)]);
    for (const type of [
      'type=job.cancelled',
      'type=qvara.job.cancelled.v1',
      'type=job.cancelled,job.failed',
      'type=job.held&type=job.cancelled',
    ]) {
      expect((await read(type)).items, type).toHaveLength(1);
    }
    const own = await send(`${intake.url}/v1/jobs/${body.id}/events?type=job.accepted`, { key: reader });
    expect(own.body.items).toHaveLength(1);
  });

  it('before the oldest kept are gone, and it is said which is the oldest', async () => {
    await intake.ledger.pool.query('delete from event_entries where last < 4');
    expect(await get('/v1/events?after=1')).toMatchObject({ status: 410, body: { code: 'events-expired', oldest: 4 } });
    expect((await get('/v1/events?after=3')).status).toBe(200);
  });
});

describe('Prefer: wait', () => {
  it('waits so long, answers the job as it is then, and says so', async () => {
    const started = performance.now();
    const answer = await post(provisioning(), { Prefer: 'respond-async, wait=1' });
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(answer).toMatchObject({ status: 202, body: { state: 'accepted' } });
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
    const capped = await post(provisioning(), { Prefer: 'wait=0' });
    expect(capped.headers.get('preference-applied')).toBeNull();
  });

  it('answers as soon as the job has ended', async () => {
    const { body } = await post(provisioning());
    const started = performance.now();
    const waits = Array.from({ length: 20 }, () => get(`/v1/jobs/${body.id}`, { Prefer: 'wait=99' }));
    setTimeout(() => void send(`${intake.url}/v1/jobs/${body.id}/cancel`, { method: 'POST', key }), 200);
    for (const answer of await Promise.all(waits)) {
      expect(answer).toMatchObject({ status: 200, body: { state: 'cancelled' } });
      expect(answer.headers.get('preference-applied')).toBe('wait=60');
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
