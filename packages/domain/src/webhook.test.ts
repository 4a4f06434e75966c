import { RETRY_SCHEDULE_MS } from '@qvara/contracts/webhooks';
import { expect, test } from 'vitest';
import { givenUp, nextTryMs, pauseOf, validSecrets } from './webhook.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

test('a moment in which everything failed costs five seconds; a webhook long gone is asked every five minutes', () => {
  expect(pauseOf(4, 10 * MINUTE_MS)).toBe(0);
  expect([5, 500].map((failures) => pauseOf(failures, 0))).toEqual([5_000, 5_000]);
  expect(pauseOf(6, MINUTE_MS)).toBe(30_000);
  expect(pauseOf(6, DAY_MS)).toBe(5 * MINUTE_MS);
});

test('after five days of nothing but failures a webhook is given up', () => {
  expect(givenUp(5 * DAY_MS - 1)).toBeNull();
  expect(givenUp(5 * DAY_MS)).toContain('five days');
});

test('what failed is tried again by the schedule, a twentieth more or less, not before its receiver wishes, and then no more', () => {
  for (const [tries, ms] of RETRY_SCHEDULE_MS.entries()) {
    expect(nextTryMs({ tries, retryAfterMs: null }, 0)).toBeCloseTo(ms * 0.95);
    expect(nextTryMs({ tries, retryAfterMs: null }, 0.5)).toBeCloseTo(ms);
  }
  expect(nextTryMs({ tries: 0, retryAfterMs: MINUTE_MS }, 0.5)).toBe(MINUTE_MS);
  expect(nextTryMs({ tries: RETRY_SCHEDULE_MS.length, retryAfterMs: null }, 0.5)).toBeNull();
});

test('for a while after a rotation both secrets sign, the new one first', () => {
  const rotated = { secret: 'new', oldSecret: 'old', oldSecretUntil: '2026-01-02T00:00:00Z' };
  expect(validSecrets(rotated, new Date('2026-01-01T23:59:59Z'))).toEqual(['new', 'old']);
  expect(validSecrets(rotated, new Date('2026-01-02T00:00:00Z'))).toEqual(['new']);
  expect(validSecrets({ secret: 'new', oldSecret: null, oldSecretUntil: null }, new Date())).toEqual(['new']);
});
