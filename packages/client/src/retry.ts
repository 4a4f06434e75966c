export type RetryPolicy = {
  /** Tries of one call, the first included. */
  readonly attempts: number;
  /** Capped exponential backoff between tries, in milliseconds; full jitter is applied to it. */
  readonly baseMs: number;
  readonly capMs: number;
  /** A service that wants to be left alone for longer than this is not asked again. */
  readonly longestWaitMs: number;
};

/** Outlasts the restart of an intake. */
export const RETRY_POLICY: RetryPolicy = { attempts: 8, baseMs: 200, capMs: 5_000, longestWaitMs: 60_000 };

/** Answers of which another try may think better; of a conflict when it says after how long. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
const CONFLICT = 409;

export type FailedTry = {
  /** Which try it was, from 1. */
  readonly attempt: number;
  /** Null when there was no answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
};

/** How long to wait before the next try; null when there is to be none. `chance` is from 0 to 1. */
export function waitBeforeRetry(failed: FailedTry, policy: RetryPolicy, chance: number): number | null {
  const { attempt, status, retryAfterMs } = failed;
  if (attempt >= policy.attempts) return null;
  const passes = status === null || TRANSIENT.has(status) || (status === CONFLICT && retryAfterMs !== null);
  if (!passes) return null;
  const asked = retryAfterMs ?? 0;
  return asked > policy.longestWaitMs ? null : asked + backoffMs(attempt, policy, chance);
}

/** The backoff after so many tries in a row have failed. */
export function backoffMs(attempt: number, { baseMs, capMs }: RetryPolicy, chance: number): number {
  return Math.round(chance * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}

/** What a Retry-After header asks for, in milliseconds from now; null without one that can be read. */
export function readRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^[0-9]{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
