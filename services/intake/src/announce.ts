import type { Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import type { Announce } from '@qvara/store/commit';
import type { createNudger } from '@qvara/store/nudges';

type Means = {
  readonly producer: Pick<Producer, 'ring'>;
  readonly nudger: ReturnType<typeof createNudger>;
  readonly logger: Pick<Logger, 'warn'>;
};

export type Announcer = {
  readonly announce: Announce;
  /** Resolves when every bell under way is rung, or has failed, and every nudge is sent. */
  settled(): Promise<void>;
};

/** Spreads the news of commits without making anyone wait. A bell that cannot be rung is rung by rescue, later. */
export function createAnnouncer({ producer, nudger, logger }: Means): Announcer {
  const ringing = new Set<Promise<void>>();
  return {
    announce({ bells, lastEvent }) {
      if (lastEvent > 0) nudger.nudge(lastEvent);
      if (bells.length === 0) return;
      const ring = producer
        .ring(bells)
        .catch((error: unknown) =>
          logger.warn({ err: error, bells: bells.length }, 'bells could not be rung; rescue will'),
        )
        .finally(() => ringing.delete(ring));
      ringing.add(ring);
    },
    async settled() {
      await Promise.all([...ringing]);
      await nudger.settled();
    },
  };
}
