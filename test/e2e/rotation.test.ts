import { randomBytes } from 'node:crypto';
import { SCOPES } from '@qvara/contracts/clients';
import { randomToken, sealer, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { addClient, addKey } from '@qvara/store/clients';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, createApi, provisioning } from '../support/api.ts';
import { type ServiceProcess, startService } from '../support/processes.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const former = randomBytes(32);
const present = randomBytes(32);
const text = (...keys: Buffer[]) => keys.map((key) => key.toString('base64')).join();

type Customer = { readonly id: string; readonly pin: string };

let stack: Stack;
let api: Api;
let key: string;
let services: ServiceProcess[] = [];
/** With a PIN of the time of the former key, and of the present one. */
let early: Customer;
let late: Customer;

beforeAll(async () => {
  stack = await startStack({ backend: 'postgres', workers: 0, env: { SECRET_KEY: text(former) } });
  key = `qk_${randomToken(32)}`;
  const by = { keyId: 'test', clientId: 'test' };
  const { id: clientId } = await addClient(stack.ledger, by, { id: newId('cli'), name: 'test' });
  const secretHash = Buffer.from(sha256(key), 'hex');
  await addKey(stack.ledger, by, { id: newId('key'), clientId, label: null, scopes: SCOPES, secretHash });
  const before = await restart(former);
  await addContainers(before, [{ id: '100001', capacity: 9 }]);
  early = await newCustomer(before);
  api = await restart(present, former);
  late = await newCustomer(api);
});
afterAll(async () => {
  await stopServices();
  await stack.stop();
});

async function stopServices(): Promise<void> {
  await Promise.all(services.map((service) => service.stop()));
}

/** Replaces intake and worker by new ones with these keys, the first of which encrypts. */
async function restart(...keys: Buffer[]): Promise<Api> {
  await stopServices();
  const { url, sandboxUrl } = stack.database;
  const env = { DATABASE_URL: url, PLATFORM_DATABASE_URL: sandboxUrl, SECRET_KEY: text(...keys), LOG_LEVEL: 'debug' };
  services = await Promise.all([startService('intake', { env }), startService('worker', { env })]);
  return createApi([services[0]?.url ?? ''], key);
}

async function newCustomer(by: Api): Promise<Customer> {
  const { id, customerId } = await by.post(provisioning());
  await by.ended(id);
  return { id: customerId, pin: await newPin(by, customerId) };
}

async function newPin(by: Api, customerId: string): Promise<string> {
  const { id } = await by.post({ type: 'porting-pin.generate', customerId });
  expect(await by.ended(id)).toMatchObject({ state: 'completed' });
  const { status, body } = await reveal(by, customerId);
  expect(status).toBe(200);
  return String(body.portingPin);
}

const reveal = (by: Api, customerId: string) => by.call('POST', `/v1/customers/${customerId}/porting-pin/reveal`);

async function sealedPin({ id }: Customer): Promise<string> {
  const { rows } = await stack.ledger.pool.query('select porting_pin from customers where id = $1', [id]);
  return rows[0].porting_pin;
}

describe('a secret key that is replaced', () => {
  it('still opens what it sealed, while it stands behind the new one', async () => {
    expect(await reveal(api, early.id)).toMatchObject({ status: 200, body: { portingPin: early.pin } });
  });

  it('seals nothing new: that takes the first key', async () => {
    expect(sealer([present]).open(await sealedPin(late), late.id)).toBe(late.pin);
    expect(sealer([former]).open(await sealedPin(early), early.id)).toBe(early.pin);
  });

  it('and dropped too early leaves a clear error, tells no detail, and a new PIN mends it', async () => {
    api = await restart(present);
    expect(await reveal(api, late.id)).toMatchObject({ status: 200, body: { portingPin: late.pin } });
    const locked = await reveal(api, early.id);
    expect(locked).toMatchObject({
      status: 500,
      body: { code: 'porting-pin-locked', remedy: expect.stringContaining('SECRET_KEY') },
    });
    const sealed = await sealedPin(early);
    for (const secret of [early.pin, sealed, sealed.split('.')[0] ?? sealed, 'at file', 'Error'])
      expect(JSON.stringify(locked.body)).not.toContain(secret);
    expect(services[0]?.log()).toContain('a porting PIN cannot be opened');
    expect(await newPin(api, early.id)).not.toBe(early.pin);
  });
});
