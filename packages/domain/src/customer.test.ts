import { provisionPayload } from '@qvara/contracts/jobs';
import { expect, test } from 'vitest';
import { type Customer, changedFields, newCustomer } from './customer.ts';
import { defaultSettings } from './settings.ts';

const required = { name: 'ABC Dental', serviceType: 'hosted-pbx', industry: 'dental' };
const customer: Customer = {
  ...newCustomer(provisionPayload.parse({ ...required, tags: ['west'], timeZone: 'UTC' })),
  id: 'cus_1',
  clientId: 'cli_1',
  version: 3,
  serviceStatus: 'active',
  suspensions: [],
  portingPin: null,
  portingPinAt: null,
  activatedAt: '2030-01-01T00:00:00.000Z',
};

test('a new customer has what was given, nothing for what was not, and every setting', () => {
  expect(newCustomer(provisionPayload.parse(required))).toEqual({
    ...required,
    externalRef: null,
    tags: [],
    timeZone: null,
    dialingCountry: null,
    region: null,
    settings: defaultSettings(),
  });
});

test('settings given in part are laid over the defaults', () => {
  const { settings } = newCustomer(
    provisionPayload.parse({ ...required, retention: { voicemail: 180 }, transcription: { engine: 'standard' } }),
  );
  expect(settings.retention).toEqual({ ...defaultSettings().retention, voicemail: 180 });
  expect(settings.transcription).toEqual({ engine: 'standard', sentimentAnalysis: false });
});

test('an update changes only what differs', () => {
  const change = { name: 'ABC Dental', industry: 'legal', tags: ['west'], timeZone: null };
  expect(changedFields(customer, change)).toEqual({ industry: 'legal', timeZone: null });
});

test('an update that says what is so already changes nothing', () => {
  expect(changedFields(customer, { ...required, tags: ['west'], timeZone: 'UTC', dialingCountry: null })).toEqual({});
});

test('the order of tags is a change', () => {
  const two = { ...customer, tags: ['a', 'b'] };
  expect(changedFields(two, { tags: ['b', 'a'] })).toEqual({ tags: ['b', 'a'] });
});
