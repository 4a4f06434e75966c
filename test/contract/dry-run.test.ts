import { addContainer } from '@qvara/store/containers';
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

const dry = (json: unknown) => send(`${intake.url}/v1/jobs?dryRun=true`, { method: 'POST', key, json });
const post = (json: unknown) => send(`${intake.url}/v1/jobs`, { method: 'POST', key, json });

/** Everything that a dry run could change. */
async function ledger(): Promise<unknown> {
  const tables = ['jobs', 'customers', 'lanes', 'events', 'idempotency_keys', 'seats', 'audits'];
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  const { rows } = await intake.ledger.pool.query(`select ${counts.join(', ')}`);
  return rows[0];
}

describe('a dry run of a provisioning', () => {
  it('warns that it would be held while there is no container', async () => {
    const answer = await dry(provisioning());
    expect(answer).toMatchObject({
      status: 200,
      body: { container: null, choice: expect.stringContaining('no container') },
    });
    expect(answer.body.warnings[0]).toContain('no-capacity');
  });

  it('names the container and why, the steps and the fees', async () => {
    const by = { keyId: key.keyId, clientId: key.clientId };
    const container = { id: '100001', label: 'West 1', region: 'west', capacity: 10 };
    await addContainer(intake.ledger, () => undefined, { by, container });
    const payload = {
      retention: { voicemail: 180, sms: 30 },
      transcription: { engine: 'standard', sentimentAnalysis: true },
    };
    const answer = await dry(provisioning({ ...payload, region: 'west' }));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      type: 'customer.provision',
      steps: ['reserve-seat', 'create-tenant', 'apply-settings', 'create-site', 'verify-tenant', 'activate-tenant'],
      customerId: null,
      container: { id: '100001', label: 'West 1', region: 'west', headRoom: 10 },
      warnings: [],
    });
    expect(answer.body.choice).toContain('most head-room');
    const fees = answer.body.fees.map(({ setting, per }: { setting: string; per: string }) => `${setting} per ${per}`);
    expect(fees).toEqual(['retention.voicemail per month', 'transcription.sentimentAnalysis per month']);
    expect((await dry(provisioning({ region: 'east' }))).body).toMatchObject({ container: null });
  });

  it('is refused as the request itself would be', async () => {
    await post(provisioning({ externalRef: 'known' }));
    for (const json of [
      provisioning({ externalRef: 'known' }),
      provisioning({ name: 7 }),
      provisioning({ industry: 'x' }),
    ]) {
      const [tried, done] = [await dry(json), await post(json)];
      expect(tried.status).toBeGreaterThan(400);
      expect(tried.body).toEqual(done.body);
    }
  });
});

describe('a dry run of a change', () => {
  it('tells steps, fees beyond those there are, and what to mind', async () => {
    const { body } = await post(provisioning({ externalRef: 'changing', retention: { fax: 365 } }));
    const target = { customerId: body.customerId };
    const longer = await dry({
      type: 'retention.update',
      ...target,
      expectedVersion: 7,
      payload: { sms: 365, fax: 365, appliesTo: 'retroactive' },
    });
    expect(longer).toMatchObject({
      status: 200,
      body: { customerId: body.customerId, steps: ['apply-settings', 'verify-tenant'], container: null },
    });
    expect(longer.body.fees.map(({ setting }: { setting: string }) => setting)).toEqual(['retention.sms']);
    expect(longer.body.warnings.join('\n')).toMatch(/pending.*version 1.*Retroactive/s);
    const renamed = await dry({ type: 'customer.update', customerRef: 'changing', payload: { name: 'ABC Dental' } });
    expect(renamed.body).toMatchObject({ steps: ['update-customer'], fees: [] });
    expect(renamed.body.warnings.join('\n')).toContain('nothing would change');
    const feeling = await dry({ type: 'transcription.update', ...target, payload: { sentimentAnalysis: true } });
    expect(feeling).toMatchObject({ status: 422, body: { code: 'engine-required' } });
    const resumed = await dry({ type: 'customer.resume', ...target, payload: { holder: 'fraud' } });
    expect(resumed.body.warnings.join('\n')).toContain('does not suspend');
  });

  it('warns while a disconnection of the customer has begun and not ended', async () => {
    const { customerId } = (await post(provisioning())).body;
    await intake.ledger.pool.query(
      "update customers set service_status = 'active', activated_at = now() where id = $1",
      [customerId],
    );
    const target = { customerId };
    const renamed = await dry({ type: 'customer.update', ...target, payload: { name: 'X' } });
    expect(renamed.body.warnings).toEqual([expect.stringContaining('customer-disconnecting')]);
    const again = await dry({ type: 'customer.disconnect', ...target, payload: { reason: 'b' } });
    expect(again.body.warnings.join('\n')).not.toContain('customer-disconnecting');
  });

  it('of a customer that is disconnected, or is not there, is refused as the request itself would be', async () => {
    const { body } = await post(provisioning());
    await send(`${intake.url}/v1/jobs/${body.id}/cancel`, { method: 'POST', key });
    for (const target of [{ customerId: body.customerId }, { customerRef: 'nobody' }]) {
      const json = { type: 'customer.suspend', ...target, payload: { holder: 'billing', reason: 'x' } };
      const [tried, done] = [await dry(json), await post(json)];
      expect([404, 409]).toContain(tried.status);
      expect(tried.body).toEqual(done.body);
    }
  });
});

it('a dry run of anything changes nothing', async () => {
  const { body } = await post(provisioning({ externalRef: 'still' }));
  const target = { customerId: body.customerId };
  const before = await ledger();
  const bodies = [
    provisioning({ externalRef: 'unborn' }),
    { ...provisioning(), externalId: 'unused' },
    { type: 'customer.update', ...target, payload: { name: 'X' } },
    { type: 'porting-pin.generate', ...target },
    { type: 'customer.suspend', ...target, payload: { holder: 'a', reason: 'b' } },
    { type: 'customer.disconnect', ...target, payload: { reason: 'b' } },
  ];
  for (const json of bodies) expect((await dry(json)).status).toBe(200);
  expect(await ledger()).toEqual(before);
  expect((await post({ ...provisioning(), externalId: 'unused' })).headers.get('idempotent-replayed')).toBeNull();
});
