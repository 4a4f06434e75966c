import { DISABLED_AFTER_MS, RETRY_SCHEDULE_MS } from '@qvara/contracts/webhooks';

/** After so many failures in a row one try at a time shows whether the webhook is back. */
export const SUSPECT = 5;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const JITTER = 0.1;

/**
 * For how long nothing is sent to a webhook after so many failures in a row: the longer, the longer it has been failing.
 * A moment in which much was sent costs no more than one in which little was.
 */
export function pauseOf(failures: number, failingMs: number): number {
  return failures < SUSPECT ? 0 : Math.min(Math.max(FIRST_PAUSE_MS, failingMs / 2), LONGEST_PAUSE_MS);
}

/** Why a webhook that fails for so long is given up; null while it is not. */
export function givenUp(failingMs: number): string | null {
  return failingMs >= DISABLED_AFTER_MS ? 'nothing but failures for five days' : null;
}

/** A try that failed: how many there were before it, and how long its receiver asked to be left alone. */
type FailedTry = { readonly tries: number; readonly retryAfterMs: number | null };

/**
 * In how many milliseconds a delivery that failed is tried again: by the schedule, and not before its receiver wishes; null
 * when it is given up. `chance` is a number in [0, 1).
 */
export function nextTryMs({ tries, retryAfterMs }: FailedTry, chance: number): number | null {
  const scheduledMs = RETRY_SCHEDULE_MS[tries];
  if (scheduledMs === undefined) return null;
  return Math.max(scheduledMs * (1 + (chance - 0.5) * JITTER), retryAfterMs ?? 0);
}

type Secrets = {
  readonly secret: string;
  readonly oldSecret: string | null;
  readonly oldSecretUntil: string | null;
};

/** The secrets that sign at a time: for a while after a rotation, the one before too. */
export function validSecrets({ secret, oldSecret, oldSecretUntil }: Secrets, now: Date): string[] {
  const both = oldSecret !== null && oldSecretUntil !== null && Date.parse(oldSecretUntil) > now.getTime();
  return both ? [secret, oldSecret] : [secret];
}
