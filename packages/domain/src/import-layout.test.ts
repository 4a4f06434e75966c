import { importColumns } from '@qvara/contracts/import-columns';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import { describe, expect, it } from 'vitest';
import { findColumn, type LayoutWish, layOut } from './import-layout.ts';

const NEEDED = ['name', 'serviceType', 'industry'];

function laid(header: string[], wish: Partial<LayoutWish> = {}) {
  const { layout, faults } = layOut({ type: 'customer.provision', header, map: [], set: [], ...wish });
  return { fields: layout.columns.map((column) => column?.field ?? null), faults, constants: layout.constants };
}

describe('a header', () => {
  it.each([
    ['Name', 'name'],
    ['service_type', 'serviceType'],
    ['Service Type', 'serviceType'],
    [' SERVICE-TYPE ', 'serviceType'],
    ['Voicemail', 'retention.voicemail'],
    ['retention.voicemail', 'retention.voicemail'],
    ['Retention Voicemail', 'retention.voicemail'],
    ['Voicemail messages', 'retention.voicemail'],
    ['Sentiment_Analysis', 'transcription.sentimentAnalysis'],
    ['Site name', 'site.name'],
    ['Customer name', 'name'],
  ])('may call a column %j: it is %s', (name, field) => {
    expect(findColumn('customer.provision', name)?.field).toBe(field);
  });

  it('may call every column of every type by its path', () => {
    for (const type of JOB_TYPES)
      for (const column of importColumns(type)) expect(findColumn(type, column.field)).toBe(column);
    expect(findColumn('retention.update', 'retention.fax')?.field).toBe('fax');
  });

  it('is read in any order; what begins with _ or has no name is ignored', () => {
    expect(laid(['industry', '_row', 'NAME', '', 'service type', '_error'])).toMatchObject({
      fields: ['industry', null, 'name', null, 'serviceType', null],
      faults: [],
    });
  });

  it('with a column that fits no field is refused by its name, with the nearest field', () => {
    const { faults } = laid([...NEEDED, 'Dialling Contry', 'revenue']);
    expect(faults).toMatchObject(
      [
        { place: 'column', name: 'Dialling Contry', code: 'unknown-column', remedy: /dialingCountry/ },
        { name: 'revenue', code: 'unknown-column', remedy: /map=<field>:revenue/ },
      ].map((fault) => ({ ...fault, remedy: expect.stringMatching(fault.remedy) })),
    );
  });

  it('with two columns for one field is refused', () => {
    const { faults } = laid([...NEEDED, 'Service Type']);
    expect(faults).toMatchObject([{ name: 'Service Type', code: 'given-twice' }]);
  });

  it('without a column that every row needs is refused', () => {
    expect(laid(['name']).faults).toMatchObject([
      { name: 'serviceType', code: 'missing-column' },
      { name: 'industry', code: 'missing-column' },
    ]);
    expect(laid(['voicemail'], { type: 'retention.update' }).faults).toMatchObject([
      { name: 'customerRef', code: 'missing-column' },
    ]);
    expect(laid(['customer_id', 'voicemail'], { type: 'retention.update' }).faults).toEqual([]);
  });
});

describe('what is said about columns', () => {
  it('maps them, and then ignores those that fit nothing', () => {
    const header = ['Company', 'sector', 'Founded', 'industry'];
    const { fields, faults, constants } = laid(header, {
      map: [
        ['name', 'company'],
        ['industry', 'sector'],
      ],
      set: [['service type', 'Hosted PBX']],
    });
    expect(faults).toEqual([]);
    expect(fields).toEqual(['name', 'industry', null, null]);
    expect(constants.map(([column, value]) => [column.field, value])).toEqual([['serviceType', 'Hosted PBX']]);
  });

  it('is refused where it names what is not there, or one thing twice', () => {
    const { faults } = laid(['Company', 'b', ...NEEDED.slice(1)], {
      map: [
        ['nam', 'Company'],
        ['name', 'Compny'],
        ['name', 'Company'],
        ['name', 'b'],
        ['region', 'Company'],
      ],
      set: [['name', 'x']],
    });
    expect(faults.map(({ place, name, code }) => [place, name, code])).toEqual([
      ['map', 'nam', 'unknown-field'],
      ['map', 'Compny', 'unknown-column'],
      ['map', 'name', 'given-twice'],
      ['map', 'Company', 'given-twice'],
      ['set', 'name', 'given-twice'],
    ]);
    expect(faults[1]?.remedy).toContain('Company');
  });

  it('does not let a constant stand beside a column of its field', () => {
    expect(laid(NEEDED, { set: [['industry', 'other']] }).faults).toMatchObject([
      { place: 'column', name: 'industry', code: 'given-twice' },
    ]);
  });
});
