import { QUEUE_NAMES, type QueueName } from '@qvara/contracts/jobs';
import type { Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import type { Announce } from '@qvara/store/commit';
import { learnTimes } from '@qvara/store/job-times';
import { tellLate } from '@qvara/store/late-jobs';
import type { Ledger } from '@qvara/store/orm';
import { applyPauses } from '@qvara/store/queue-pauses';
import {
  BELLS_AT_ONCE,
  findUnclaimed,
  freeRested,
  releaseSilent,
  renewBells,
  ringDue,
  type UnclaimedBell,
} from '@qvara/store/sweep';
import { createLoop, type Loop } from './loop.ts';

const EVERY_MS = 5_000;
/** A worker that holds claims and has been silent for so long has lost them. */
const LEASE_MS = 6_000;
/** A bell this old that nobody has claimed is looked for in its queue. */
const UNCLAIMED_MS = 10_000;
/** After so long also one that a worker took: it may wait there to run alone, or the worker is gone. */
const TAKEN_MS = 60_000;
/** Workers that look more often, together, need not learn more often. */
const LEARNT_MS = 4_000;
/** Pages of late jobs that one look tells of at most. */
const LATE_PAGES = 10;
/** For so long each look goes on through a queue's bells though none of them is lost. */
const LOOK_MS = 250;

type RescueTools = {
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly producer: Pick<Producer, 'findLostBells' | 'ring' | 'setPaused'>;
  readonly logger: Pick<Logger, 'warn'>;
};

/**
 * Looks every five seconds for what fell out of hand: jobs of silent workers, bells that were lost or never rung,
 * quarantines that are over, queues whose pause was lost; and for jobs that are late. Every worker runs one; several at
 * once take different jobs.
 */
export function createRescue({ ledger, announce, producer, logger }: RescueTools): Loop {
  async function takeFromSilent(): Promise<void> {
    const released = await releaseSilent(ledger, announce, LEASE_MS);
    if (released > 0) logger.warn({ jobs: released }, 'jobs were taken from silent workers');
  }

  async function tellOfLate(stopped: AbortSignal): Promise<void> {
    let jobs = 0;
    for (let page = 0; page < LATE_PAGES && !stopped.aborted; page += 1) {
      const told = await tellLate(ledger, announce);
      if (told === 0) break;
      jobs += told;
    }
    if (jobs > 0) logger.warn({ jobs }, 'jobs take longer than others of their kind');
  }

  const onError = (error: unknown) => logger.warn({ err: error }, 'a look for lost work failed; the next one comes');
  // Where the next look goes on, if the last one did not come to the end of the queue's bells.
  const places = new Map<QueueName, UnclaimedBell | undefined>();

  /** Answers how many of the next page were lost, and are rung again; undefined after the last page. */
  async function findPageOfLost(queue: QueueName): Promise<number | undefined> {
    const page = await findUnclaimed(ledger, { queue, olderThanMs: UNCLAIMED_MS, after: places.get(queue) });
    const { long = [], short = [] } = Object.groupBy(page, ({ ageMs }) => (ageMs < TAKEN_MS ? 'short' : 'long'));
    const lost = [...(await producer.findLostBells(short)), ...(await producer.findLostBells(long, { taken: true }))];
    const bells = await renewBells(ledger, lost);
    const isLast = page.length < BELLS_AT_ONCE;
    places.set(queue, isLast ? undefined : page.at(-1));
    if (bells.length > 0) {
      logger.warn({ bells: bells.length }, 'bells were lost and rung again');
      await producer.ring(bells);
    }
    return isLast ? undefined : bells.length;
  }

  /** Goes on at once while pages have lost bells: a queue that was wiped has lost more than a page. */
  async function findLost(queue: QueueName, stopped: AbortSignal): Promise<void> {
    const until = performance.now() + LOOK_MS;
    while (!stopped.aborted) {
      const lost = await findPageOfLost(queue);
      if (lost === undefined || (lost === 0 && performance.now() > until)) return;
    }
  }

  return createLoop({
    everyMs: EVERY_MS,
    acts: [
      takeFromSilent,
      () => ringDue(ledger, announce),
      () => freeRested(ledger, announce),
      () => applyPauses(ledger, producer.setPaused),
      (stopped) => Promise.all(QUEUE_NAMES.map((queue) => findLost(queue, stopped).catch(onError))),
      () => learnTimes(ledger, LEARNT_MS),
      tellOfLate,
    ],
    onError,
  });
}
