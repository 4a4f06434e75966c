import { expect, test } from 'vitest';
import { REFERENCE_ENTRIES, REFERENCE_LISTS, REFERENCE_SEED, reference, referenceCode } from './reference.ts';
import { retention } from './settings.ts';

test('what a new ledger starts with is valid by its own schemas', () => {
  expect(reference.parse(REFERENCE_SEED)).toEqual(REFERENCE_SEED);
  for (const list of REFERENCE_LISTS) {
    for (const { code, ...entry } of REFERENCE_SEED[list]) {
      expect(referenceCode.parse(code)).toBe(code);
      expect(REFERENCE_ENTRIES[list].parse(entry)).toEqual(entry);
    }
  }
});

test('no list names a code twice, and none is empty', () => {
  for (const list of REFERENCE_LISTS) {
    const codes = REFERENCE_SEED[list].map(({ code }) => code);
    expect(codes.length, list).toBeGreaterThan(0);
    expect(new Set(codes).size, list).toBe(codes.length);
  }
});

test('the retention choices are those of the product, all of them valid periods, 90 days included', () => {
  const choices = REFERENCE_SEED['retention-choices'];
  expect(choices.map(({ code }) => Number(code))).toEqual([30, 60, 90, 180, 365, 730, 1095, 2555]);
  expect(choices.filter(({ included }) => included).map(({ code }) => code)).toEqual(['90']);
  for (const { code } of choices) expect(retention.shape.sms.parse(Number(code))).toBe(Number(code));
});

test('every amount says that it is a placeholder', () => {
  for (const { label } of REFERENCE_SEED.fees) expect(label).toContain('placeholder');
});

test('an entry that says nothing of it is active, and not included', () => {
  expect(REFERENCE_ENTRIES.industries.parse({ label: 'Dental' })).toEqual({ label: 'Dental', active: true });
  expect(REFERENCE_ENTRIES['retention-choices'].parse({ label: '45 days' })).toMatchObject({
    active: true,
    included: false,
  });
});

test('an amount is a whole number of minor units, its currency an ISO 4217 code', () => {
  const fee = { label: 'A fee', amountMinor: 300, currency: 'USD' };
  expect(REFERENCE_ENTRIES.fees.safeParse(fee).success).toBe(true);
  for (const wrong of [
    { amountMinor: 1.5 },
    { amountMinor: -1 },
    { currency: 'usd' },
    { currency: '$' },
    { colour: 'red' },
  ]) {
    expect(REFERENCE_ENTRIES.fees.safeParse({ ...fee, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
  }
});
