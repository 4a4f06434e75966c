import { randomBytes } from 'node:crypto';
import { SCOPES, type Scope } from '@qvara/contracts/clients';
import { scriptFault } from '@qvara/platform/sandbox-scripts';
import { randomToken, sealer, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { addClient, addKey } from '@qvara/store/clients';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, createApi, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type ServiceProcess, startService } from '../support/processes.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

/** A text that anybody may see, by which it is shown that a place is really searched. */
const REQUEST_ID = 'seen-by-everybody';
const NAME = 'Seen By Everybody Dental';

const redisPassword = randomToken(24);
const secretKeys = [randomBytes(32), randomBytes(32)];
/** What the services must keep to themselves, by what it is. */
const secrets: Record<string, string> = {
  'the Redis password': redisPassword,
  'the first secret key': secretKeys[0]?.toString('base64') ?? '',
  'the second secret key': secretKeys[1]?.toString('base64') ?? '',
};
/** What senders put where it does not belong; an answer may tell it back to them. */
const misplaced: Record<string, string> = {
  'a key nobody has': `qk_${randomToken(32)}`,
  'a PIN in a body': `55${String(randomBytes(4).readUInt32BE()).padStart(10, '0')}`,
  'a password in a body': `hunter-${randomToken(12)}`,
};
/** Every place where a text of the product may end up, by its name. */
const places: Record<string, string> = {};

let redis: RedisServer;
let stack: Stack;
let admin: Api;
let adminKey: string;
let customerId: string;
type Sent = { readonly body?: unknown; readonly headers?: Record<string, string>; readonly key?: string };

/** Asks, and keeps the answer to be searched. */
async function ask(method: string, path: string, { body, headers = {}, key = adminKey }: Sent = {}) {
  const answer = await createApi([stack.intakes[0]?.url ?? ''], key).call<Record<string, string>>(method, path, {
    body,
    headers,
  });
  places[`the answer ${Object.keys(places).length} to ${method} ${path}`] = JSON.stringify([
    ...answer.headers,
    answer.body,
  ]);
  return answer;
}

/** Asks for what shows a secret this once. Answers the secret; its answer is not to be searched. */
async function askForSecret(path: string, field: string, body?: object): Promise<string> {
  const answer = await admin.call<Record<string, string>>('POST', path, { body });
  expect(answer.status, path).toBeLessThan(300);
  return String(answer.body[field]);
}

async function keyOf(scopes: readonly Scope[]): Promise<string> {
  const text = `qk_${randomToken(32)}`;
  const by = { keyId: 'test', clientId: 'test' };
  const client = await addClient(stack.ledger, by, { id: newId('cli'), name: 'test' });
  const secretHash = Buffer.from(sha256(text), 'hex');
  await addKey(stack.ledger, by, { id: newId('key'), clientId: client.id, label: null, scopes, secretHash });
  return text;
}

const cutDatabase = () =>
  stack.ledger.pool.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );

beforeAll(async () => {
  redis = await startRedis();
  const open = new Redis(redis.url);
  await open.config('SET', 'requirepass', redisPassword).finally(() => open.disconnect());
  stack = await startStack({
    backend: 'postgres',
    env: {
      LOG_LEVEL: 'debug',
      REDIS_URL: `redis://:${redisPassword}@127.0.0.1:${redis.port}`,
      SECRET_KEY: secretKeys.map((key) => key.toString('base64')).join(),
    },
  });
  secrets['the database password'] = new URL(stack.database.url).password;
  adminKey = await keyOf(SCOPES);
  secrets['the key of an administrator'] = adminKey;
  admin = createApi([stack.intakes[0]?.url ?? ''], adminKey);
  await live();
  await search();
});
afterAll(async () => {
  await stack.stop();
  await redis.stop();
});

/** A life with everything that handles secrets, and everything that goes wrong beside it. */
async function live(): Promise<void> {
  await addContainers(admin, [
    { id: '100001', capacity: 99, region: 'west' },
    { id: '100002', capacity: 99, region: 'broken' },
  ]);
  const provisioned = await admin.post(provisioning({ name: NAME, region: 'west', externalRef: 'ours' }));
  customerId = provisioned.customerId;
  await admin.ended(provisioned.id);
  const newClient = await ask('POST', '/v1/clients', { body: { name: 'Western Resale' } });
  const keys = `/v1/clients/${newClient.body.id}/keys`;
  secrets['a key made through the interface'] = await askForSecret(keys, 'key', { scopes: ['jobs:read'] });
  for (const turn of ['first', 'second']) {
    const { id } = await admin.post({ type: 'porting-pin.generate', customerId });
    await admin.ended(id);
    secrets[`the ${turn} porting PIN`] = await askForSecret(
      `/v1/customers/${customerId}/porting-pin/reveal`,
      'portingPin',
    );
  }
  await misuse();
  await failures();
  await read(keys);
}

