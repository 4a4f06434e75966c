import { ANSWER_MS, type DeliveryAttempt } from '@qvara/contracts/webhooks';
import { nextTryMs } from '@qvara/domain/webhook';
import type { Poster } from '@qvara/outbound/post';
import { eventHeaders } from '@qvara/outbound/sign';
import type { Due } from '@qvara/store/dispatch';
import type { TryAnswer } from '@qvara/store/record-answers';

export const TIME_LIMIT_MS = ANSWER_MS;
const GONE = 410;
const WELL = { gone: false, waitMs: 0 } as const;

const ASK_TO_WAIT: ReadonlySet<number> = new Set([429, 503]);

/** What a webhook's owner wants to have sent where, and signed by which secrets; at what time, by the ledger's clock. */
export type Address = { readonly url: string; readonly secrets: readonly string[]; readonly clock: () => Date };

/** A try: what is kept of it and what becomes of the delivery. */
export type Tried = Pick<TryAnswer, 'attempt' | 'result'> & {
  /** Whether the webhook wants nothing any more. */
  readonly gone: boolean;
  /** How long it wants nothing: too much, or too early, concerns whatever else would be sent. */
  readonly waitMs: number;
};

/** Tries one delivery. Null when it was broken off on our side: then it did not happen. */
export async function tryDelivery(
  poster: Poster,
  { url, secrets, clock }: Address,
  { due, signal }: { readonly due: Due; readonly signal: AbortSignal },
): Promise<Tried | null> {
  const at = clock();
  if (due.event === null) {
    const attempt = { ...nothing(at), error: 'The event was no longer kept when its turn came.' };
    return { attempt, result: 'failed', ...WELL };
  }
  const body = JSON.stringify(due.event);
  const headers = {
    ...eventHeaders(secrets, { id: due.event.id, body, at }),
    ...(due.replay && { 'qvara-replay': 'true' }),
  };
  const answer = await poster.post({ url, headers, body, signal });
  if (answer.outcome === 'aborted') return null;
  const { latencyMs } = answer;
  if (answer.outcome !== 'answered') {
    const attempt = { ...nothing(at), latencyMs, error: answer.detail };
    return { attempt, result: resultOf(due, null), ...WELL };
  }
  const { status, retryAfterMs } = answer;
  const attempt: DeliveryAttempt = { ...nothing(at), latencyMs, status, body: answer.body };
  if (status >= 200 && status < 300) return { attempt, result: 'delivered', ...WELL };
  const waitMs = ASK_TO_WAIT.has(status) ? (retryAfterMs ?? 0) : 0;
  return { attempt, result: resultOf(due, retryAfterMs), gone: status === GONE, waitMs };
}

function nothing(at: Date): DeliveryAttempt {
  return { at: at.toISOString(), status: null, body: null, error: null, latencyMs: 0 };
}

function resultOf({ tries }: Due, retryAfterMs: number | null): TryAnswer['result'] {
  const againInMs = nextTryMs({ tries, retryAfterMs }, Math.random());
  return againInMs === null ? 'failed' : { againInMs };
}
