import type { Scope } from '@qvara/contracts/clients';
import { SCOPES } from '@qvara/contracts/clients';
import { sealer } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import fc from 'fast-check';
import { provisioning } from '../support/api.ts';
import type { Call } from './fuzz-schema.ts';
import { type Key, type RunningIntake, send } from './running-intake.ts';

type Values = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** What is there before the first request: things to name, own and foreign, and keys of every kind. */
export type World = {
  readonly keys: readonly { readonly text: string; readonly scopes: readonly string[]; readonly weight: number }[];
  readonly revoked: string;
  /** Ids of another client. */
  readonly foreignIds: readonly string[];
  /** Jobs that the preparation posted. */
  readonly jobs: readonly string[];
  /** Values for fields and headers that lead somewhere, by name. */
  readonly values: Values;
  /** Values for what stands in the path of a call. */
  pathValues(call: Call): Values;
};

const CUSTOMERS = 40;
/** So many of the customers may be cancelled; the others stay. */
const BRIEF = 10;
const PLAIN: readonly Scope[] = ['jobs:write', 'jobs:read', 'pins:reveal'];

/** Prepares a ledger for requests of every kind. */
export async function prepareWorld(intake: RunningIntake): Promise<World> {
  const all = await intake.key();
  const keys = {
    all,
    plain: await intake.key(PLAIN, all.clientId),
    reader: await intake.key(['jobs:read'], all.clientId),
    stranger: await intake.key(PLAIN),
    revoked: await intake.key(SCOPES, all.clientId),
  };
  const spare = await Promise.all(Array.from({ length: 5 }, () => intake.key(['jobs:read'])));
  await intake.ledger.pool.query('update api_keys set revoked_at = now() where id = $1', [keys.revoked.keyId]);
  for (const id of ['100001', '100002', '200001']) await add(intake, all, { id, region: 'west' });
  const posted = await postAll(intake, keys.plain, CUSTOMERS);
  const foreign = await postAll(intake, keys.stranger, 2);
  await sealPins(intake, posted.slice(BRIEF));
  const lasting = posted.slice(BRIEF);
  const names = lasting.flatMap(({ customerId }, n) => [customerId, `ref:own-${n + BRIEF}`]);
  const webhooks = await addWebhooks(intake, all);
  const deliveries = await addDeliveries(intake, webhooks[0] ?? '');
  const jobs = fc.constantFrom(...posted.map(({ id }) => id));
  const brief = fc.constantFrom(...posted.slice(0, BRIEF).map(({ id }) => id));
  return {
    keys: [
      { text: all.text, scopes: SCOPES, weight: 16 },
      { text: keys.plain.text, scopes: PLAIN, weight: 4 },
      { text: keys.stranger.text, scopes: PLAIN, weight: 1 },
      { text: keys.reader.text, scopes: ['jobs:read'], weight: 1 },
    ],
    revoked: keys.revoked.text,
    foreignIds: [...foreign.flatMap(({ id, customerId }) => [id, customerId]), keys.stranger.clientId],
    jobs: [...posted, ...foreign].map(({ id }) => id),
    values: valuesOf(lasting.map(({ customerId }) => customerId)),
    pathValues({ path, operationId }) {
      if (path.startsWith('/v1/jobs')) return { id: operationId === 'cancelJob' ? brief : jobs };
      if (path.startsWith('/v1/customers')) return { id: fc.constantFrom(...names) };
      if (path.startsWith('/v1/containers')) return { id: fc.constantFrom('100001', '100002', '200001', '999999') };
      if (path.startsWith('/v1/clients')) return { id: fc.constantFrom(...spare.map(({ clientId }) => clientId)) };
      if (path.startsWith('/v1/webhooks')) return { id: fc.constantFrom(...webhooks) };
      if (path.startsWith('/v1/deliveries')) return { id: fc.constantFrom(...deliveries) };
      if (path.startsWith('/v1/keys')) return { id: fc.constantFrom(...spare.map(({ keyId }) => keyId)) };
      return REFERENCE;
    },
  };
}

const REFERENCE: Values = {
  list: fc.constantFrom('industries', 'industries', 'fees', 'engines', 'retention-choices', 'service-types', 'planets'),
  code: fc.constantFrom('whaling', 'space-travel', '400', '401', '40000', 'a', 'x'.repeat(64)),
};

function valuesOf(customerIds: readonly string[]): Values {
  const days = fc.constantFrom(30, 60, 90, 180, 365, 2555);
  const few = (prefix: string, count: number) => fc.nat({ max: count }).map((n) => `${prefix}-${n}`);
  return {
    customerId: fc.constantFrom(...customerIds),
    customerRef: fc.nat({ max: CUSTOMERS - BRIEF - 1 }).map((n) => `own-${n + BRIEF}`),
    externalId: few('order', 6_000),
    externalRef: few('new', 6_000),
    'Idempotency-Key': few('key', 6_000),
    serviceType: fc.constant('hosted-pbx'),
    industry: fc.constantFrom('dental', 'legal'),
    fax: days,
    callRecording: days,
    voicemail: days,
    sms: days,
    engine: fc.constant('standard'),
    timeZone: fc.constantFrom('America/Los_Angeles', 'UTC', 'Asia/Kolkata'),
    region: fc.constantFrom('west', 'us-west'),
    url: fc.constantFrom(NOBODY, 'https://10.0.0.1/'),
    expectedVersion: fc.constantFrom(1, 2),
  };
}

async function add(intake: RunningIntake, key: Key, { id, region }: { id: string; region: string }): Promise<void> {
  const json = { id, region, label: `Container ${id}`, capacity: 999 };
  const { status } = await send(`${intake.url}/v1/containers`, { method: 'POST', key, json });
  if (status !== 201) throw new Error(`container ${id}: ${status}`);
}

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:9/';
const WEBHOOKS = 20;

async function addWebhooks(intake: RunningIntake, key: Key): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: WEBHOOKS }, () =>
      send(`${intake.url}/v1/webhooks`, { method: 'POST', key, json: { url: NOBODY } }),
    ),
  );
  return answers.map(({ body }) => body.id as string);
}

async function addDeliveries({ ledger }: RunningIntake, webhookId: string): Promise<string[]> {
  const ids = Array.from({ length: WEBHOOKS }, () => newId('dlv'));
  await ledger.pool.query(
    `insert into deliveries (id, webhook_id, sequence, event_type, lane, replay)
     select id, $2, 1, 'any', id, false from unnest($1::text[]) id`,
    [ids, webhookId],
  );
  return ids;
}

type Posted = { readonly id: string; readonly customerId: string };

async function postAll(intake: RunningIntake, key: Key, count: number): Promise<Posted[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) => {
      const json = provisioning({ externalRef: `own-${n}` });
      return send(`${intake.url}/v1/jobs`, { method: 'POST', key, json });
    }),
  );
  return answers.map(({ body }) => body as Posted);
}

async function sealPins({ ledger, secretKey }: RunningIntake, customers: readonly Posted[]): Promise<void> {
  const { seal } = sealer([secretKey]);
  for (const { customerId } of customers) {
    const sealed = seal('0123456789', customerId);
    await ledger.pool.query('update customers set porting_pin = $1, porting_pin_at = now() where id = $2', [
      sealed,
      customerId,
    ]);
  }
}
