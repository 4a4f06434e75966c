import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type Operation, operationsOf } from './operations.ts';
import { type Key, type RunningIntake, send, startIntake } from './running-intake.ts';

let intake: RunningIntake;
let operations: Operation[];
let all: Key;

beforeAll(async () => {
  intake = await startIntake();
  all = await intake.key();
  operations = await operationsOf(intake.url);
});
afterAll(() => intake.close());

/** A path of the template that names nothing there is. */
function filled(path: string): string {
  const ids: Record<string, string> = {
    '/v1/jobs': 'job',
    '/v1/customers': 'cus',
    '/v1/clients': 'cli',
    '/v1/keys': 'key',
  };
  const prefix = ids[/^\/v1\/\w+/.exec(path)?.[0] ?? ''];
  const id = prefix === undefined ? '999999' : `${prefix}_01k9zv6n3fe8prx2k1w3q4t5y6`;
  return path.replace('{id}', id).replace('{list}', 'industries').replace('{code}', 'dental');
}

describe('every call', () => {
  it('is there to be tried', () => {
    expect(operations.filter(({ scope }) => scope !== null).length).toBeGreaterThan(18);
  });

  it('is a 401 with a challenge without a key, with a wrong one, and with what is no key', async () => {
    for (const { method, path, scope } of operations) {
      if (scope === null) continue;
      const url = `${intake.url}${filled(path)}`;
      for (const key of [undefined, `qk_${'x'.repeat(43)}`, 'nonsense', '']) {
        const answer = await send(url, { method, key });
        expect(answer, `${method} ${path}`).toMatchObject({
          status: 401,
          body: { code: 'unauthenticated', status: 401 },
        });
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="qvara"/);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        expect(answer.body.errors[0]).toMatchObject({ header: 'Authorization', remedy: expect.any(String) });
      }
    }
  });

  it('is a 403 naming the scope, with a key of every other scope', async () => {
    const scopes = ['jobs:write', 'jobs:read', 'imports:write', 'webhooks:write', 'pins:reveal', 'admin'] as const;
    for (const { method, path, scope } of operations) {
      if (scope === null) continue;
      const key = await intake.key(scopes.filter((other) => other !== scope));
      const answer = await send(`${intake.url}${filled(path)}`, { method, key });
      expect(answer, `${method} ${path}`).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(answer.body.detail).toContain(scope);
      expect(answer.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
    }
  });

  it('is a 404 for an id that is unknown and for one that cannot be an id', async () => {
    for (const { method, path, scope, takesBody } of operations) {
      if (scope === null || !path.includes('{id}')) continue;
      const json = takesBody ? { label: 'x', scopes: ['jobs:read'] } : undefined;
      const valid = path.startsWith('/v1/containers') ? { label: 'x' } : json;
      const unknown = await send(`${intake.url}${filled(path)}`, { method, key: all, json: valid });
      expect(unknown, `${method} ${path}`).toMatchObject({ status: 404, body: { code: 'not-found' } });
      const impossible = await send(`${intake.url}${path.replace('{id}', 'nobody')}`, {
        method,
        key: all,
        json: valid,
      });
      expect(impossible, `${method} ${path}`).toMatchObject({ status: 404, body: { code: 'not-found' } });
      expect(impossible.body.errors[0]).toMatchObject({ parameter: 'id', message: expect.stringContaining('must be') });
    }
  });
});

