export type DueTimes = {
  add(dueInMs: readonly number[]): void;
  /** Rings no more; waits for the ring under way. */
  close(): Promise<void>;
};

/** Moments closer together than this are one. */
const GRAIN_MS = 25;
const FARTHEST_MS = 60_000;

/**
 * Calls `ring` when jobs that this process put to wait are due, so that nobody has to poll for them. Only a hint: what a
 * dead process knew is found by the sweep.
 */
export function createDueTimes(ring: () => Promise<void>): DueTimes {
  const moments = new Set<number>();
  let timer: NodeJS.Timeout | null = null;
  let armedFor = Number.POSITIVE_INFINITY;
  let closed = false;
  let ringing: Promise<unknown> = Promise.resolve();

  function arm(): void {
    if (closed || moments.size === 0) return;
    const first = Math.min(...moments);
    if (first >= armedFor) return;
    if (timer !== null) clearTimeout(timer);
    armedFor = first;
    timer = setTimeout(fire, Math.max(0, first - performance.now()));
  }

  function fire(): void {
    timer = null;
    armedFor = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (const moment of moments) if (moment <= now) moments.delete(moment);
    ringing = Promise.all([ringing, ring()]).then(() => undefined);
    arm();
  }

  return {
    add(dueInMs) {
      for (const ms of dueInMs) {
        if (ms > FARTHEST_MS) continue;
        moments.add(Math.ceil((performance.now() + ms) / GRAIN_MS) * GRAIN_MS);
      }
      arm();
    },
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      moments.clear();
      await ringing;
    },
  };
}
