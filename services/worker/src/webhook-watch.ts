import type { Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import { type Listener, listenForNudges } from '@qvara/store/nudges';
import type { Ledger } from '@qvara/store/orm';
import { hasWebhooks, ringWebhooks } from '@qvara/store/webhook-runs';

const LOOK_MS = 5_000;
/** News come in bursts: of all that come within so long one look is enough. */
const APART_MS = 50;

/** Rings for webhooks when something has happened or is due. */
export type WebhookWatch = {
  start(): void;
  /** There is something to do for a webhook in so many milliseconds. */
  dueIn(ms: number): void;
  stop(): Promise<void>;
};

type Means = {
  readonly ledger: Ledger;
  readonly databaseUrl: string;
  readonly producer: Pick<Producer, 'ring'>;
  readonly logger: Pick<Logger, 'warn'>;
};

/** Watches over webhooks: woken by the event log, correct without it, and all but idle while there are none. */
export function createWebhookWatch({ ledger, databaseUrl, producer, logger }: Means): WebhookWatch {
  let any = false;
  let stopped = false;
  let looking: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let regular: NodeJS.Timeout | null = null;
  let listener: Listener | null = null;
  let lookAtMs = Number.POSITIVE_INFINITY;

  async function look(): Promise<void> {
    try {
      const bells = await ringWebhooks(ledger);
      if (bells.length > 0) await producer.ring(bells);
    } catch (error) {
      logger.warn({ err: error }, 'webhooks could not be rung; the next look rings them');
    }
  }

  /** Looks so many milliseconds from now, or earlier if that is wanted already. */
  function lookIn(ms: number): void {
    const atMs = performance.now() + Math.max(ms, APART_MS);
    if (stopped || atMs >= lookAtMs) return;
    lookAtMs = atMs;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      lookAtMs = Number.POSITIVE_INFINITY;
      looking = look();
    }, ms);
  }

  async function lookRegularly(): Promise<void> {
    any = await hasWebhooks(ledger).catch(() => any);
    if (any) await look();
    if (!stopped) regular = setTimeout(() => void lookRegularly(), LOOK_MS);
  }

  return {
    start() {
      listener = listenForNudges(databaseUrl, () => {
        if (any) lookIn(APART_MS);
      });
      void lookRegularly();
    },
    dueIn(ms) {
      // What is due later is found by the regular look.
      if (ms < LOOK_MS) lookIn(ms);
    },
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      if (regular !== null) clearTimeout(regular);
      await listener?.close();
      await looking;
    },
  };
}