describe('two clients', () => {
  it('see nothing of each other', async () => {
    const [one, two] = [
      await intake.key(['jobs:write', 'jobs:read', 'pins:reveal']),
      await intake.key(['jobs:write', 'jobs:read', 'pins:reveal']),
    ];
    const posted = await send(`${intake.url}/v1/jobs`, {
      method: 'POST',
      key: one,
      json: provisioning({ externalRef: 'mine' }),
    });
    expect(posted.status).toBe(202);
    const { id, customerId } = posted.body;
    const at = (path: string, key: Key, method = 'GET') => send(`${intake.url}${path}`, { method, key });
    const hidden: [string, string?][] = [
      [`/v1/jobs/${id}`],
      [`/v1/jobs/${id}/events`],
      [`/v1/jobs/${id}/cancel`, 'POST'],
      [`/v1/jobs/${id}/retry`, 'POST'],
      [`/v1/customers/${customerId}`],
      ['/v1/customers/ref:mine'],
      [`/v1/customers/${customerId}/porting-pin/reveal`, 'POST'],
    ];
    for (const [path, method] of hidden) {
      const answer = await at(path, two, method);
      expect(answer.status, path).toBe(404);
      const unknown = await at(
        path.replace(id, 'job_01k9zv6n3fe8prx2k1w3q4t5y6').replace(customerId, 'cus_01k9zv6n3fe8prx2k1w3q4t5y6'),
        two,
        method,
      );
      expect(Object.keys(answer.body), path).toEqual(Object.keys(unknown.body));
    }
    for (const path of [
      '/v1/jobs',
      '/v1/customers',
      `/v1/jobs?customerId=${customerId}`,
      '/v1/events',
      `/v1/events?jobId=${id}`,
      '/v1/stranded',
    ]) {
      expect((await at(path, two)).body.items, path).toEqual([]);
    }
    const change = { type: 'retention.update', customerId, payload: { sms: 365 } };
    for (const dryRun of ['', '?dryRun=true']) {
      const refused = await send(`${intake.url}/v1/jobs${dryRun}`, { method: 'POST', key: two, json: change });
      expect(refused).toMatchObject({
        status: 404,
        body: { code: 'customer-not-found', errors: [{ pointer: '/customerId' }] },
      });
    }
    const same = await send(`${intake.url}/v1/jobs`, {
      method: 'POST',
      key: two,
      json: provisioning({ externalRef: 'mine' }),
    });
    expect(same.status).toBe(202);
    expect((await at('/v1/jobs', one)).body.items).toHaveLength(1);
    const admin = await at(`/v1/jobs/${id}`, all);
    expect(admin.status).toBe(200);
  });
});

describe('a key', () => {
  it('that is revoked stops working here at once, and in other processes within seconds', async () => {
    const [here, elsewhere] = [await intake.key(['jobs:read']), await intake.key(['jobs:read'])];
    const read = async (key: Key) => (await send(`${intake.url}/v1/jobs`, { key })).status;
    expect([await read(here), await read(elsewhere)]).toEqual([200, 200]);
    const revoked = await send(`${intake.url}/v1/keys/${here.keyId}`, { method: 'DELETE', key: all });
    expect(revoked).toMatchObject({ status: 200, body: { id: here.keyId, revokedAt: expect.any(String) } });
    expect(await read(here)).toBe(401);
    await intake.ledger.pool.query('update api_keys set revoked_at = now() where id = $1', [elsewhere.keyId]);
    await eventually(async () => (await read(elsewhere)) === 401, { deadlineMs: 5_000 });
  });

  it('is made by an administrator, shown once, and works', async () => {
    const client = await send(`${intake.url}/v1/clients`, {
      method: 'POST',
      key: all,
      json: { name: 'Western Resale' },
    });
    expect(client).toMatchObject({ status: 201, body: { name: 'Western Resale' } });
    const keys = `${intake.url}/v1/clients/${client.body.id}/keys`;
    const made = await send(keys, { method: 'POST', key: all, json: { label: 'ordering', scopes: ['jobs:read'] } });
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(await send(`${intake.url}/v1/jobs`, { key: made.body.key })).toMatchObject({ status: 200 });
    const listed = await send(keys, { key: all });
    expect(listed.body.items).toHaveLength(1);
    expect(listed.text).not.toContain(made.body.key);
    const { rows } = await intake.ledger.pool.query('select * from api_keys where id = $1', [made.body.id]);
    expect(JSON.stringify(rows)).not.toContain(made.body.key);
  });
});
