import { expect, it } from 'vitest';
import { duration, jsonLine, money, shown, visible } from './text.ts';

it('what commands a terminal is made visible, wherever it comes from', () => {
  const red = '\u001b[31mred\u001b[0m\r\nnext\u0007\u009b1A\u2028';
  expect(visible(red)).toBe('\\u001b[31mred\\u001b[0m\\u000d\\u000anext\\u0007\\u009b1A\\u2028');
  expect(visible('Åsa 🦷 歯科')).toBe('Åsa 🦷 歯科');
  expect(shown(['a\u001b', 'b'])).toBe('a\\u001b, b');
  const line = jsonLine({ red, name: 'Åsa' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there.
  expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
  expect(JSON.parse(line)).toEqual({ red, name: 'Åsa' });
});

it('values are shown as people read them', () => {
  expect([null, undefined, '', 0, true, false, ['a', 'b'], { a: 1 }].map(shown)).toEqual([
    ...['', '', '', '0', 'yes', 'no', 'a, b', '{"a":1}'],
  ]);
});

it('money is shown in its own digits', () => {
  const fee = { code: 'x', setting: 'x', amountMinor: 1500, per: 'month' } as const;
  expect(money({ ...fee, currency: 'USD' })).toBe('15.00 USD per month');
  expect(money({ ...fee, currency: 'JPY' })).toBe('1500 JPY per month');
  expect(money({ ...fee, currency: 'KWD' })).toBe('1.500 KWD per month');
});

it('a time is told in its two greatest units', () => {
  expect([0, 59.4, 61, 3_600, 90_000].map(duration)).toEqual(['0 s', '59 s', '1 min 1 s', '1 h 0 min', '25 h 0 min']);
});
