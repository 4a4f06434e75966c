import { ANSWER_MS, type DeliveryAttempt, RETRY_SCHEDULE_MS } from '@qvara/contracts/webhooks';
import type { Poster } from '@qvara/outbound/post';
import { signatureHeaders } from '@qvara/outbound/sign';
import type { Due } from '@qvara/store/dispatch';
import type { TryAnswer } from '@qvara/store/record-answers';

export const TIME_LIMIT_MS = ANSWER_MS;
const LONGEST_WAIT_MS = 24 * 60 * 60_000;
const JITTER = 0.1;
const GONE = 410;

/** What a webhook's owner wants to have sent where, and signed by which secrets. */
export type Address = { readonly url: string; readonly secrets: readonly string[] };

/** A try: what is kept of it, what becomes of the delivery, and whether the webhook wants nothing any more. */
export type Tried = Pick<TryAnswer, 'attempt' | 'result'> & { readonly gone: boolean };

/** Tries one delivery. Null when it was broken off on our side: then it did not happen. */
export async function tryDelivery(
  poster: Poster,
  { url, secrets }: Address,
  { due, signal }: { readonly due: Due; readonly signal: AbortSignal },
): Promise<Tried | null> {
  const at = new Date();
  if (due.event === null) {
    const attempt = { ...nothing(at), error: 'The event was no longer kept when its turn came.' };
    return { attempt, result: 'failed', gone: false };
  }
  const body = JSON.stringify(due.event);
  const headers = {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'Qvara-Webhooks/1',
    ...signatureHeaders(secrets, { id: due.event.id, body, at }),
    ...(due.replay && { 'qvara-replay': 'true' }),
  };
  const answer = await poster.post({ url, headers, body, signal });
  if (answer.outcome === 'aborted') return null;
  const { latencyMs } = answer;
  if (answer.outcome !== 'answered') {
    const attempt = { ...nothing(at), latencyMs, error: answer.detail };
    return { attempt, result: resultOf(due, null), gone: false };
  }
  const { status } = answer;
  const attempt: DeliveryAttempt = { ...nothing(at), latencyMs, status, body: answer.body };
  if (status >= 200 && status < 300) return { attempt, result: 'delivered', gone: false };
  return { attempt, result: resultOf(due, answer.retryAfterMs), gone: status === GONE };
}

function nothing(at: Date): DeliveryAttempt {
  return { at: at.toISOString(), status: null, body: null, error: null, latencyMs: 0 };
}

/** When a delivery that failed is tried again: by the schedule, and not before its receiver wishes. */
function resultOf({ tries }: Due, retryAfterMs: number | null): TryAnswer['result'] {
  const scheduledMs = RETRY_SCHEDULE_MS[tries];
  if (scheduledMs === undefined) return 'failed';
  const wishedMs = Math.min(retryAfterMs ?? 0, LONGEST_WAIT_MS);
  return { againInMs: Math.max(scheduledMs * (1 + (Math.random() - 0.5) * JITTER), wishedMs) };
}
