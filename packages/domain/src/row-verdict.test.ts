import type { JobRequest } from '@qvara/contracts/jobs';
import { REFERENCE_SEED } from '@qvara/contracts/reference';
import { describe, expect, test } from 'vitest';
import { judgeRow, type RowSituation } from './row-verdict.ts';
import { defaultSettings } from './settings.ts';

type Known = NonNullable<RowSituation['customer']>;

const at = '2030-01-01T00:00:00.000Z';
const sender = { clientId: 'cli_a', admin: false };
const customer: Known = {
  id: 'cus_1',
  clientId: 'cli_a',
  version: 3,
  name: 'ABC Dental',
  serviceType: 'hosted-pbx',
  industry: 'dental',
  externalRef: 'crm-1',
  tags: ['west'],
  timeZone: 'UTC',
  dialingCountry: 'US',
  region: 'west',
  serviceStatus: 'active',
  suspensions: [],
  settings: defaultSettings(),
  portingPin: 'sealed',
  portingPinAt: at,
  activatedAt: at,
  tenantState: 'active',
  adoptable: false,
};
const payload = { name: 'ABC Dental', serviceType: 'hosted-pbx', industry: 'dental', externalRef: 'crm-1' };
const provision = { type: 'customer.provision', payload } as const;

function judge(request: JobRequest, situation: Partial<RowSituation> = {}) {
  const nothing = { mode: 'create', sender, customer: null, before: null, first: null } as const;
  return judgeRow(request, { ...nothing, ...situation }, REFERENCE_SEED);
}

function codes(plan: ReturnType<typeof judge>): readonly string[] {
  return 'errors' in plan ? plan.errors.map(({ code }) => code) : [];
}

describe('a row that makes a customer', () => {
  test('makes one where there is none, and quotes its fees', () => {
    const plan = judge({ ...provision, payload: { ...payload, retention: { sms: 365 } } });
    expect(plan).toMatchObject({
      verdict: 'create',
      customerId: null,
      fees: [{ code: 'retention-sms' }],
      warnings: [],
    });
  });

  test('takes over the record that a failed provisioning left, and says so', () => {
    const plan = judge(provision, { customer: { ...customer, adoptable: true } });
    expect(plan).toMatchObject({
      verdict: 'create',
      customerId: 'cus_1',
      warnings: [expect.stringContaining('cus_1')],
    });
  });

  test('is in conflict with a living customer of its reference', () => {
    expect(codes(judge(provision, { customer }))).toEqual(['external-ref-taken']);
  });

  test('that was brought in before changes nothing while its customer lives, and makes another one after', () => {
    const before = { customerId: 'cus_1', lives: true };
    expect(judge(provision, { customer, before })).toEqual({ verdict: 'unchanged', customerId: 'cus_1' });
    expect(judge(provision, { before })).toEqual({ verdict: 'unchanged', customerId: 'cus_1' });
    expect(judge(provision, { before: { ...before, lives: false } })).toMatchObject({ verdict: 'create' });
  });

  test('whose reference went to another customer since it was brought in is in conflict', () => {
    const plan = judge(provision, { customer, before: { customerId: 'cus_0', lives: true } });
    expect(codes(plan)).toEqual(['external-ref-taken']);
  });

  test('that repeats another row of its file is in conflict with it', () => {
    expect(codes(judge(provision, { first: 7 }))).toEqual(['row-repeated']);
  });
});

describe('an upsert', () => {
  const upsert = (fields: object, known: Known = customer) =>
    judge({ ...provision, payload: { ...payload, ...fields } } as JobRequest, { mode: 'upsert', customer: known });

  test('of the same content changes nothing, whatever its region and site say', () => {
    expect(upsert({ region: 'east', site: { name: 'Main' } })).toEqual({ verdict: 'unchanged', customerId: 'cus_1' });
  });

  test('changes what differs and leaves alone what the row does not name', () => {
    const plan = upsert({ name: 'New name', timeZone: 'UTC', retention: { sms: 365, fax: 90 } });
    expect(plan).toMatchObject({
      verdict: 'update',
      request: {
        type: 'customer.update',
        customerId: 'cus_1',
        payload: { name: 'New name', retention: { sms: 365, fax: 90 } },
      },
      fees: [{ code: 'retention-sms' }],
    });
    expect('request' in plan && plan.request.payload).not.toHaveProperty('timeZone');
  });

  test('of a customer who is being taken down is in conflict', () => {
    expect(codes(upsert({ name: 'New name' }, { ...customer, tenantState: 'inactive' }))).toEqual([
      'customer-disconnecting',
    ]);
  });
});

