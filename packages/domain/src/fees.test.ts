import { feeLine } from '@qvara/contracts/job-answer';
import { REFERENCE_SEED } from '@qvara/contracts/reference';
import type { Settings } from '@qvara/contracts/settings';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { feesOf } from './fees.ts';
import { defaultSettings, mergeSettings } from './settings.ts';

const INCLUDED_DAYS = 90;
const days = fc.constantFrom(...REFERENCE_SEED['retention-choices'].map(({ code }) => Number(code)));
const settings: fc.Arbitrary<Settings> = fc.record({
  retention: fc.record({ fax: days, callRecording: days, voicemail: days, sms: days }),
  transcription: fc.record({ engine: fc.constantFrom('none', 'standard'), sentimentAnalysis: fc.boolean() }),
});
const namesOf = (before: Settings | null, after: Settings) =>
  feesOf(before, after, REFERENCE_SEED).map(({ setting }) => setting);

test('a new customer with every setting at its default incurs no fee', () => {
  expect(feesOf(null, defaultSettings(), REFERENCE_SEED)).toEqual([]);
});

test('a new customer pays for each period beyond the included days and for sentiment analysis, and for nothing else', () => {
  fc.assert(
    fc.property(settings, (after) => {
      const periods = Object.entries(after.retention).filter(([, value]) => value > INCLUDED_DAYS);
      const expected = periods.map(([field]) => `retention.${field}`);
      if (after.transcription.sentimentAnalysis) expected.push('transcription.sentimentAnalysis');
      expect(namesOf(null, after).toSorted()).toEqual(expected.toSorted());
    }),
  );
});

test('what stays as it is, is shortened or is switched off incurs nothing', () => {
  fc.assert(fc.property(settings, (same) => void expect(namesOf(same, same)).toEqual([])));
  const costly = mergeSettings(defaultSettings(), {
    retention: { fax: 2555 },
    transcription: { engine: 'standard', sentimentAnalysis: true },
  });
  expect(
    namesOf(costly, mergeSettings(costly, { retention: { fax: 365 }, transcription: { sentimentAnalysis: false } })),
  ).toEqual([]);
});

test('a change incurs a fee only for what was free before', () => {
  fc.assert(
    fc.property(settings, settings, (before, after) => {
      for (const [field, value] of Object.entries(after.retention)) {
        const raised = value > INCLUDED_DAYS && before.retention[field as 'fax'] <= INCLUDED_DAYS;
        expect(namesOf(before, after).includes(`retention.${field}` as 'retention.fax')).toBe(raised);
      }
    }),
  );
});

test('a fee line bears the amount and currency of the reference data', () => {
  const after = mergeSettings(defaultSettings(), { retention: { voicemail: 180 } });
  const [line] = feesOf(null, after, REFERENCE_SEED);
  expect(feeLine.parse(line)).toEqual({
    code: 'retention-voicemail',
    setting: 'retention.voicemail',
    amountMinor: 400,
    currency: 'USD',
    per: 'month',
  });
});

test('a fee that was switched off in the reference data is not incurred', () => {
  const after = mergeSettings(defaultSettings(), { retention: { voicemail: 180, sms: 180 } });
  const fees = REFERENCE_SEED.fees.map((fee) => ({ ...fee, active: fee.code !== 'retention-sms' }));
  expect(feesOf(null, after, { ...REFERENCE_SEED, fees }).map(({ code }) => code)).toEqual(['retention-voicemail']);
});
