import type { Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import type { Announce } from '@qvara/store/commit';
import { createNudger } from '@qvara/store/nudges';
import type { Ledger } from '@qvara/store/orm';
import { ringDue } from '@qvara/store/sweep';
import { createDueTimes } from './due-times.ts';

type AnnouncerTools = {
  readonly ledger: Ledger;
  readonly producer: Pick<Producer, 'ring'>;
  readonly logger: Pick<Logger, 'warn'>;
};

/** Passes on the news of commits: bells to the queues, numbers to readers of the log, waits to a timer. */
export function createAnnouncer({ ledger, producer, logger }: AnnouncerTools): {
  announce: Announce;
  close(): Promise<void>;
} {
  const nudger = createNudger(ledger);
  const ringing = new Set<Promise<void>>();
  const warn = (error: unknown) => logger.warn({ err: error }, 'bells could not be rung; the sweep rings them');

  function track(work: Promise<void>): void {
    const tracked = work.catch(warn).finally(() => ringing.delete(tracked));
    ringing.add(tracked);
  }

  const dueTimes = createDueTimes(() => track(ringDue(ledger, announce)));

  function announce({ bells, lastEvent, dueInMs }: Parameters<Announce>[0]): void {
    if (bells.length > 0) track(producer.ring(bells));
    if (lastEvent > 0) nudger.nudge(lastEvent);
    dueTimes.add(dueInMs);
  }

  return {
    announce,
    async close() {
      dueTimes.close();
      await Promise.all(ringing);
      await nudger.settled();
    },
  };
}
