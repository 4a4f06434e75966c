import type { Logger } from '@qvara/runtime/logger';
import { forgetOldKeys } from '@qvara/store/accept-keys';
import { keepEventPartitions } from '@qvara/store/event-partitions';
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

  async function forgetKeys(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && (await forgetOldKeys(ledger)));
  }

  return createLoop({
    everyMs: EVERY_MS,
    acts: [keepEvents, () => forgetSilent(ledger), forgetKeys],
    onError: (error) => logger.warn({ err: error }, 'clearing away failed; the next round tries again'),
  });
}