async function misuse(): Promise<void> {
  const {
    'a key nobody has': key = '',
    'a PIN in a body': pin = '',
    'a password in a body': password = '',
  } = misplaced;
  const holder = secrets['a key made through the interface'] ?? '';
  expect((await ask('GET', '/v1/jobs', { key })).status).toBe(401);
  expect((await ask('GET', '/v1/clients', { key: holder })).status).toBe(403);
  const told = [
    { ...provisioning(), portingPin: pin, password },
    { type: 'porting-pin.generate', customerId, payload: { portingPin: pin } },
    provisioning({ name: { password }, tags: [[key]], [password]: key }),
    { type: key, payload: { password: `postgres://u:${password}@h/d` } },
  ];
  for (const body of told) expect((await admin.call('POST', '/v1/jobs', { body })).status).toBe(422);
  const elsewhere = { 'X-Request-Id': key, 'Idempotency-Key': `"${password}`, Cookie: `key=${key}`, Referer: password };
  await admin.call('GET', `/v1/jobs/${key}?password=${password}`, { headers: elsewhere });
  await admin.call('POST', '/v1/jobs', { body: provisioning(), headers: elsewhere });
  await fetch(`${stack.intakes[0]?.url}/v1/jobs`, {
    method: 'POST',
    body: `{"key":"${key}`,
    headers: { Authorization: key },
  });
}

async function failures(): Promise<void> {
  const fault = {
    containerId: '100002',
    verb: 'any',
    behaviour: 'fail',
    code: 'platform-broken',
    times: null,
  } as const;
  await scriptFault(stack.database.sandboxUrl, fault);
  const failed = await admin.post(provisioning({ region: 'broken' }));
  expect((await admin.ended(failed.id)).state).toBe('failed');
  const posted = await Promise.all(Array.from({ length: 20 }, () => admin.post(provisioning({ region: 'west' }))));
  await Promise.all([ask('GET', '/v1/customers'), cutDatabase(), ask('GET', '/v1/jobs')]);
  await Promise.all(Array.from({ length: 10 }, () => ask('GET', '/v1/events')));
  await cutDatabase();
  await eventually(async () => (await ask('GET', '/v1/jobs')).status === 200, { describe: 'intake is back' });
  for (const { id } of posted) await admin.ended(id, 30_000);
  const [worker] = stack.workers.splice(0, 1);
  await stack.startWorker();
  await worker?.stop();
  places['the log of the first worker'] = worker?.log() ?? '';
}

async function read(keys: string): Promise<void> {
  await ask('GET', '/healthz', { headers: { 'X-Request-Id': REQUEST_ID } });
  for (const path of ['/v1/jobs', '/v1/customers', '/v1/events', '/v1/clients', '/v1/containers', '/v1/reference'])
    expect((await ask('GET', `${path}${path === '/v1/reference' ? '' : '?limit=200'}`)).status, path).toBe(200);
  for (const path of [keys, `/v1/customers/${customerId}`, '/v1/customers/ref:ours', '/openapi.json', '/readyz'])
    expect((await ask('GET', path)).status, path).toBe(200);
  const listed = await admin.call<{ items: { id: string }[] }>('GET', keys);
  await ask('DELETE', `/v1/keys/${listed.body.items[0]?.id}`);
  expect((await ask('GET', '/v1/jobs', { key: secrets['a key made through the interface'] ?? '' })).status).toBe(401);
  for (const service of [...stack.intakes, ...stack.workers]) {
    for (const path of ['/metrics', '/docs', '/readyz'])
      places[`${path} of ${service.name}`] = await (await fetch(`${service.url}${path}`)).text();
  }
}

/** Fills the places that are not answers. */
async function search(): Promise<void> {
  for (const service of [...stack.intakes, ...stack.workers]) places[`the log of ${service.name}`] = service.log();
  places.Redis = await dumpRedis();
  places['the ledger'] = await dumpDatabase(stack.database.url);
  places['the sandbox'] = await dumpDatabase(stack.database.sandboxUrl);
}

