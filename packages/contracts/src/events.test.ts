import { expect, test } from 'vitest';
import { z } from 'zod';
import { EVENT_NAMES, EVENTS, eventSchema, eventType } from './events.ts';

const at = '2030-01-01T00:00:00.000Z';
const data = {
  sequence: 7,
  jobSequence: 1,
  jobId: 'job_01k9zv6n3fe8prx2k1w3q4t5y6',
  customerId: 'cus_01k9zv6n3fe8prx2k1w3q4t5y6',
  importId: null,
  jobType: 'customer.provision',
  state: 'running',
  scope: 'tenant',
  step: 'create-tenant',
  attempt: 1,
  container: { id: '100001', label: 'West 1' },
  tenant: { number: '001', domain: 't001.c100001.sip.qvara.test', state: 'inactive' },
};
const created = {
  specversion: '1.0',
  id: '7',
  source: '/qvara/provisioning',
  type: 'qvara.tenant.created.v1',
  subject: data.jobId,
  time: at,
  datacontenttype: 'application/json',
  data,
};

test('an event as the interface shows it fits its schema', () => {
  expect(eventSchema('tenant.created').parse(created)).toEqual(created);
});

test('an event has the type of its name, and no other', () => {
  expect(eventType('tenant.created')).toBe('qvara.tenant.created.v1');
  expect(eventSchema('tenant.removed').safeParse(created).success).toBe(false);
});

test('an event that lacks a value all events tell, or tells one that none knows, does not fit', () => {
  for (const field of Object.keys(data)) {
    const { [field]: _, ...rest } = data as Record<string, unknown>;
    expect(eventSchema('tenant.created').safeParse({ ...created, data: rest }).success, field).toBe(false);
  }
  expect(eventSchema('tenant.created').safeParse({ ...created, data: { ...data, portingPin: '1' } }).success).toBe(
    false,
  );
});

test('an event that lacks a detail of its type does not fit', () => {
  for (const name of EVENT_NAMES) {
    const lacking = eventSchema(name).safeParse({ ...created, type: eventType(name) });
    const fields = lacking.error?.issues.map(({ path }) => path.join('.')) ?? [];
    expect(fields, name).toEqual(Object.keys(EVENTS[name].tells).map((field) => `data.${field}`));
  }
});

test('no type tells a detail under a name that all events use', () => {
  for (const name of EVENT_NAMES)
    expect(
      Object.keys(EVENTS[name].tells).filter((field) => field in data),
      name,
    ).toEqual([]);
});

test('every event can be published as JSON Schema', () => {
  for (const name of EVENT_NAMES)
    expect(z.toJSONSchema(eventSchema(name))).toMatchObject({ type: 'object', additionalProperties: false });
});
