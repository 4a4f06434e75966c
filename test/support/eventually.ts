import { inspect } from 'node:util';

export type Eventually = {
  deadlineMs?: number;
  /** What is waited for, for the failure message; a function is asked at the deadline. */
  describe?: string | (() => string);
};

const longestPauseMs = 100;

/** Test files that run side by side slow each other: in their company everything is waited for so many times longer. */
const PATIENCE = Number(process.env.PATIENCE ?? 1);

/**
 * Waits until `condition` answers something truthy, and answers that. Throws with what it answered, or threw, last when
 * the deadline (default 10 s, times PATIENCE) is over. The only waiting in the tests.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { deadlineMs = 10_000, describe = 'the condition holds' }: Eventually = {},
): Promise<NonNullable<T>> {
  const patienceMs = deadlineMs * PATIENCE;
  const deadline = performance.now() + patienceMs;
  let seen: unknown;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    try {
      const answer = await condition();
      if (answer) return answer;
      seen = answer;
    } catch (error) {
      seen = error;
    }
    if (performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  const what = typeof describe === 'string' ? describe : describe();
  throw new Error(`Waited ${patienceMs} ms in vain until ${what}. Last seen: ${inspect(seen, { depth: 4 })}`);
}
