import { SUSPECT } from '@qvara/domain/webhook';
import type { Poster } from '@qvara/outbound/post';
import type { Due } from '@qvara/store/dispatch';
import type { TryAnswer } from '@qvara/store/record-answers';
import { type Address, tryDelivery } from './deliver.ts';

const AT_ONCE = 16;

export type WebhookTools = {
  readonly poster: Poster;
  readonly record: (answer: TryAnswer) => Promise<boolean>;
  readonly count: (result: string, latencyMs: number) => void;
};
export type WebhookCase = {
  readonly id: string;
  readonly claimNo: number;
  readonly address: Address;
  readonly signal: AbortSignal;
  /** When others have their turn, by `performance.now()`: nothing is begun any more. */
  readonly untilMs: number;
};

/** How a batch of deliveries went. */
export type BatchOutcome = {
  /** Failures since the last success, those before the batch included. */
  readonly failures: number;
  readonly succeeded: boolean;
  /** For so long the webhook asks to be sent nothing. */
  readonly waitMs: number;
  /** Why the webhook wants, or gets, nothing any more. */
  readonly disabled: string | null;
  /** Somebody else has the webhook now. */
  readonly lost: boolean;
};

/**
 * Delivers what is due: lanes beside each other, each lane in its order and no further than its first failure. A webhook
 * that is suspected to be down gets one try alone. Throws when what came of a try cannot be written.
 */
export async function deliverBatch(
  { poster, record, count }: WebhookTools,
  { id, claimNo, address, signal, untilMs }: WebhookCase,
  { due, failuresBefore }: { readonly due: readonly Due[]; readonly failuresBefore: number },
): Promise<BatchOutcome> {
  let failures = failuresBefore;
  let [succeeded, lost, waitMs] = [false, false, 0];
  let [disabled, broken]: [string | null, { error: unknown } | null] = [null, null];
  const probing = failuresBefore >= SUSPECT;
  const records: Promise<void>[] = [];
  const lanes = [...Map.groupBy(due, ({ lane, replay }) => `${replay} ${lane}`).values()];
  const isUnwanted = () => disabled !== null || waitMs > 0 || (failures >= SUSPECT && !probing);
  const isOver = () => signal.aborted || lost || broken !== null || isUnwanted() || performance.now() >= untilMs;

  /** Whoever walks a lane is waited for, whatever the others meet. */
  function breakOff(error: unknown): void {
    broken ??= { error };
  }

  async function attempt(one: Due): Promise<boolean> {
    const tried = await tryDelivery(poster, address, { due: one, signal });
    if (tried === null) return false;
    const { attempt, result, gone } = tried;
    const ok = result === 'delivered';
    // What is no longer kept says nothing of the webhook.
    if (one.event !== null) failures = ok ? 0 : failures + 1;
    succeeded ||= ok;
    waitMs = Math.max(waitMs, tried.waitMs);
    if (gone) disabled = 'it answered 410 Gone';
    count(typeof result === 'string' ? result : 'failed try', attempt.latencyMs);
    const written = record({ webhookId: id, claimNo, deliveryId: one.id, attempt, result }).then((mine) => {
      lost ||= !mine;
    }, breakOff);
    records.push(written);
    // A success is written with those of others; the next of the lane need not wait for that.
    if (!ok) await written;
    return ok || one.event === null;
  }

  async function walk(): Promise<void> {
    for (let lane = lanes.shift(); lane !== undefined && !isOver(); lane = lanes.shift()) {
      for (const one of lane) if (isOver() || !(await attempt(one)) || (probing && failures > 0)) break;
      if (probing && failures > 0) return;
    }
  }

  await Promise.all(Array.from({ length: probing ? 1 : AT_ONCE }, () => walk().catch(breakOff)));
  await Promise.all(records);
  if (broken !== null) throw (broken as { error: unknown }).error;
  return { failures, succeeded, waitMs, disabled, lost };
}
