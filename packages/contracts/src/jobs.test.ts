import { describe, expect, test } from 'vitest';
import { JOB_TYPES, type JobType, jobDefinition, jobRequest, QUEUE_NAMES } from './jobs.ts';
import { STEP_NAMES, stepDefinition } from './steps.ts';

const customerId = 'cus_01k9zv6n3fe8prx2k1w3q4t5y6';
const accepts = (value: unknown) => jobRequest.safeParse(value).success;
const faultsOf = (value: unknown) => jobRequest.safeParse(value).error?.issues ?? [];

/** What the interface shows to those who write against it. */
const PROVISION = {
  type: 'customer.provision',
  externalId: 'order-7781',
  payload: {
    name: 'ABC Dental',
    serviceType: 'hosted-pbx',
    industry: 'dental',
    externalRef: 'crm-42',
    tags: ['west'],
    timeZone: 'America/Los_Angeles',
    retention: { voicemail: 180 },
  },
};
const RETENTION = {
  type: 'retention.update',
  customerId,
  expectedVersion: 3,
  payload: { sms: 365, appliesTo: 'prospective' },
};

const SAMPLES: Record<JobType, object> = {
  'customer.provision': PROVISION,
  'customer.update': { type: 'customer.update', customerId, payload: { name: 'ABC Dental West', timeZone: null } },
  'retention.update': RETENTION,
  'transcription.update': {
    type: 'transcription.update',
    customerRef: 'crm-42',
    payload: { engine: 'standard', sentimentAnalysis: true },
  },
  'porting-pin.generate': { type: 'porting-pin.generate', customerId },
  'customer.suspend': {
    type: 'customer.suspend',
    customerId,
    payload: { holder: 'billing', reason: 'Overdue since May' },
  },
  'customer.resume': { type: 'customer.resume', customerId, payload: { holder: 'billing' } },
  'customer.disconnect': {
    type: 'customer.disconnect',
    customerId,
    expectedVersion: 1,
    payload: { reason: 'Moved away' },
  },
};

describe.each(JOB_TYPES)('a request for %s', (type) => {
  test('is accepted as the interface shows it, and comes out as it went in: no default is filled in', () => {
    expect(jobRequest.parse(SAMPLES[type])).toEqual(SAMPLES[type]);
  });

  test('is refused with a field nobody knows, and the field is named', () => {
    const { payload = {} } = SAMPLES[type] as { payload?: object };
    expect(faultsOf({ ...SAMPLES[type], colour: 'red' })).toMatchObject([
      { code: 'unrecognized_keys', keys: ['colour'] },
    ]);
    const inside = faultsOf({ ...SAMPLES[type], payload: { ...payload, colour: 'red' } });
    expect(inside).toMatchObject([{ code: 'unrecognized_keys', keys: ['colour'], path: ['payload'] }]);
  });

  test('is refused with an externalId that is empty, blank or too long', () => {
    for (const externalId of ['', ' ', 'a'.repeat(201), 7])
      expect(accepts({ ...SAMPLES[type], externalId })).toBe(false);
  });
});

test.each(['customer.update', 'retention.update', 'transcription.update'] as const)(
  'a %s that changes nothing is refused',
  (type) => {
    expect(accepts({ type, customerId, payload: {} })).toBe(false);
    expect(accepts({ type, customerId })).toBe(false);
  },
);

test('a retention update that only says to what it applies changes nothing, and is refused', () => {
  expect(accepts({ ...RETENTION, payload: { appliesTo: 'retroactive' } })).toBe(false);
});

test('an update clears what is optional by null, and nothing else', () => {
  const cleared = (field: string) => accepts({ type: 'customer.update', customerId, payload: { [field]: null } });
  expect(['timeZone', 'dialingCountry'].map(cleared)).toEqual([true, true]);
  expect(['name', 'serviceType', 'industry', 'tags'].map(cleared)).toEqual([false, false, false, false]);
});

test('a provisioning names no customer and expects no version', () => {
  expect(accepts({ ...PROVISION, customerId })).toBe(false);
  expect(accepts({ ...PROVISION, expectedVersion: 1 })).toBe(false);
});

test('what only provisioning or the platform may set cannot be sent', () => {
  for (const field of ['portingPin', 'container', 'tenant', 'version', 'serviceStatus', 'id']) {
    expect(accepts({ ...PROVISION, payload: { ...PROVISION.payload, [field]: '1' } }), field).toBe(false);
  }
});

test('a name, a service type and an industry are required', () => {
  for (const field of ['name', 'serviceType', 'industry']) {
    const { [field]: _, ...payload } = PROVISION.payload as Record<string, unknown>;
    expect(faultsOf({ ...PROVISION, payload }), field).toMatchObject([{ path: ['payload', field] }]);
  }
});

test('a provisioning of what is required alone comes out as it went in', () => {
  const { name, serviceType, industry } = PROVISION.payload;
  const least = { type: 'customer.provision', payload: { name, serviceType, industry } };
  expect(jobRequest.parse(least)).toEqual(least);
});

test('an unknown type is refused, and so is what is no object', () => {
  for (const value of [
    { ...PROVISION, type: 'customer.delete' },
    { ...PROVISION, type: '__proto__' },
    {},
    [],
    null,
    'x',
    7,
  ])
    expect(accepts(value)).toBe(false);
});

test('every job has a queue, steps that exist, and a budget that backs off', () => {
  for (const type of JOB_TYPES) {
    const { queue, steps, attempts, backoff, timeoutMs } = jobDefinition(type);
    expect(QUEUE_NAMES).toContain(queue);
    expect(steps.length).toBeGreaterThan(0);
    expect(new Set(steps).size).toBe(steps.length);
    for (const step of steps) expect(STEP_NAMES).toContain(step);
    expect(attempts).toBeGreaterThan(1);
    expect(backoff.baseMs).toBeLessThan(backoff.capMs);
    expect(timeoutMs).toBeGreaterThan(0);
  }
});

test('every step belongs to a job, and only a provisioning has steps that are undone', () => {
  const used = new Set(JOB_TYPES.flatMap((type) => jobDefinition(type).steps));
  expect(STEP_NAMES.filter((name) => !used.has(name))).toEqual([]);
  for (const type of JOB_TYPES.filter((one) => one !== 'customer.provision')) {
    expect(
      jobDefinition(type).steps.filter((name) => stepDefinition(name).undoable),
      type,
    ).toEqual([]);
  }
});
