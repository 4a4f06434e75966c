import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText } from './plain-text.ts';

test('NULs and lone surrogates are taken out, pairs stay', () => {
  expect(plainText('a\0b\ud800c\udc00d\u{1f600}\0')).toBe('abcd\u{1f600}');
});

test('text is bounded and never cut inside a pair', () => {
  expect(plainText('x'.repeat(2000))).toHaveLength(1000);
  expect(plainText(`${'x'.repeat(9)}\u{1f600}`, 10)).toBe('x'.repeat(9));
});

const pieces = fc.constantFrom('\0', '\ud800', '\udfff', '\ud83d\ude00', '\ude00\ud83d', '\x1b[2J', '\u2028', 'x');
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(pieces, { maxLength: 60 }).map((some) => some.join('')),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
);
const bounds = fc.integer({ min: 0, max: 70 });

test('whatever goes in, what comes out is bounded, and both PostgreSQL and UTF-8 can hold it', () => {
  fc.assert(
    fc.property(texts, bounds, (text, maximum) => {
      const plain = plainText(text, maximum);
      expect(plain.isWellFormed()).toBe(true);
      expect(plain).not.toContain('\0');
      expect(plain.length).toBeLessThanOrEqual(maximum);
      expect(plainText(plain, maximum)).toBe(plain);
    }),
    { numRuns: 2_000 },
  );
});

test('of a text that can be held nothing is lost within the bound, and nothing is ever added', () => {
  fc.assert(
    fc.property(texts, bounds, (text, maximum) => {
      const kept = [...text].filter((character) => character !== '\0' && character.isWellFormed());
      const plain = [...plainText(text, maximum)];
      expect(plain).toEqual(kept.slice(0, plain.length));
      const next = kept[plain.length];
      if (next !== undefined) expect(plain.join('').length + next.length).toBeGreaterThan(maximum);
    }),
    { numRuns: 2_000 },
  );
});
