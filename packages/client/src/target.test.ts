import { expect, it } from 'vitest';
import { pathOf, queryText, readAddress } from './target.ts';

it('names in a path and a query are encoded, lists are repeated, what is absent is left out', () => {
  expect(pathOf`/v1/customers/${'ref:a/b?c#d'}/x`).toBe('/v1/customers/ref%3Aa%2Fb%3Fc%23d/x');
  expect(queryText({ after: 0, all: false, type: ['a', 'b&c'], cursor: undefined, map: [] })).toBe(
    '?after=0&all=false&type=a&type=b%26c',
  );
  expect(queryText({})).toBe('');
});

it('an address may have a path of its own', () => {
  expect(readAddress('https://example.com/qvara/')).toBe('https://example.com/qvara');
  expect(readAddress('http://127.0.0.1:4000')).toBe('http://127.0.0.1:4000');
});

it.each(['example.com', 'ftp://example.com', 'http://user:pass@example.com', 'http://example.com/?a=1', '/x'])(
  '%s cannot be used, and is not told back',
  (url) => {
    const reading = () => readAddress(url);
    expect(reading).toThrow(TypeError);
    expect(reading).not.toThrow(url);
  },
);
