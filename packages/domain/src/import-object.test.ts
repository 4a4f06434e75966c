import { REFERENCE_SEED } from '@qvara/contracts/reference';
import { describe, expect, it } from 'vitest';
import { findColumn } from './import-layout.ts';
import { columnOfName, namedValues, type ObjectLayout, readValues } from './import-object.ts';
import { codeNames } from './import-row.ts';

const names = codeNames(REFERENCE_SEED);

function read(object: object, changes: Partial<ObjectLayout> = {}) {
  const layout = { type: 'customer.provision', map: [], constants: [], ...changes } as const;
  const values = namedValues(object).map(([name, value]) => [name, value, columnOfName(layout, name)] as const);
  return readValues(layout, values, names);
}

describe('an object', () => {
  it('may name fields by their path, nested, or as columns are named', () => {
    const payload = { name: 'ABC', retention: { sms: 30, voicemail: 90 }, tags: ['a', 'b'] };
    for (const object of [
      payload,
      { Name: 'ABC', SMS: 30, 'retention.voicemail': '90', tags: 'a;b' },
      { type: 'customer.provision', payload },
    ])
      expect(read(object).fields).toEqual({ payload });
  });

  it('keeps what fits no field in the payload, whatever its name', () => {
    const { fields } = read(JSON.parse('{"name":"A","nmae":"B","constructor":{"admin":true},"__proto__":1,"_note":2}'));
    expect(JSON.parse(JSON.stringify(fields))).toEqual({
      payload: { name: 'A', nmae: 'B', 'constructor.admin': true },
    });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('ignores what fits no field when names are mapped, and fields that were named otherwise', () => {
    const map = [['name', 'company']] as const;
    expect(read({ company: 'ABC', founded: 1990, name: 'other' }, { map }).fields).toEqual({
      payload: { name: 'ABC' },
    });
  });

  it('has what is set for all, and may not name that itself', () => {
    const constants = [[findColumn('customer.provision', 'industry'), 'Dental']] as never;
    expect(read({ name: 'A' }, { constants }).fields).toEqual({ payload: { industry: 'dental', name: 'A' } });
    expect(read({ industry: 'legal' }, { constants }).fields).toEqual({
      unreadable: 'the name "industry" fills industry, as "set" does',
    });
  });

  it('that fills a field twice is none', () => {
    expect(read({ name: 'A', Name: 'B' }).fields).toEqual({ unreadable: 'the name "Name" fills name, as "name" does' });
  });

  it('clears a field by null', () => {
    expect(read({ customerRef: 'crm-1', timeZone: null }, { type: 'customer.update' })).toEqual({
      fields: { customerRef: 'crm-1', payload: { timeZone: null } },
      ref: 'crm-1',
    });
  });
});
