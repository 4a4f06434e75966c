import { setTimeout as delay } from 'node:timers/promises';
import type { Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import type { Announce } from '@qvara/store/commit';
import type { Ledger } from '@qvara/store/orm';
import { findUnclaimed, forgetSilent, freeRested, releaseSilent, renewBells, ringDue } from '@qvara/store/sweep';

const EVERY_MS = 5_000;
/** A worker that holds claims and has been silent for so long has lost them. */
const LEASE_MS = 6_000;
/** A bell this old that nobody has claimed is looked for in its queue. */
const UNCLAIMED_MS = 10_000;
/** After so long also one that a worker took: it may wait there to run alone, or the worker is gone. */
const TAKEN_MS = 60_000;
const STOP_MS = 1_000;

export type Rescue = {
  start(): void;
  /** Begins nothing more; waits for what is under way, a second at most. */
  stop(): Promise<void>;
};

type RescueTools = {
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly producer: Pick<Producer, 'findLostBells' | 'ring'>;
  readonly logger: Pick<Logger, 'warn'>;
};

/**
 * Looks every five seconds for what fell out of hand: jobs of silent workers, bells that were lost or never rung,
 * quarantines that are over. Every worker runs one; several at once take different jobs.
 */
export function createRescue({ ledger, announce, producer, logger }: RescueTools): Rescue {
  const stopped = new AbortController();
  let looping: Promise<void> = Promise.resolve();

  async function takeFromSilent(): Promise<void> {
    const released = await releaseSilent(ledger, announce, LEASE_MS);
    if (released > 0) logger.warn({ jobs: released }, 'jobs were taken from silent workers');
  }

  async function findLost(): Promise<void> {
    const unclaimed = await findUnclaimed(ledger, UNCLAIMED_MS);
    if (unclaimed.length === 0) return;
    const long = await findUnclaimed(ledger, TAKEN_MS);
    const lost = [
      ...(await producer.findLostBells(unclaimed)),
      ...(await producer.findLostBells(long, { taken: true })),
    ];
    const bells = await renewBells(ledger, [...new Map(lost.map((bell) => [bell.jobId, bell])).values()]);
    if (bells.length > 0) logger.warn({ bells: bells.length }, 'bells were lost and rung again');
    announce({ bells, lastEvent: 0, dueInMs: [] });
  }

  async function look(): Promise<void> {
    const acts = [
      takeFromSilent,
      () => ringDue(ledger, announce),
      () => freeRested(ledger, announce),
      findLost,
      () => forgetSilent(ledger),
    ];
    for (const act of acts) if (!stopped.signal.aborted) await act();
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await look().catch((error: unknown) =>
        logger.warn({ err: error }, 'a look for lost work failed; the next one comes'),
      );
      // Workers that started together drift apart.
      const pauseMs = EVERY_MS * (0.9 + Math.random() * 0.2);
      await delay(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  return {
    start() {
      looping = loop();
    },
    async stop() {
      stopped.abort();
      await Promise.race([looping, delay(STOP_MS, undefined, { ref: false })]);
    },
  };
}
