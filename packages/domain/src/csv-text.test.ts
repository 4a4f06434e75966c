import { describe, expect, it } from 'vitest';
import { csvRow, firstCells, harmless, separatorOf } from './csv-text.ts';

describe('a row of CSV', () => {
  it('quotes what has to be quoted', () => {
    expect(csvRow(['a', 'b,c', 'say "x"', 'two\nlines', ' blank', '', 'd;e'])).toBe(
      'a,"b,c","say ""x""","two\nlines"," blank",,d;e',
    );
    expect(csvRow(['a;b', 'c,d'], ';')).toBe('"a;b";c,d');
  });

  it('is cut behind a cell as it was sent', () => {
    expect(firstCells('a,"b,""c""",d,e', 2, ',')).toBe('a,"b,""c"""');
    expect(firstCells('a, "b,c",d', 2, ',')).toBe('a, "b');
    expect(firstCells('a,b"x,c', 2, ',')).toBe('a,b"x');
    expect(firstCells('"two\r\nlines";x;7', 2, ';')).toBe('"two\r\nlines";x');
    expect(firstCells('a,b', 5, ',')).toBe('a,b');
  });

  it.each([
    ['a,b;c,d', ','],
    ['a;b;c,d', ';'],
    ['a\tb\tc,d', '\t'],
    ['"a;b;c",d', ','],
    ['alone', ','],
  ])('of the header %j is separated by %j', (header, separator) => {
    expect(separatorOf(header)).toBe(separator);
  });

  it('holds no formula in what we add', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) expect(harmless(text)).toBe(`'${text}`);
    expect(harmless('name: =1+1')).toBe('name: =1+1');
  });
});
