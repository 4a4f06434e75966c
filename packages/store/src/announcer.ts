import type { Announce, News } from './commit.ts';
import { createNudger } from './nudges.ts';
import type { Ledger } from './orm.ts';

export type Announcer = {
  readonly announce: Announce;
  /** Fulfils when every bell under way is rung, or has failed, and every nudge is sent. */
  settled(): Promise<void>;
};

type Ways = {
  readonly ring: (bells: News['bells']) => Promise<void>;
  /** Told of bells that could not be rung: the sweep rings them later. */
  readonly onError: (error: unknown) => void;
  /** Told in how many milliseconds jobs are due. */
  readonly onDue?: (dueInMs: readonly number[]) => void;
};

/** Passes on the news of commits without making anybody wait: bells to the queues, numbers to readers of the log. */
export function createAnnouncer(ledger: Ledger, { ring, onError, onDue }: Ways): Announcer {
  const nudger = createNudger(ledger);
  const ringing = new Set<Promise<void>>();
  return {
    announce({ bells, lastEvent, ended, dueInMs }) {
      nudger.nudge(lastEvent, ended);
      if (dueInMs.length > 0) onDue?.(dueInMs);
      if (bells.length === 0) return;
      const rung = ring(bells)
        .catch(onError)
        .finally(() => ringing.delete(rung));
      ringing.add(rung);
    },
    async settled() {
      await Promise.all(ringing);
      await nudger.settled();
    },
  };
}
