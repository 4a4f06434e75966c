import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clientId,
  containerId,
  customerId,
  deliveryId,
  ID_PREFIXES,
  importId,
  jobId,
  keyId,
  siteId,
  tenantDomain,
  tenantNumber,
  webhookId,
} from './ids.ts';

const schemas = {
  job: jobId,
  customer: customerId,
  site: siteId,
  client: clientId,
  key: keyId,
  webhook: webhookId,
  delivery: deliveryId,
  import: importId,
};
const SUFFIX = '01k9zv6n3fe8prx2k1w3q4t5y6';
const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

test('every noun with a prefix has a schema that takes its own ids and nobody else’s', () => {
  expect(Object.keys(schemas)).toEqual(Object.keys(ID_PREFIXES));
  for (const [noun, schema] of Object.entries(schemas)) {
    for (const [other, prefix] of Object.entries(ID_PREFIXES)) {
      expect(accepts(schema, `${prefix}_${SUFFIX}`), `${noun} ${other}`).toBe(noun === other);
    }
  }
});

test('an id that is cut, lengthened, in capitals, out of range or of another alphabet is refused', () => {
  const wrong = [
    '',
    'cus_',
    `cus_${SUFFIX.slice(1)}`,
    `cus_${SUFFIX}0`,
    `cus_${SUFFIX.toUpperCase()}`,
    `cus_8${SUFFIX.slice(1)}`,
    `cus_${SUFFIX.slice(0, -1)}u`,
    ` cus_${SUFFIX}`,
    `cus_${SUFFIX}\n`,
    SUFFIX,
    7,
    null,
  ];
  for (const value of wrong) expect(accepts(customerId, value), JSON.stringify(value)).toBe(false);
});

test('container ids are the six-digit numbers from 100000', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -10, max: 1_000_100 }),
      (n) => accepts(containerId, String(n)) === (n >= 100_000 && n <= 999_999),
    ),
  );
  for (const value of ['', '000000', '012345', '١٠٠٠٠١', '100001\n', '1e5000', 100_001])
    expect(accepts(containerId, value)).toBe(false);
});

test('tenant numbers are three digits from 001: the container’s own 000 is never one', () => {
  for (let n = 0; n <= 1_000; n++)
    expect(accepts(tenantNumber, String(n).padStart(3, '0')), String(n)).toBe(n >= 1 && n <= 999);
  for (const value of ['', '1', '01', '0001', '00a', '001\n', 1]) expect(accepts(tenantNumber, value)).toBe(false);
});

test('a tenant’s SIP domain names its number and its container', () => {
  expect(tenantDomain('100001', '001', 'sip.qvara.test')).toBe('t001.c100001.sip.qvara.test');
});
