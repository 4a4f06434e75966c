import type { Poster } from '@qvara/outbound/post';
import type { BellData } from '@qvara/queue/backend';
import type { BellAnswer, Handle } from '@qvara/queue/consumer';
import type { Sealer } from '@qvara/runtime/crypto';
import type { Logger } from '@qvara/runtime/logger';
import type { Metrics } from '@qvara/runtime/metrics';
import { coalesce } from '@qvara/store/coalesce';
import type { Announce } from '@qvara/store/commit';
import { dispatch, findDue } from '@qvara/store/dispatch';
import type { Ledger } from '@qvara/store/orm';
import { recordAnswersVerb, recordHealth } from '@qvara/store/record-answers';
import { claimWebhook, disableWebhook, releaseWebhook } from '@qvara/store/webhook-runs';
import { deliverBatch, givenUp, type WebhookTools } from './webhook-run.ts';

/** How long one webhook is attended before the others have their turn. */
const SLICE_MS = 5_000;
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15];

type Means = {
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly sealer: Sealer;
  readonly poster: Poster;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  /** Hears in how many milliseconds there is something to do for a webhook. */
  readonly dueIn: (ms: number) => void;
};

type Claimed = NonNullable<Awaited<ReturnType<typeof claimWebhook>>>;

/** Answers bells of webhooks: makes deliveries of what happened, and sends them. */
export function createWebhookHandler({ ledger, announce, sealer, poster, metrics, logger, dueIn }: Means): Handle {
  const deliveries = metrics.counter({
    name: 'qvara_webhook_tries_total',
    help: 'Tries of webhook deliveries, by what became of them',
    labels: ['result'],
  });
  const latency = metrics.histogram({
    name: 'qvara_webhook_latency_seconds',
    help: 'How long webhooks took to answer',
    labels: [],
    buckets: BUCKETS,
  });
  const tools: WebhookTools = {
    poster,
    record: coalesce(recordAnswersVerb(ledger)),
    count(result, latencyMs) {
      deliveries.inc({ result });
      latency.observe({}, latencyMs / 1_000);
    },
  };

  function secretsOf({ id, secret, oldSecret, oldSecretUntil }: Claimed): string[] {
    const both = oldSecret !== null && oldSecretUntil !== null && Date.parse(oldSecretUntil) > Date.now();
    return [secret, ...(both ? [oldSecret] : [])].map((sealed) => sealer.open(sealed, id));
  }

  async function disable(claimed: Claimed, reason: string): Promise<void> {
    const lastEvent = await disableWebhook(ledger, { ...claimed, reason });
    logger.warn({ webhookId: claimed.id, reason }, 'a webhook was disabled');
    announce({ bells: [], lastEvent, ended: false, dueInMs: [] });
  }

  /** Answers whether the webhook is still this worker's. */
  async function attend(claimed: Claimed, signal: AbortSignal): Promise<boolean> {
    const { id, claimNo } = claimed;
    const address = { url: claimed.url, secrets: secretsOf(claimed) };
    const untilMs = performance.now() + SLICE_MS;
    let { position, failures } = claimed;
    while (!signal.aborted && performance.now() < untilMs) {
      const dispatched = await dispatch(ledger, { ...claimed, position });
      position = dispatched.position;
      const due = await findDue(ledger, claimed);
      if (due.length === 0 && !dispatched.more) return true;
      const outcome = await deliverBatch(tools, { id, claimNo, address, signal }, { due, failuresBefore: failures });
      if (outcome.lost) return false;
      const changed = outcome.failures !== failures || outcome.pauseMs > 0;
      failures = outcome.failures;
      const failingMs = changed ? await recordHealth(ledger, { id, claimNo, ...outcome }) : 0;
      const reason = outcome.disabled ?? givenUp(failingMs);
      if (reason !== null) {
        await disable(claimed, reason);
        return false;
      }
      if (outcome.pauseMs > 0) return true;
    }
    return true;
  }

  async function answer({ jobId: id, bellNo }: BellData, signal: AbortSignal): Promise<BellAnswer> {
    const claimed = await claimWebhook(ledger, { id, bellNo });
    if (claimed === null) return { outcome: 'stale' };
    let mine = true;
    try {
      mine = await attend(claimed, signal);
    } finally {
      // Whatever happened: who comes next finds it free, and by what is due.
      const ms = mine ? await releaseWebhook(ledger, claimed) : null;
      if (ms !== null) dueIn(Math.max(0, ms));
    }
    return { outcome: signal.aborted ? 'interrupted' : 'done' };
  }

  return async (bell, signal) => {
    try {
      return await answer(bell, signal);
    } catch (error) {
      logger.error({ err: error, webhookId: bell.jobId }, 'a webhook could not be attended; it is tried again');
      return { outcome: 'wait' };
    }
  };
}
