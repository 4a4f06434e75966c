import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '@qvara/contracts/failure';

/** The job is somebody else's now, or the process stops: the run ends without a word. */
export class RunOver extends Error {
  readonly why: 'stale' | 'interrupted';

  constructor(why: 'stale' | 'interrupted') {
    super(`the run is over: ${why}`);
    this.name = 'RunOver';
    this.why = why;
  }
}

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Asks the ledger again while it is away. Only for items that name themselves, so that asking twice cannot act twice.
 * Throws RunOver when the signal aborts first.
 */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pauseMs = SHORTEST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    if (signal.aborted) throw new RunOver('interrupted');
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'unavailable') throw error;
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
