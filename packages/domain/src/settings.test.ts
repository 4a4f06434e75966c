import { SETTINGS, settings } from '@qvara/contracts/settings';
import { expect, test } from 'vitest';
import { defaultSettings, lacksEngine, mergeSettings } from './settings.ts';

test('the defaults are those of the settings list, complete, and valid', () => {
  const defaults = defaultSettings();
  expect(settings.parse(defaults)).toEqual(defaults);
  for (const { group, field, default: value } of Object.values(SETTINGS)) {
    expect(defaults[group][field as never]).toBe(value);
  }
  expect(Object.values(defaults).flatMap((group) => Object.keys(group))).toHaveLength(Object.keys(SETTINGS).length);
});

test('a change keeps what it does not name, and changes nobody else’s settings', () => {
  const before = defaultSettings();
  const after = mergeSettings(before, { retention: { sms: 365 } });
  expect(after).toEqual({ ...before, retention: { ...before.retention, sms: 365 } });
  expect(before).toEqual(defaultSettings());
  expect(mergeSettings(after, {})).toEqual(after);
});

test('sentiment analysis needs an engine', () => {
  const analysed = mergeSettings(defaultSettings(), { transcription: { sentimentAnalysis: true } });
  expect(lacksEngine(analysed)).toBe(true);
  expect(lacksEngine(mergeSettings(analysed, { transcription: { engine: 'standard' } }))).toBe(false);
  expect(lacksEngine(defaultSettings())).toBe(false);
});