async function dumpRedis(): Promise<string> {
  const client = new Redis({ port: redis.port, password: redisPassword });
  const names = await client.keys('*');
  const pieces: unknown[] = [];
  for (const name of names) {
    const reading: Record<string, () => Promise<unknown>> = {
      string: () => client.get(name),
      hash: () => client.hgetall(name),
      list: () => client.lrange(name, 0, -1),
      set: () => client.smembers(name),
      zset: () => client.call('zrange', name, 0, -1, 'WITHSCORES'),
      stream: () => client.xrange(name, '-', '+'),
    };
    const type = await client.type(name);
    const value = await (reading[type] ?? (() => Promise.reject(new Error(`a Redis type nobody reads: ${type}`))))();
    pieces.push(name, value);
  }
  client.disconnect();
  return JSON.stringify(pieces);
}

async function dumpDatabase(connectionString: string): Promise<string> {
  const client = new Client({ connectionString });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const pieces: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
    pieces.push(name, ...rows.map(({ row }) => row));
  }
  await client.end();
  return pieces.join('\n');
}

/** A secret as it is, and as it would look in the usual disguises. */
function disguises(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [secret, encodeURIComponent(secret), bytes.toString('base64'), bytes.toString('hex')];
  const raw = Buffer.from(secret, 'base64');
  return raw.length === 32 ? [...forms, raw.toString('hex'), raw.toString('base64url'), [...raw].join(',')] : forms;
}

/** Where which of the secrets were found. */
function leaks(wanted: Readonly<Record<string, string>>, where: (place: string) => boolean = () => true): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    Object.entries(wanted)
      .filter(([, secret]) => where(place) && disguises(secret).some((form) => text.includes(form)))
      .map(([what]) => `${what} is in ${place}`),
  );
}

describe('a whole life, with everything logged', () => {
  it('leads through every place that is searched', () => {
    const seen = [REQUEST_ID, NAME, 'bell'].flatMap((it) => leaks({ it }));
    expect(seen).toEqual(
      expect.arrayContaining(['it is in the log of intake', 'it is in Redis', 'it is in the ledger']),
    );
    expect(seen.filter((place) => place.includes('GET /v1/customers'))).not.toEqual([]);
    expect(Object.keys(places).filter((place) => /log of|metrics/.test(place))).toHaveLength(5);
    expect(Object.values(places).filter((text) => text === '')).toEqual([]);
    expect(Object.values(secrets).filter((secret) => secret.length < 10)).toEqual([]);
  });

  it('shows no key, PIN or password anywhere but in the answer that is made for it', () => {
    expect(leaks(secrets)).toEqual([]);
  });

  it('keeps nothing of what a sender put where it does not belong', () => {
    expect(leaks(misplaced, (place) => !place.startsWith('the answer'))).toEqual([]);
  });

  it('leaves a PIN sealed and of a key the hash', async () => {
    const { pool } = stack.ledger;
    const { rows } = await pool.query('select porting_pin from customers where id = $1', [customerId]);
    expect(sealer(secretKeys).open(rows[0].porting_pin, customerId)).toBe(secrets['the second porting PIN']);
    const hash = Buffer.from(sha256(adminKey), 'hex');
    expect((await pool.query('select from api_keys where secret_hash = $1', [hash])).rowCount).toBe(1);
  });
});

describe('a service that cannot start', () => {
  const password = `hunter-${randomToken(12)}`;
  it.each([
    ['a server that is not there', { DATABASE_URL: `postgres://u:${password}@127.0.0.1:1/d` }],
    ['a URL that is none', { DATABASE_URL: `mysql://u:${password}@h/d` }],
    ['a key that is too short', { SECRET_KEY: password }],
    ['a Redis URL that is none', { REDIS_URL: `http://u:${password}@h` }],
    ['another password', {}],
  ])('because of %s does not tell its secrets', async (_, changes) => {
    const wrong = new URL(stack.database.url);
    wrong.password = password;
    const key = randomBytes(32).toString('base64');
    const env = { DATABASE_URL: wrong.href, SECRET_KEY: key, LOG_LEVEL: 'debug', ...changes };
    const stopAtOnce = (started: ServiceProcess) => started.stop().then(() => started.log());
    const failed = await startService('intake', { env }).then(stopAtOnce, (error: Error) => error.message);
    expect(failed).not.toBe('');
    for (const form of [...disguises(password), ...disguises(key)]) expect(failed).not.toContain(form);
  });
});
