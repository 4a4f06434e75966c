import fc from 'fast-check';
import { expect, test } from 'vitest';
import { code, line, reference, text } from './text.ts';

type Schema = ReturnType<typeof text>;
const accepts = (schema: Schema, value: unknown) => schema.safeParse(value).success;
const units = fc.string({ unit: 'binary', maxLength: 12 });
const loose = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes));
const anything = fc.oneof(units, loose, fc.string());

test('text never holds U+0000', () => {
  fc.assert(fc.property(anything, anything, (a, b) => !accepts(text(0, 100), `${a}\0${b}`)));
});

test('text never holds half of a surrogate pair, and may hold whole ones', () => {
  for (const half of ['\ud800', '\udfff', 'a\ud83d', '\ude00\ud83d']) expect(accepts(text(0, 100), half)).toBe(false);
  expect(accepts(text(0, 100), 'a 😀')).toBe(true);
});

test('what text accepts can be encoded as UTF-8 and read back', () => {
  fc.assert(
    fc.property(anything, (value) => {
      if (accepts(text(0, 100), value))
        expect(new TextDecoder().decode(new TextEncoder().encode(`.${value}`))).toBe(`.${value}`);
    }),
  );
});

test('text is as long as it may be, in characters', () => {
  expect([0, 1, 5, 6].map((length) => accepts(text(1, 5), 'a'.repeat(length)))).toEqual([false, true, true, false]);
  expect([5, 6].map((length) => accepts(text(1, 5), '😀'.repeat(length)))).toEqual([true, false]);
});

test('a line holds no control character', () => {
  for (let unit = 0; unit < 0xa0; unit++) {
    const control = unit < 0x20 || unit >= 0x7f;
    expect(accepts(line(100), `a${String.fromCharCode(unit)}b`), unit.toString(16)).toBe(!control);
  }
});

test('a line is not blank, whatever kind of blank it is', () => {
  for (const blank of ['', ' ', '   ', '\u00a0', '\u2003\u3000', '\ufeff', '\u2028'])
    expect(accepts(line(100), blank), JSON.stringify(blank)).toBe(false);
  expect(accepts(line(100), ' a ')).toBe(true);
});

test('a line is kept as it was sent', () => {
  fc.assert(
    fc.property(anything, (value) => {
      const parsed = line(100).safeParse(value);
      if (parsed.success) expect(parsed.data).toBe(value);
    }),
  );
});

test('a reference has no blank at its ends', () => {
  for (const value of [' crm-42', 'crm-42 ', '\u00a0crm-42']) expect(accepts(reference(100), value)).toBe(false);
  for (const value of ['crm-42', 'crm 42', 'ref:42/ä']) expect(accepts(reference(100), value)).toBe(true);
});

test('a code is kebab-case, of at most 64 characters', () => {
  for (const value of ['hosted-pbx', 'a', '90', 'fax-sms-only', 'a'.repeat(64)])
    expect(accepts(code, value), value).toBe(true);
  for (const value of ['', 'Hosted-pbx', '-a', 'a-', 'a--b', 'a_b', 'a b', 'é', 'a\n', 'a'.repeat(65)])
    expect(accepts(code, value), value).toBe(false);
});
