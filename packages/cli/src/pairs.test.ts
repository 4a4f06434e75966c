import { expect, it } from 'vitest';
import { columnOfField, valueOfField } from './pairs.ts';

it('a column may hold equals signs, and so may a value', () => {
  expect(columnOfField('Size (=seats)=tags', columnOfField('Name=name'))).toEqual({
    name: 'Name',
    tags: 'Size (=seats)',
  });
  expect(valueOfField('name=a=b', valueOfField('timeZone=UTC'))).toEqual({ timeZone: 'UTC', name: 'a=b' });
});

it.each(['', 'name', '=name', 'Name='])('%j names no column and its field', (text) => {
  expect(() => columnOfField(text)).toThrow(/column=field/);
  expect(() => valueOfField(text)).toThrow(/field=value/);
});

it('a field is named once', () => {
  expect(() => columnOfField('B=name', columnOfField('A=name'))).toThrow(/named twice/);
  expect(() => valueOfField('name=b', valueOfField('name=a'))).toThrow(/named twice/);
});
