import { describe, expect, it } from 'vitest';
import { backoffMs, RETRY_POLICY, readRetryAfter, waitBeforeRetry } from './retry.ts';

const failed = { attempt: 1, status: null, retryAfterMs: null };

describe('a call that failed', () => {
  it.each([null, 408, 429, 502, 503, 504])('is tried again after %s', (status) => {
    expect(waitBeforeRetry({ ...failed, status }, RETRY_POLICY, 1)).toBe(200);
  });

  it.each([400, 401, 403, 404, 409, 410, 422, 500])('is not tried again after %s', (status) => {
    expect(waitBeforeRetry({ ...failed, status }, RETRY_POLICY, 1)).toBeNull();
  });

  it('is tried again after a conflict that says when', () => {
    expect(waitBeforeRetry({ ...failed, status: 409, retryAfterMs: 3_000 }, RETRY_POLICY, 0)).toBe(3_000);
  });

  it('is tried as often as the policy says', () => {
    const { attempts } = RETRY_POLICY;
    expect(waitBeforeRetry({ ...failed, attempt: attempts - 1 }, RETRY_POLICY, 1)).not.toBeNull();
    expect(waitBeforeRetry({ ...failed, attempt: attempts }, RETRY_POLICY, 1)).toBeNull();
  });

  it('waits at least as long as it was asked to, and gives up when that is too long', () => {
    const asked = (retryAfterMs: number) => waitBeforeRetry({ ...failed, status: 429, retryAfterMs }, RETRY_POLICY, 0);
    expect(asked(7_000)).toBe(7_000);
    expect(asked(RETRY_POLICY.longestWaitMs)).toBe(RETRY_POLICY.longestWaitMs);
    expect(asked(RETRY_POLICY.longestWaitMs + 1)).toBeNull();
  });
});

it('backoff doubles up to its cap, and chance spreads it from nothing on', () => {
  const waits = Array.from({ length: 8 }, (_, n) => backoffMs(n + 1, RETRY_POLICY, 1));
  expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  expect(backoffMs(4, RETRY_POLICY, 0)).toBe(0);
  expect(backoffMs(4, RETRY_POLICY, 0.25)).toBe(400);
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  it.each([
    ['5', 5_000],
    [' 0 ', 0],
    ['Wed, 25 Nov 2026 12:00:30 GMT', 30_000],
    ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
    ['soon', null],
    [null, null],
  ])('%j is %j milliseconds', (header, waitMs) => {
    expect(readRetryAfter(header, now)).toBe(waitMs);
  });
});
