import type { Logger } from '@qvara/runtime/logger';
import { forgetOldKeys } from '@qvara/store/accept-keys';
import type { Ledger } from '@qvara/store/orm';
import { forgetSilent } from '@qvara/store/sweep';
import { createLoop, type Loop } from './loop.ts';

const EVERY_MS = 10 * 60_000;

/** Clears away what nobody needs any more, every ten minutes. Every worker runs one; several at once clear different rows. */
export function createHousekeeping(ledger: Ledger, logger: Pick<Logger, 'warn'>): Loop {
  async function forgetKeys(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && (await forgetOldKeys(ledger)));
  }

  return createLoop({
    everyMs: EVERY_MS,
    acts: [() => forgetSilent(ledger), forgetKeys],
    onError: (error) => logger.warn({ err: error }, 'clearing away failed; the next round tries again'),
  });
}
