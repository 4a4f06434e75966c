import { describe, expect, it } from 'vitest';
import { correctCells, correctValues, placeOf, textOf } from './import-correction.ts';

const known = {
  type: 'customer.provision',
  columns: ['Company', 'Sector', '_note'],
  fields: ['name', 'industry', null],
} as const;

describe('a correction', () => {
  it('names columns as the file did, or by their field', () => {
    expect(
      ['Company', ' sector', 'industry', 'NAME', '_note', 'region', 'x'].map((name) => placeOf(known, name)),
    ).toEqual([0, 1, 1, 0, 2, -1, -1]);
  });

  it('replaces the cells that it names, and no other', () => {
    expect(correctCells(['ABC', 'dentl', ''], [[1, 'dental']])).toEqual(['ABC', 'dental', '']);
    expect(
      correctCells(
        ['', '', ''],
        [
          [0, ['a', 'b']],
          [1, null],
        ],
      ),
    ).toEqual(['a;b', '', '']);
  });

  it('replaces values of an object, takes away by an empty text, and adds', () => {
    const values = [
      ['name', 'ABC'],
      ['Industry', 'dentl'],
      ['region', 'west'],
    ] as const;
    expect(
      correctValues(values, [
        ['industry', 'dental'],
        ['region', ''],
        ['tags', ['a']],
        ['timeZone', null],
      ]),
    ).toEqual([
      ['name', 'ABC'],
      ['Industry', 'dental'],
      ['tags', ['a']],
      ['timeZone', null],
    ]);
  });

  it('tells every value as a cell', () => {
    expect([null, undefined, 5, true, 'x', ['a', 5], { a: 1 }].map(textOf)).toEqual([
      ...['', '', '5', 'true', 'x', 'a;5', '{"a":1}'],
    ]);
  });
});
