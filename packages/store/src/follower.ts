import { findEnded, lastEventNumber } from './event-log.ts';
import { type Listener, listenForNudges } from './nudges.ts';
import type { Ledger } from './orm.ts';

const LOOK_AGAIN_MS = 2_000;

/** Waits for the ends of jobs, by following the event log while anybody waits. One for each process. */
export type Follower = {
  /** Resolves when `ended` says so, when the job's end is told, or when the signal aborts. */
  waitForEnd(jobId: string, signal: AbortSignal, ended: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
};

/** Starts a follower. It asks the database nothing while nobody waits. */
export function createFollower(ledger: Ledger, databaseUrl: string): Follower {
  const waiting = new Map<string, Set<() => void>>();
  let position: number | null = null;
  let looking = false;
  let lookAgain = false;
  let timer: NodeJS.Timeout | null = null;
  const listener: Listener = listenForNudges(databaseUrl, () => void look());

  async function look(): Promise<void> {
    if (waiting.size === 0) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    do {
      lookAgain = false;
      await advance().catch(() => undefined);
    } while (lookAgain && waiting.size > 0);
    looking = false;
    schedule();
  }

  async function advance(): Promise<void> {
    if (position === null) return;
    const { last, jobIds, more } = await findEnded(ledger, position);
    lookAgain ||= more;
    position = last;
    for (const jobId of jobIds) for (const wake of waiting.get(jobId) ?? []) wake();
  }

  // A nudge can be lost with its connection: a look now and then does without it.
  function schedule(): void {
    if (timer !== null || waiting.size === 0) return;
    timer = setTimeout(() => {
      timer = null;
      void look();
    }, LOOK_AGAIN_MS);
  }

  function register(jobId: string, signal: AbortSignal) {
    const wakers = waiting.get(jobId) ?? new Set<() => void>();
    waiting.set(jobId, wakers);
    const { promise, resolve } = Promise.withResolvers<void>();
    function settle(): void {
      wakers.delete(settle);
      if (wakers.size === 0 && waiting.get(jobId) === wakers) waiting.delete(jobId);
      signal.removeEventListener('abort', settle);
      resolve();
    }
    wakers.add(settle);
    signal.addEventListener('abort', settle, { once: true });
    if (signal.aborted) settle();
    return { settle, settled: promise };
  }

  return {
    async waitForEnd(jobId, signal, ended) {
      // The place in the log is fixed before the job is looked at: an end after the look is found behind that place.
      const last = waiting.size === 0 ? await lastEventNumber(ledger) : null;
      // Who waits by now must not be carried past what it waits for.
      if (waiting.size === 0 && last !== null) position = last;
      const told = register(jobId, signal);
      await ended().then(
        (over) => over && told.settle(),
        (error: unknown) => {
          told.settle();
          throw error;
        },
      );
      void look();
      await told.settled;
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      await listener.close();
    },
  };
}
