import type { Logger } from '@qvara/runtime/logger';
import { forgetOldKeys } from '@qvara/store/accept-keys';
import { forgetDelivered } from '@qvara/store/deliveries';
import { keepEventPartitions } from '@qvara/store/event-partitions';
import { forgetBrokenOff } from '@qvara/store/import-receiving';
import type { Ledger } from '@qvara/store/orm';
import { forgetSilent } from '@qvara/store/sweep';
import { createLoop, type Loop } from './loop.ts';

const EVERY_MS = 10 * 60_000;

type Kept = { readonly eventDays: number };

/**
 * Clears away what nobody needs any more, and makes room for events to come, every ten minutes. Every worker runs one;
 * several at once clear different rows.
 */
export function createHousekeeping(ledger: Ledger, { eventDays }: Kept, logger: Pick<Logger, 'info' | 'warn'>): Loop {
  async function keepEvents(): Promise<void> {
    const { made, dropped } = await keepEventPartitions(ledger, eventDays);
    if (made.length + dropped.length > 0) logger.info({ made, dropped }, 'partitions of the event log were changed');
  }

  /** Some at a time, until there are no more. */
  function forgetAll(forgetSome: (ledger: Ledger) => Promise<boolean>) {
    return async (stopped: AbortSignal) => {
      while (!stopped.aborted && (await forgetSome(ledger)));
    };
  }

  return createLoop({
    everyMs: EVERY_MS,
    acts: [keepEvents, () => forgetSilent(ledger), ...[forgetOldKeys, forgetDelivered, forgetBrokenOff].map(forgetAll)],
    onError: (error) => logger.warn({ err: error }, 'clearing away failed; the next round tries again'),
  });
}
