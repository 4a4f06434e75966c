import { expect, test } from 'vitest';
import { plainText } from './plain-text.ts';

test('NULs and lone surrogates are taken out, pairs stay', () => {
  expect(plainText('a\0b\ud800c\udc00d\u{1f600}\0')).toBe('abcd\u{1f600}');
});

test('text is bounded and never cut inside a pair', () => {
  expect(plainText('x'.repeat(2000))).toHaveLength(1000);
  expect(plainText(`${'x'.repeat(9)}\u{1f600}`, 10)).toBe('x'.repeat(9));
});
