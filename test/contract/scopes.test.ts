import { SCOPES, type Scope } from '@qvara/contracts/clients';
import { parseAllow } from '@qvara/outbound/targets';
import { newId } from '@qvara/runtime/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { type Call, callsOf } from './fuzz-schema.ts';
import { type Key, type RunningIntake, send, startIntake } from './running-intake.ts';

let intake: RunningIntake;
let guarded: Call[];

beforeAll(async () => {
  intake = await startIntake({ webhookAllow: parseAllow('127.0.0.0/8') });
  guarded = callsOf((await send(`${intake.url}/openapi.json`)).body).filter(({ scope }) => scope !== null);
});
afterAll(() => intake.close());

type Ids = Readonly<Record<string, string>>;

/** The path of a call with these ids, else with examples of the document. */
function pathOf({ path, parameters = [] }: Call, ids: Ids = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const schema = parameters.find((one) => one.in === 'path' && one.name === name)?.schema;
    const own = ids[path.split('/')[2] ?? ''];
    return encodeURIComponent(String(own ?? schema?.example ?? schema?.enum?.[0] ?? 'x'));
  });
}

/** Bodies of calls that look at them before they look at what is named. */
const BODIES: Readonly<Record<string, object>> = {
  'PATCH /v1/webhooks/{id}': { description: 'changed' },
  'POST /v1/webhooks/{id}/replay': { after: 0 },
  'POST /v1/webhooks/{id}/redeliver': { since: '2026-01-01T00:00:00Z' },
};

const FILE = { raw: 'name,serviceType,industry\nNobody,x,y\n', headers: { 'Content-Type': 'text/csv' } };

const ask = (call: Call, key: Key | string | undefined, ids?: Ids) =>
  send(`${intake.url}${pathOf(call, ids)}${call.path.startsWith('/v1/imports') ? importQuery(call) : ''}`, {
    method: call.method,
    key,
    ...(call.operationId === 'postImport' ? FILE : { json: BODIES[`${call.method} ${call.path}`] }),
  });

function importQuery({ parameters = [] }: Call): string {
  const needed = parameters.some(({ in: place, name }) => place === 'query' && name === 'type');
  return needed ? '?type=customer.provision' : '';
}

/** The calls with which `judge` finds fault, and what. */
async function faults(
  calls: readonly Call[],
  judge: (call: Call) => Promise<string | null>,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const call of calls) {
    const fault = await judge(call);
    if (fault !== null) found[`${call.method} ${call.path}`] = fault;
  }
  return found;
}

describe('every guarded call', () => {
  it('names a scope that there is', () => {
    expect(guarded.length).toBeGreaterThan(18);
    for (const { scope, path } of guarded) expect(SCOPES, path).toContain(scope);
  });

  it.each(SCOPES)('is let through with %s alone if that is its scope, and else a 403', async (scope) => {
    const key = await intake.key([scope]);
    const found = await faults(guarded, async (call) => {
      const { status, body } = await ask(call, key);
      const refused = status === 401 || status === 403;
      if (call.scope === scope) return refused ? `refused: ${status}` : null;
      return status === 403 && body.code === 'forbidden' && body.detail.includes(call.scope)
        ? null
        : `not 403: ${status}`;
    });
    expect(found).toEqual({});
  });

  it('is a 401 without a key, with one that was revoked, and with what only looks like one', async () => {
    const good = await intake.key();
    const revoked = await intake.key();
    await intake.ledger.pool.query('update api_keys set revoked_at = now() where id = $1', [revoked.keyId]);
    const { text } = good;
    const flipped = `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`;
    for (const key of [undefined, revoked, flipped, `${text}A`, text.slice(0, -1), text.toUpperCase(), good.keyId]) {
      const found = await faults(guarded, async (call) => {
        const { status, body } = await ask(call, key);
        return status === 401 && body.code === 'unauthenticated' ? null : `not 401: ${status}`;
      });
      expect(found, String(typeof key === 'object' ? key.keyId : key)).toEqual({});
    }
  });

  it('takes the key from the Authorization header and from nowhere else', async () => {
    const { text } = await intake.key();
    for (const [query, headers] of [
      [`?access_token=${text}`, {}],
      [`?key=${text}`, {}],
      ['', { 'X-Api-Key': text }],
      ['', { Cookie: `key=${text}` }],
      ['', { Authorization: `Basic ${btoa(`${text}:`)}` }],
      ['', { Authorization: text }],
    ] as const) {
      expect((await send(`${intake.url}/v1/jobs${query}`, { headers })).status, query).toBe(401);
    }
  });
});

const CLIENTS_SCOPES = SCOPES.filter((scope) => scope !== 'admin');
const NAME = 'Nobody Elses Dental';

