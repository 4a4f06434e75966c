import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { constantTimeEqual, randomDigits, randomToken, sealer, sha256 } from './crypto.ts';

describe('secrets at rest', () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)] as const;

  test('what is sealed opens again, and looks different every time', () => {
    const { seal, open } = sealer([fresh]);
    const sealed = seal('pin 1234 \u{1f600}', 'cus_1');
    expect(open(sealed, 'cus_1')).toBe('pin 1234 \u{1f600}');
    expect(sealed).not.toContain('1234');
    expect(seal('pin 1234 \u{1f600}', 'cus_1')).not.toBe(sealed);
    expect(open(seal('', 'x'), 'x')).toBe('');
  });

  test('the first key encrypts, every key decrypts', () => {
    const sealed = sealer([old]).seal('text', 'x');
    const both = sealer([fresh, old]);
    expect(both.open(sealed, 'x')).toBe('text');
    expect(sealer([fresh]).open(both.seal('text', 'x'), 'x')).toBe('text');
    expect(() => sealer([fresh]).open(sealed, 'x')).toThrow('not configured');
  });

  test('a secret does not open in another context, changed, or cut', () => {
    const { seal, open } = sealer([fresh]);
    const sealed = seal('text', 'cus_1');
    const last = sealed.at(-2) === 'A' ? 'B' : 'A';
    expect(() => open(sealed, 'cus_2')).toThrow('cannot be opened');
    expect(() => open(sealed.slice(0, -2) + last + sealed.slice(-1), 'cus_1')).toThrow('cannot be opened');
    expect(() => open(sealed.slice(0, 20), 'cus_1')).toThrow('cannot be opened');
    expect(() => open('nonsense', 'cus_1')).toThrow('not configured');
  });

  test('keys of another length, and none at all, are refused', () => {
    expect(() => sealer([randomBytes(16)])).toThrow('32 bytes');
    expect(() => sealer([])).toThrow('At least one');
  });
});

test('comparing is right for equal, different and differently long texts', () => {
  expect([constantTimeEqual('a', 'a'), constantTimeEqual('a', 'b'), constantTimeEqual('a', 'aa')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a hash is SHA-256 in hexadecimal', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('tokens and digits have their length and their alphabet', () => {
  expect(randomToken(32)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(randomDigits(6)).toMatch(/^[0-9]{6}$/);
  const counts = Map.groupBy(randomDigits(10_000), (digit) => digit);
  expect(counts.size).toBe(10);
  for (const digits of counts.values()) expect(Math.abs(digits.length - 1000)).toBeLessThan(250);
});
