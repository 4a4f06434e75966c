import { describe, expect, it } from 'vitest';
import { importColumns, importTemplate } from './import-columns.ts';
import { JOB_TYPES } from './jobs.ts';
import { SETTINGS } from './settings.ts';

const fieldsOf = (type: (typeof JOB_TYPES)[number]) => importColumns(type).map(({ field }) => field);
const columnOf = (type: (typeof JOB_TYPES)[number], field: string) =>
  importColumns(type).find((column) => column.field === field);

describe('the columns of an import', () => {
  it('are the fields that may be posted: every setting is among those of a new customer', () => {
    expect(fieldsOf('customer.provision')).toEqual([
      ...['name', 'serviceType', 'industry', 'externalRef', 'tags', 'timeZone', 'dialingCountry', 'region'],
      ...Object.keys(SETTINGS),
      'site.name',
    ]);
  });

  it('are there for every job type, and each names a customer who is there already', () => {
    for (const type of JOB_TYPES) {
      const names = ['customerId', 'customerRef', 'expectedVersion'];
      if (type === 'customer.provision') expect(fieldsOf(type)).not.toContain('customerId');
      else expect(fieldsOf(type).slice(0, 3), type).toEqual(names);
      expect(fieldsOf(type), type).not.toContain('externalId');
    }
  });

  it('say what is required, of which kind it is, and which values are allowed', () => {
    expect(
      importColumns('customer.provision')
        .filter(({ required }) => required)
        .map(({ field }) => field),
    ).toEqual(['name', 'serviceType', 'industry']);
    expect(columnOf('customer.suspend', 'reason')).toMatchObject({ required: true, kind: 'text' });
    expect(columnOf('customer.provision', 'name')).toMatchObject({ kind: 'text', list: null, example: 'ABC Dental' });
    expect(columnOf('customer.provision', 'industry')).toMatchObject({ kind: 'code', list: 'industries' });
    expect(columnOf('customer.provision', 'region')).toMatchObject({ kind: 'code', list: null });
    expect(columnOf('customer.provision', 'tags')).toMatchObject({ kind: 'list', example: 'west' });
    expect(columnOf('customer.provision', 'timeZone')).toMatchObject({ kind: 'text' });
    expect(columnOf('customer.provision', 'retention.sms')).toMatchObject({
      kind: 'number',
      label: 'SMS messages',
      list: 'retention-choices',
      path: ['payload', 'retention', 'sms'],
    });
    expect(columnOf('customer.provision', 'transcription.sentimentAnalysis')).toMatchObject({ kind: 'boolean' });
    expect(columnOf('retention.update', 'appliesTo')).toMatchObject({
      kind: 'choice',
      choices: ['prospective', 'retroactive'],
    });
    expect(columnOf('retention.update', 'customerRef')).toMatchObject({ path: ['customerRef'], required: false });
  });

  it('each have a label and a description', () => {
    for (const type of JOB_TYPES)
      for (const { label, description } of importColumns(type)) {
        expect(label).toMatch(/^[A-Z]/);
        expect(description).toMatch(/^[A-Z].*\.$/);
      }
  });

  it('make a template', () => {
    expect(importTemplate('porting-pin.generate')).toBe('customerId,customerRef,expectedVersion\r\n');
  });
});
