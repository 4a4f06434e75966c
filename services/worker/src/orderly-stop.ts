import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@qvara/runtime/logger';

/** One act of a stop, and which part of the deadline it may take. */
export type StopAct = { readonly name: string; readonly share: number; readonly work: () => Promise<unknown> };

/**
 * Stops act by act within one deadline. An act that fails, or takes more than its share because a server is away, is
 * noted and left: what it would have done, rescue does. Never rejects.
 */
export async function stopInOrder(
  acts: readonly StopAct[],
  deadlineMs: number,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  for (const { name, share, work } of acts) {
    const late = delay(deadlineMs * share, 'late' as const, { ref: false });
    const outcome = await Promise.race([late, work().catch((error: unknown) => error)]);
    if (outcome === 'late') logger.warn({ act: name }, 'an act of the stop took too long and was left');
    else if (outcome instanceof Error) logger.warn({ act: name, err: outcome }, 'an act of the stop failed');
  }
}
