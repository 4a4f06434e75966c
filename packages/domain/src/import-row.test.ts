import { type ImportColumn, importColumns } from '@qvara/contracts/import-columns';
import { REFERENCE_SEED } from '@qvara/contracts/reference';
import { describe, expect, it } from 'vitest';
import { layOut } from './import-layout.ts';
import { codeNames, readCell, readRow, unreadableRow } from './import-row.ts';

const names = codeNames(REFERENCE_SEED);
const column = (field: string, type: Parameters<typeof importColumns>[0] = 'customer.provision') =>
  importColumns(type).find((one) => one.field === field) as ImportColumn;

describe('a cell', () => {
  it.each([
    ['name', '  ABC Dental ', 'ABC Dental'],
    ['name', 'Real Estate', 'Real Estate'],
    ['industry', 'Real Estate', 'real-estate'],
    ['industry', 'REAL_ESTATE', 'real-estate'],
    ['industry', 'real-estate', 'real-estate'],
    ['serviceType', 'Fax and SMS only', 'fax-sms-only'],
    ['industry', 'Whale Watching', 'whale-watching'],
    ['industry', 'Zahnärzte', 'Zahnärzte'],
    ['region', 'US West', 'us-west'],
    ['retention.voicemail', '180', 180],
    ['retention.voicemail', '90 days', 90],
    ['retention.voicemail', '1 Year', 365],
    ['retention.voicemail', 'long', 'long'],
    ['retention.voicemail', '1.5', '1.5'],
    ['transcription.sentimentAnalysis', 'Yes', true],
    ['transcription.sentimentAnalysis', 'TRUE', true],
    ['transcription.sentimentAnalysis', '1', true],
    ['transcription.sentimentAnalysis', 'no', false],
    ['transcription.sentimentAnalysis', 'False', false],
    ['transcription.sentimentAnalysis', '0', false],
    ['transcription.sentimentAnalysis', 'perhaps', 'perhaps'],
    ['tags', 'west; vip ;;', ['west', 'vip']],
    ['externalRef', '007', '007'],
    ['name', '   ', undefined],
    ['tags', '', undefined],
  ])('of %s that holds %j is %j', (field, cell, value) => {
    expect(readCell(column(field), cell, names)).toEqual(value);
  });

  it('of a choice is taken in any capitals', () => {
    expect(readCell(column('appliesTo', 'retention.update'), 'Retroactive', names)).toBe('retroactive');
  });

  it('that is no text is taken as it is', () => {
    for (const value of [null, 5, true, ['a'], { a: 1 }]) expect(readCell(column('name'), value, names)).toBe(value);
  });

  it('is not named by a label that two entries share', () => {
    const twin = { code: 'a', label: 'The same', active: true };
    const two = codeNames({ ...REFERENCE_SEED, industries: [twin, { ...twin, code: 'b' }] });
    expect(readCell(column('industry'), 'The same', two)).toBe('the-same');
  });
});

const layout = (header: string[], type: Parameters<typeof importColumns>[0] = 'customer.provision') =>
  layOut({ type, header, map: [], set: [] }).layout;

describe('a row', () => {
  it('becomes what would be posted as a job, with what is set for all', () => {
    const header = ['name', 'Industry', 'ref', '_note', 'Voicemail', 'Site name', 'tags'];
    const laid = layOut({
      type: 'customer.provision',
      header,
      map: [['externalRef', 'ref']],
      set: [['serviceType', 'Hosted PBX']],
    }).layout;
    expect(readRow(laid, ['ABC', 'Dental', 'crm-1', 'x', '180', 'Main', ''], names)).toEqual({
      fields: {
        payload: {
          serviceType: 'hosted-pbx',
          name: 'ABC',
          industry: 'dental',
          externalRef: 'crm-1',
          retention: { voicemail: 180 },
          site: { name: 'Main' },
        },
      },
      ref: 'crm-1',
    });
  });

  it('of a change names its customer beside the payload', () => {
    const laid = layout(['customer_ref', 'expected version', 'sms'], 'retention.update');
    expect(readRow(laid, ['crm-1', '3', '90'], names)).toEqual({
      fields: { customerRef: 'crm-1', expectedVersion: 3, payload: { sms: 90 } },
      ref: 'crm-1',
    });
    expect(readRow(layout(['customerId', 'reason'], 'customer.disconnect'), ['cus_1', 'gone'], names).ref).toBe(
      'cus_1',
    );
  });

  it('has no reference when that is too long to be one', () => {
    expect(readRow(layout(['externalRef']), ['x'.repeat(201)], names).ref).toBeNull();
    expect(readRow(layout(['externalRef']), [''], names)).toEqual({ fields: { payload: {} }, ref: null });
  });

  it('that is none keeps why', () => {
    expect(unreadableRow('has 2 cells')).toEqual({ fields: { unreadable: 'has 2 cells' }, ref: null });
  });
});
