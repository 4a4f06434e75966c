import type { Claim } from '@qvara/store/claim';
import type { AdvanceAnswer, AdvanceItem } from '@qvara/store/run-write';
import type { ClaimedRun } from './claimed-run.ts';

type Tools = {
  readonly run: ClaimedRun;
  readonly write: (item: AdvanceItem) => Promise<AdvanceAnswer>;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
  /** The last row of an import that ran here has come to its end, or its wait. */
  readonly onQuiet: (importId: string) => void;
};

/** The rows of imports that run in this worker, beside each other. */
export type RowRuns = {
  readonly size: number;
  /** Runs a row's job that was claimed. */
  start(importId: string, claim: Claim): void;
  /** Fulfils when so many at most are running, or the worker stops. */
  below(most: number): Promise<void>;
  /** Fulfils when none is running. */
  settled(): Promise<void>;
};

export function createRowRuns({ run, write, signal, onQuiet }: Tools): RowRuns {
  const running = new Set<Promise<void>>();
  const counts = new Map<string, number>();
  const waiting = new Set<() => void>();
  signal.addEventListener('abort', wake, { once: true });

  function wake(): void {
    for (const goOn of waiting) goOn();
    waiting.clear();
  }

  function count(importId: string, by: number): number {
    const now = (counts.get(importId) ?? 0) + by;
    if (now === 0) counts.delete(importId);
    else counts.set(importId, now);
    return now;
  }

  return {
    get size() {
      return running.size;
    },
    start(importId, claim) {
      count(importId, 1);
      // Whatever it ends by is written, told and logged where it happens.
      const one: Promise<void> = run(claim, { write, signal })
        .then(
          () => undefined,
          () => undefined,
        )
        .then(() => {
          running.delete(one);
          if (count(importId, -1) === 0) onQuiet(importId);
          wake();
        });
      running.add(one);
    },
    async below(most) {
      while (running.size > most && !signal.aborted) {
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
    async settled() {
      await Promise.all(running);
    },
  };
}