/** A client with a job and a customer, and calls that name things of a client. */
async function owner() {
  const key = await intake.key(CLIENTS_SCOPES);
  const json = provisioning({ name: NAME, externalRef: 'foreign' });
  const { body } = await send(`${intake.url}/v1/jobs`, { method: 'POST', key, json });
  const url = 'http://127.0.0.1:9/';
  const webhook = await send(`${intake.url}/v1/webhooks`, { method: 'POST', key, json: { url } });
  const deliveries = newId('dlv');
  await intake.ledger.pool.query(
    `insert into deliveries (id, webhook_id, sequence, event_type, lane, replay) values ($1, $2, 1, 'any', 'any', false)`,
    [deliveries, webhook.body.id],
  );
  const imported = await send(`${intake.url}/v1/imports?type=customer.provision`, { method: 'POST', key, ...FILE });
  return {
    key,
    jobs: body.id as string,
    customers: body.customerId as string,
    webhooks: webhook.body.id as string,
    deliveries,
    imports: imported.body.id as string,
  };
}

/** What takes a thing away comes last. */
const namingThings = () =>
  guarded
    .filter(({ path, scope }) => scope !== 'admin' && path.includes('{id}'))
    .toSorted((one, other) => Number(one.method === 'DELETE') - Number(other.method === 'DELETE'));
const listsThings = ({ path, scope, method }: Call) => scope !== 'admin' && method === 'GET' && !path.includes('{');

describe('what is another client’s', () => {
  it('cannot be told from what is not there, by any call that takes an id', async () => {
    const { key, ...ids } = await owner();
    const stranger = await intake.key(CLIENTS_SCOPES);
    expect(namingThings().length).toBeGreaterThan(5);
    const found = await faults(namingThings(), async (call) => {
      const [foreign, unknown] = [await ask(call, stranger, ids), await ask(call, stranger)];
      const same = JSON.stringify(Object.keys(foreign.body)) === JSON.stringify(Object.keys(unknown.body));
      return foreign.status === 404 && foreign.body.code === 'not-found' && same ? null : `${foreign.status}`;
    });
    expect(found).toEqual({});
    const own = await faults(namingThings(), async (call) => {
      const { status, body } = await ask(call, key, ids);
      // Nobody has made a PIN yet: that, too, is a 404, and says so.
      return status === 404 && !body.detail.includes('no porting PIN') ? `${status}` : null;
    });
    expect(own, 'its owner finds it').toEqual({});
  });

  it('is in no list, whatever it is asked for by', async () => {
    const { key, jobs, customers } = await owner();
    const stranger = await intake.key(CLIENTS_SCOPES);
    expect(guarded.filter(listsThings).length).toBeGreaterThan(3);
    const holds = (text: string) => [jobs, customers, key.clientId, key.keyId, NAME].some((one) => text.includes(one));
    const found = await faults(guarded.filter(listsThings), async (call) => {
      const filters = ['', `?customerId=${customers}`, `?jobId=${jobs}`, '?limit=200'];
      const answers = await Promise.all(
        filters.map((filter) => send(`${intake.url}${call.path}${filter}`, { key: stranger })),
      );
      const shown = answers.find(({ status, body, text }) => status === 200 && (holds(text) || body.items?.length > 0));
      return shown === undefined ? null : shown.text.slice(0, 300);
    });
    expect(found).toEqual({});
  });

  it('an administrator sees, by every call and in every list', async () => {
    const { key: _, ...ids } = await owner();
    const { jobs, customers } = ids;
    const admin = await intake.key();
    const found = await faults(namingThings(), async (call) => {
      const { status, body } = await ask(call, admin, ids);
      return status === 404 && !body.detail.includes('no porting PIN') ? `${status}` : null;
    });
    expect(found).toEqual({});
    const at = async (path: string) => (await send(`${intake.url}${path}`, { key: admin })).text;
    expect(await at('/v1/jobs?limit=200')).toContain(jobs);
    expect(await at('/v1/customers?limit=200')).toContain(customers);
    expect(await at(`/v1/events?jobId=${jobs}`)).toContain(jobs);
  });

  it('cannot be changed by naming it in a job, not even with the words of its owner', async () => {
    const { customers } = await owner();
    const stranger = await intake.key(['jobs:write'] satisfies Scope[]);
    const before = await intake.ledger.pool.query('select count(*)::int as n from jobs');
    for (const target of [{ customerId: customers }, { customerRef: 'foreign' }]) {
      const json = { type: 'customer.disconnect', ...target, payload: { reason: 'gone' } };
      for (const query of ['', '?dryRun=true']) {
        const answer = await send(`${intake.url}/v1/jobs${query}`, { method: 'POST', key: stranger, json });
        expect(answer).toMatchObject({ status: 404, body: { code: 'customer-not-found' } });
        expect(answer.text).not.toContain(NAME);
      }
    }
    expect((await intake.ledger.pool.query('select count(*)::int as n from jobs')).rows).toEqual(before.rows);
  });
});
