type Turn = { readonly alone: boolean; readonly enter: () => void };

/** Lets many in together, or one alone, in the order in which they came. */
export type Turnstile = {
  together<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
};

/** Makes a turnstile with nobody inside. */
export function createTurnstile(): Turnstile {
  const waiting: Turn[] = [];
  let inside = 0;
  let someoneAlone = false;

  function admit(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (someoneAlone || (next.alone && inside > 0)) return;
      waiting.shift();
      inside += 1;
      someoneAlone = next.alone;
      next.enter();
    }
  }

  async function pass<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ alone, enter: resolve });
    admit();
    await promise;
    try {
      return await work();
    } finally {
      inside -= 1;
      if (alone) someoneAlone = false;
      admit();
    }
  }

  return { together: (work) => pass(false, work), alone: (work) => pass(true, work) };
}
