import { expect, test } from 'vitest';
import { dialingCountry, externalRef, name, tags, timeZone } from './customers.ts';

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

test('a time zone is any name of IANA, the newer names and the links too', () => {
  const zones = [
    'America/Los_Angeles',
    'America/Argentina/Buenos_Aires',
    'America/North_Dakota/New_Salem',
    'America/Port-au-Prince',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'Asia/Ho_Chi_Minh',
    'Europe/Kyiv',
    'Europe/Kiev',
    'US/Pacific',
    'Etc/GMT+3',
    'Etc/UTC',
    'UTC',
    'GMT',
  ];
  for (const zone of [...zones, ...zones]) expect(accepts(timeZone, zone), zone).toBe(true);
});

test('what a runtime would take for a time zone, but IANA does not name, is refused', () => {
  for (const zone of [
    '',
    'Mars/Olympus',
    '+01:00',
    'america/los_angeles',
    'PST',
    'IST',
    'SystemV/PST8',
    'Asia/Kolkata ',
    'Asia/Kolkata\n',
    '../etc',
    'Europe',
  ]) {
    expect(accepts(timeZone, zone), zone).toBe(false);
  }
});

test('a dialing country is one of the 249 that ISO 3166 assigns, in capitals', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const taken = letters.flatMap((a) => letters.map((b) => a + b)).filter((country) => accepts(dialingCountry, country));
  expect(taken).toHaveLength(249);
  expect(taken).toEqual(expect.arrayContaining(['US', 'GB', 'DE', 'IN', 'ZW', 'AX', 'SS']));
});

test('reserved, withdrawn and private codes are not countries', () => {
  for (const country of ['UK', 'SU', 'YU', 'DD', 'EU', 'XK', 'ZZ', 'AN', 'us', 'USA', 'U', ''])
    expect(accepts(dialingCountry, country), country).toBe(false);
});

test('a customer has at most 50 tags, each named once, none blank or over 64 characters', () => {
  expect(accepts(tags, [])).toBe(true);
  expect(
    accepts(
      tags,
      Array.from({ length: 50 }, (_, n) => `tag ${n}`),
    ),
  ).toBe(true);
  expect(
    accepts(
      tags,
      Array.from({ length: 51 }, (_, n) => `tag ${n}`),
    ),
  ).toBe(false);
  for (const wrong of [['a', 'a'], [''], [' '], ['a'.repeat(65)], 'a', [1]])
    expect(accepts(tags, wrong), JSON.stringify(wrong)).toBe(false);
});

test('a name has 1 to 200 characters, and so has an external reference', () => {
  for (const schema of [name, externalRef]) {
    expect(['', 'a', 'a'.repeat(200), 'a'.repeat(201)].map((value) => accepts(schema, value))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  }
});
