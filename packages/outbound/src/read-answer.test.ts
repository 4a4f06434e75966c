import { expect, test } from 'vitest';
import { readBody, readRetryAfter } from './read-answer.ts';

const NOW = Date.UTC(2026, 10, 5, 12, 0, 0);

test.each([
  ['0', 0],
  ['120', 120_000],
  ['999999999999', 86_400_000],
  ['Thu, 05 Nov 2026 12:00:30 GMT', 30_000],
  ['Thu, 05 Nov 2026 11:00:00 GMT', 0],
  ['Thu, 05 Nov 2099 11:00:00 GMT', 86_400_000],
  ['Thu, 99 Nov 2026 12:00:30 GMT', null],
  ['2026-11-05', null],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['', null],
])('Retry-After: %s is %s ms', (header, ms) => {
  expect(readRetryAfter({ 'retry-after': header }, NOW)).toBe(ms);
});

test('of several, or without one, there is an answer too', () => {
  expect(readRetryAfter({ 'retry-after': ['3', '9'] }, NOW)).toBe(3000);
  expect(readRetryAfter({}, NOW)).toBeNull();
});

test('what controls terminals, logs and databases is replaced', async () => {
  expect(await read('a\0b\x1b[31mc\u202ed\r\n\te\u0085')).toBe('a\ufffdb\ufffd[31mc\ufffdd\ufffd\n\te\ufffd');
});

test('a body of any bytes is well-formed text of 1 KiB at most', async () => {
  const text = await read(Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256));
  expect(text.isWellFormed()).toBe(true);
  expect(text.length).toBeLessThanOrEqual(1024);
});

test('a character that the limit cuts in two is left out', async () => {
  expect(await read(`${'a'.repeat(1023)}€`)).toBe('a'.repeat(1023));
  expect(await read(`${'a'.repeat(1021)}€b`)).toBe(`${'a'.repeat(1021)}€`);
});

function read(body: string | Uint8Array): Promise<string> {
  return readBody(
    (async function* () {
      for (const byte of Buffer.from(body)) yield Buffer.of(byte);
    })(),
  );
}
