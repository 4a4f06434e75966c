import { givenUp, pauseOf, validSecrets } from '@qvara/domain/webhook';
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
import { type ClaimedWebhook, claimWebhook, disableWebhook, releaseWebhook } from '@qvara/store/webhook-runs';
import type { Address } from './deliver.ts';
import { deliverBatch, type WebhookTools } from './webhook-run.ts';

/** How long one webhook is attended before the others have their turn. */
const SLICE_MS = 5_000;
/** One that cannot be attended, because its secret cannot be opened or too much of it waits, is left alone for so long. */
const REST_MS = 5_000;
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15];

type Means = {
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly sealer: Sealer;
  readonly poster: Poster;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  /** Hears that a webhook is free again, and in how many milliseconds there is something to do for it, if that is known. */
  readonly released: (dueInMs: number | null) => void;
};

/** Answers bells of webhooks: makes deliveries of what happened, and sends them. */
export function createWebhookHandler({ ledger, announce, sealer, poster, metrics, logger, released }: Means): Handle {
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

  function addressOf(claimed: ClaimedWebhook): Address {
    const { id, url, now } = claimed;
    const secrets = validSecrets(claimed, new Date(now)).map((sealed) => sealer.open(sealed, id));
    // Receivers refuse what was signed at another time than theirs: the clock of this machine may be wrong.
    const aheadMs = Date.now() - Date.parse(now);
    return { url, secrets, clock: () => new Date(Date.now() - aheadMs) };
  }

  async function disable(claimed: ClaimedWebhook, reason: string): Promise<void> {
    const lastEvent = await disableWebhook(ledger, { ...claimed, reason });
    logger.warn({ webhookId: claimed.id, reason }, 'a webhook was disabled');
    announce({ bells: [], lastEvent, ended: false, dueInMs: [] });
  }

  /** Answers how long the webhook is to be left alone; null when it is not this worker's any more. */
  async function attend(claimed: ClaimedWebhook, signal: AbortSignal): Promise<number | null> {
    const { id, claimNo } = claimed;
    const untilMs = performance.now() + SLICE_MS;
    const own = { id, claimNo, address: addressOf(claimed), signal, untilMs };
    let { position, failures } = claimed;
    while (!signal.aborted && performance.now() < untilMs) {
      const dispatched = await dispatch(ledger, { ...claimed, position });
      position = dispatched.position;
      const due = await findDue(ledger, claimed);
      if (due.length === 0 && !dispatched.more) return dispatched.full ? REST_MS : 0;
      const outcome = await deliverBatch(tools, own, { due, failuresBefore: failures });
      if (outcome.lost) return null;
      const changed = outcome.failures !== failures || (outcome.succeeded && outcome.failures > 0);
      failures = outcome.failures;
      const failingMs = changed ? await recordHealth(ledger, { id, claimNo, ...outcome }) : 0;
      const reason = outcome.disabled ?? givenUp(failingMs);
      if (reason !== null) {
        await disable(claimed, reason);
        return null;
      }
      const pauseMs = Math.max(outcome.waitMs, changed ? pauseOf(failures, failingMs) : 0);
      if (pauseMs > 0) return pauseMs;
    }
    return 0;
  }

  async function answer({ jobId: id, bellNo }: BellData, signal: AbortSignal): Promise<BellAnswer> {
    const claimed = await claimWebhook(ledger, { id, bellNo });
    if (claimed === null) return { outcome: 'stale' };
    let restMs: number | null = REST_MS;
    try {
      restMs = await attend(claimed, signal);
    } finally {
      // Whatever happened: who comes next finds it free, and by what is due.
      if (restMs !== null) released(await releaseWebhook(ledger, claimed, restMs));
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
