import { expect, test } from 'vitest';
import { z } from 'zod';
import { retentionPayload, transcriptionPayload } from './jobs.ts';
import { REFERENCE_SEED } from './reference.ts';
import { SETTINGS, settings } from './settings.ts';

const entries = Object.entries(SETTINGS);
const fieldsOf = (group: string) =>
  entries.filter(([, setting]) => setting.group === group).map(([, { field }]) => field);

test('every entry of the settings list is in the schema of its group, and the schema holds nothing else', () => {
  const groups = new Set(entries.map(([, { group }]) => group));
  expect(Object.keys(settings.shape).toSorted()).toEqual([...groups].toSorted());
  for (const [group, schema] of Object.entries(settings.shape))
    expect(Object.keys(schema.shape)).toEqual(fieldsOf(group));
});

test('every entry can be changed by the job of its group', () => {
  const payloads = { retention: retentionPayload, transcription: transcriptionPayload };
  for (const [, { group, field, default: value }] of entries) {
    expect(payloads[group].safeParse({ [field]: value }).success, field).toBe(true);
  }
});

test('every entry is named by its group and field', () => {
  for (const [name, { group, field }] of entries) expect(name).toBe(`${group}.${field}`);
});

test('every default fits its own schema, and is in the reference list it comes from', () => {
  for (const [name, { schema, default: value, source }] of entries) {
    expect(schema.safeParse(value).success, name).toBe(true);
    if (source !== null)
      expect(
        REFERENCE_SEED[source].map(({ code }) => code),
        name,
      ).toContain(String(value));
  }
});

test('every fee a setting may incur is in the reference data, and every fee there is incurred by a setting', () => {
  const fees = entries.flatMap(([, { fee }]) => fee ?? []);
  expect(fees.toSorted()).toEqual(REFERENCE_SEED.fees.map(({ code }) => code).toSorted());
});

test('every field bears its label in the published schema', () => {
  for (const [group, schema] of Object.entries(settings.shape)) {
    const published = z.toJSONSchema(schema).properties ?? {};
    const labels = entries
      .filter(([, setting]) => setting.group === group)
      .map(([, { field, label }]) => [field, label]);
    expect(Object.entries(published).map(([field, value]) => [field, (value as { title?: string }).title])).toEqual(
      labels,
    );
  }
});

test('a period is a whole number of days, at least one', () => {
  for (const days of [0, -1, 1.5, Number.NaN, 36_501, '90', null])
    expect(retentionPayload.safeParse({ sms: days }).success).toBe(false);
});
