import { setTimeout as delay } from 'node:timers/promises';

const STOP_MS = 1_000;

/** Something that is done again and again. */
export type Loop = {
  start(): void;
  /** Begins nothing more; waits for what is under way, a second at most. */
  stop(): Promise<void>;
};

type LoopPlan = {
  readonly everyMs: number;
  /** Done in their order, each round, until the signal says that no more is to begin. */
  readonly acts: readonly ((stopped: AbortSignal) => Promise<unknown>)[];
  /** Hears of an act that failed; the others are done all the same, and the next round comes. */
  readonly onError: (error: unknown) => void;
};

/** Does its acts at once and then about every so many milliseconds: workers that started together drift apart. */
export function createLoop({ everyMs, acts, onError }: LoopPlan): Loop {
  const stopped = new AbortController();
  let looping: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    for (const act of acts) if (!stopped.signal.aborted) await act(stopped.signal).catch(onError);
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await round();
      const pauseMs = everyMs * (0.9 + Math.random() * 0.2);
      await delay(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  return {
    start() {
      looping = loop();
    },
    async stop() {
      stopped.abort();
      await Promise.race([looping, delay(STOP_MS, undefined, { ref: false })]);
    },
  };
}