describe('a row that changes a customer', () => {
  const target = { customerId: 'cus_1' };
  const rename = { type: 'customer.update', ...target, payload: { name: 'New name' } } as const;
  const disconnect = { type: 'customer.disconnect', ...target, payload: { reason: 'over' } } as const;
  const gone = { ...customer, serviceStatus: 'disconnected' } as const;
  const suspended = { ...customer, suspensions: [{ clientId: 'cli_b', holder: 'fraud', reason: 'so', since: at }] };

  test.each<[string, [JobRequest, Known | null], string]>([
    ['who is not there', [rename, null], 'customer-not-found'],
    ['who is disconnected', [rename, gone], 'customer-disconnected'],
    ['of another version', [{ ...rename, expectedVersion: 2 }, customer], 'version-mismatch'],
    [
      'without an engine',
      [{ type: 'transcription.update', ...target, payload: { sentimentAnalysis: true } }, customer],
      'engine-required',
    ],
    [
      'whom another client suspends',
      [{ type: 'customer.resume', ...target, payload: { holder: 'fraud' } }, suspended],
      'suspension-not-held',
    ],
  ])('%s is in conflict', (_, [request, known], code) => {
    expect(codes(judge(request, { customer: known }))).toEqual([code]);
  });

  test.each<[string, JobRequest]>([
    ['a name', { ...rename, payload: { name: 'ABC Dental' } }],
    ['a setting of an update', { ...rename, payload: { retention: { sms: 90 } } }],
    ['a retention period', { type: 'retention.update', ...target, payload: { sms: 90 } }],
    ['an engine', { type: 'transcription.update', ...target, payload: { engine: 'none' } }],
    ['a suspension that is lifted', { type: 'customer.resume', ...target, payload: { holder: 'billing' } }],
  ])('changes nothing when it is so already: %s', (_, request) => {
    expect(judge(request, { customer })).toEqual({ verdict: 'unchanged', customerId: 'cus_1' });
  });

  test('deletes what is older also when a retroactive period stays as it is', () => {
    const request = { type: 'retention.update', ...target, payload: { sms: 90, appliesTo: 'retroactive' } } as const;
    expect(judge(request, { customer })).toMatchObject({ verdict: 'update', customerId: 'cus_1' });
  });

  test('generates a PIN once for each time that it is new', () => {
    const request = { type: 'porting-pin.generate', ...target } as const;
    expect(judge(request, { customer })).toMatchObject({ verdict: 'update' });
    const before = { customerId: 'cus_1', lives: true };
    expect(judge(request, { customer, before })).toEqual({ verdict: 'unchanged', customerId: 'cus_1' });
  });

  test('disconnects once: brought in again it changes nothing, though the customer is gone', () => {
    expect(judge(disconnect, { customer })).toMatchObject({ verdict: 'update' });
    const before = { customerId: 'cus_1', lives: false };
    expect(judge(disconnect, { customer: gone, before })).toMatchObject({ verdict: 'unchanged' });
    expect(judge(disconnect, { customer: null, before })).toMatchObject({ verdict: 'unchanged' });
    expect(codes(judge(disconnect, { customer: gone }))).toEqual(['customer-disconnected']);
  });

  test('waits for a provisioning that goes on, and says so', () => {
    const pending = { ...customer, serviceStatus: 'pending', activatedAt: null, tenantState: null } as const;
    expect(judge(rename, { customer: pending })).toMatchObject({
      verdict: 'update',
      warnings: [expect.stringContaining('pending')],
    });
  });
});
