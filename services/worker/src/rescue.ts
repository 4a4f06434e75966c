import type { Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import type { Announce } from '@qvara/store/commit';
import type { Ledger } from '@qvara/store/orm';
import { applyPauses } from '@qvara/store/queue-pauses';
import { BELLS_AT_ONCE, findUnclaimed, freeRested, releaseSilent, renewBells, ringDue } from '@qvara/store/sweep';
import { createLoop, type Loop } from './loop.ts';

const EVERY_MS = 5_000;
/** A worker that holds claims and has been silent for so long has lost them. */
const LEASE_MS = 6_000;
/** A bell this old that nobody has claimed is looked for in its queue. */
const UNCLAIMED_MS = 10_000;
/** After so long also one that a worker took: it may wait there to run alone, or the worker is gone. */
const TAKEN_MS = 60_000;

type RescueTools = {
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly producer: Pick<Producer, 'findLostBells' | 'ring' | 'setPaused'>;
  readonly logger: Pick<Logger, 'warn'>;
};

/**
 * Looks every five seconds for what fell out of hand: jobs of silent workers, bells that were lost or never rung,
 * quarantines that are over, queues whose pause was lost. Every worker runs one; several at once take different jobs.
 */
export function createRescue({ ledger, announce, producer, logger }: RescueTools): Loop {
  async function takeFromSilent(): Promise<void> {
    const released = await releaseSilent(ledger, announce, LEASE_MS);
    if (released > 0) logger.warn({ jobs: released }, 'jobs were taken from silent workers');
  }

  async function findPageOfLost(): Promise<number> {
    const unclaimed = await findUnclaimed(ledger, UNCLAIMED_MS);
    if (unclaimed.length === 0) return 0;
    const long = await findUnclaimed(ledger, TAKEN_MS);
    const lost = [
      ...(await producer.findLostBells(unclaimed)),
      ...(await producer.findLostBells(long, { taken: true })),
    ];
    const bells = await renewBells(ledger, [...new Map(lost.map((bell) => [bell.jobId, bell])).values()]);
    if (bells.length > 0) logger.warn({ bells: bells.length }, 'bells were lost and rung again');
    announce({ bells, lastEvent: 0, dueInMs: [] });
    return bells.length;
  }

  /** Goes on at once while all of a page is lost: a queue that was wiped has lost more than a page. */
  async function findLost(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && (await findPageOfLost()) === BELLS_AT_ONCE);
  }

  return createLoop({
    everyMs: EVERY_MS,
    acts: [
      takeFromSilent,
      () => ringDue(ledger, announce),
      () => freeRested(ledger, announce),
      () => applyPauses(ledger, producer.setPaused),
      findLost,
    ],
    onError: (error) => logger.warn({ err: error }, 'a look for lost work failed; the next one comes'),
  });
}
