import type { Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import { type Listener, listenForNudges } from '@qvara/store/nudges';
import type { Ledger } from '@qvara/store/orm';
import { hasWebhooks, ringWebhooks } from '@qvara/store/webhook-runs';
import { createDueTimes } from './due-times.ts';

const LOOK_MS = 5_000;
/** News come in bursts: of all that come within so long one look is enough. */
const APART_MS = 50;
/** Where there are so many webhooks that a look takes long, looks are rarer: they take a small part of the time. */
const APART_OF_LOOK = 10;

/** Rings for webhooks when something has happened or is due. */
export type WebhookWatch = {
  start(): void;
  /** A webhook is free again; there is something to do for it in so many milliseconds, if that is known. */
  released(dueInMs: number | null): void;
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
  let heard = false;
  let apartMs = APART_MS;
  let looking: Promise<void> = Promise.resolve();
  let regular: NodeJS.Timeout | null = null;
  let listener: Listener | null = null;
  const dueTimes = createDueTimes(look);

  async function look(): Promise<void> {
    heard = false;
    const startedMs = performance.now();
    try {
      const bells = await ringWebhooks(ledger);
      if (bells.length > 0) await producer.ring(bells);
    } catch (error) {
      logger.warn({ err: error }, 'webhooks could not be rung; the next look rings them');
    }
    apartMs = Math.min(Math.max(APART_MS, (performance.now() - startedMs) * APART_OF_LOOK), LOOK_MS);
  }

  function lookSoon(): void {
    if (heard) return;
    heard = true;
    dueTimes.add([apartMs]);
  }

  async function lookRegularly(): Promise<void> {
    any = await hasWebhooks(ledger).catch(() => any);
    if (any) await look();
    if (stopped) return;
    regular = setTimeout(() => {
      looking = lookRegularly();
    }, LOOK_MS);
  }

  return {
    start() {
      listener = listenForNudges(databaseUrl, () => {
        if (any) lookSoon();
      });
      looking = lookRegularly();
    },
    released(dueInMs) {
      if (dueInMs !== null) dueTimes.add([Math.max(0, dueInMs)]);
      // Nobody was rung for what happened while it was not free.
      lookSoon();
    },
    async stop() {
      stopped = true;
      if (regular !== null) clearTimeout(regular);
      await listener?.close();
      await Promise.all([looking, dueTimes.close()]);
    },
  };
}
