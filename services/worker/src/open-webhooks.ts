import { createPoster } from '@qvara/outbound/post';
import { createConsumer } from '@qvara/queue/consumer';
import { sealer } from '@qvara/runtime/crypto';
import type { Logger } from '@qvara/runtime/logger';
import type { Metrics } from '@qvara/runtime/metrics';
import type { WorkerConfig } from './config.ts';
import { TIME_LIMIT_MS } from './deliver.ts';
import type { openMeans } from './means.ts';
import { createWebhookWatch } from './webhook-watch.ts';
import { createWebhookHandler } from './webhooks.ts';

/** Webhooks that one worker attends at the same time: more than one client has, since none of them may ever answer. */
const AT_ONCE = 64;

type Means = Pick<Awaited<ReturnType<typeof openMeans>>, 'ledger' | 'backend' | 'producer' | 'announcer' | 'onError'>;
type Witness = { readonly metrics: Metrics; readonly logger: Pick<Logger, 'error' | 'warn'> };

/** All that a worker has for webhooks: who rings for them, who attends them, and the way out. */
export function openWebhooks(config: WorkerConfig, means: Means, { metrics, logger }: Witness) {
  const { ledger, backend, producer, onError } = means;
  const poster = createPoster({ allow: config.WEBHOOK_ALLOW, timeoutMs: TIME_LIMIT_MS });
  const watch = createWebhookWatch({ ledger, producer, logger, databaseUrl: config.DATABASE_URL });
  const handle = createWebhookHandler({
    ledger,
    announce: means.announcer.announce,
    sealer: sealer(config.SECRET_KEY),
    poster,
    metrics,
    logger,
    released: watch.released,
  });
  const consumer = createConsumer({ backend, queue: 'webhooks', concurrency: AT_ONCE, handle, onError });
  return {
    start(): void {
      void consumer.start();
      watch.start();
    },
    /** Breaks off what is being sent and gives its webhooks back, within so many milliseconds. */
    async stop(deadlineMs: number): Promise<void> {
      await Promise.all([watch.stop(), consumer.close(deadlineMs)]);
    },
    close: () => poster.close(),
  };
}
