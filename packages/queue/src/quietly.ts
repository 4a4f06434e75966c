const AGAIN_AFTER_MS = 5000;
const REMEMBERED = 100;

/** Passes an error on, but the same message at most every five seconds: a lost server fails hundreds of times a second. */
export function quietly(onError: (error: Error) => void): { say(error: Error): void; mute(): void } {
  const saidAt = new Map<string, number>();
  let muted = false;
  return {
    say(error) {
      const now = Date.now();
      if (muted || now - (saidAt.get(error.message) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) return;
      if (saidAt.size >= REMEMBERED) saidAt.clear();
      saidAt.set(error.message, now);
      onError(error);
    },
    mute() {
      muted = true;
    },
  };
}
