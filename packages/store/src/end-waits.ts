/** Who waits for the ends of jobs. */
export type EndWaits = {
  readonly count: number;
  /** Waits for a job: `settled` resolves when it is settled, told to have ended, or when the signal aborts. */
  register(jobId: string, signal: AbortSignal): { settle(): void; readonly settled: Promise<void> };
  /** A job has ended. */
  tell(jobId: string): void;
};

export function createEndWaits(): EndWaits {
  const waiting = new Map<string, Set<() => void>>();
  return {
    get count() {
      return waiting.size;
    },
    register(jobId, signal) {
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
    },
    tell(jobId) {
      for (const wake of waiting.get(jobId) ?? []) wake();
    },
  };
}
