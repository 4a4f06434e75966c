import { setTimeout as delay } from 'node:timers/promises';
import type { Caller } from './caller.ts';

/** Whoever follows the event log through all faults. */
export type Reader = {
  /** How often each event number was seen. */
  readonly seen: ReadonlyMap<number, number>;
  /** Resolves when it has come to this number, or the time is over. */
  readonly reaches: (last: number, deadlineMs: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const PAUSE_MS = 150;
const PAGE = 200;

type Page = { readonly items?: readonly { readonly id: string }[]; readonly next?: string };

/** Follows `GET /v1/events` from the beginning, page by page, each from where the one before says to go on. */
export function followEvents(caller: Caller): Reader {
  const seen = new Map<number, number>();
  const stopped = new AbortController();
  let after = 0;

  async function follow(): Promise<void> {
    while (!stopped.signal.aborted) {
      const { status, body } = await caller.call({ method: 'GET', path: `/v1/events?after=${after}&limit=${PAGE}` });
      const { items = [], next } = body as Page;
      if (status === 200) {
        for (const { id } of items) seen.set(Number(id), (seen.get(Number(id)) ?? 0) + 1);
        after = Number(next);
      }
      if (items.length < PAGE) await delay(PAUSE_MS);
    }
  }

  const following = follow();
  return {
    seen,
    async reaches(last, deadlineMs) {
      const deadline = performance.now() + deadlineMs;
      while (after < last && performance.now() < deadline) await delay(PAUSE_MS);
    },
    async stop() {
      stopped.abort();
      await following;
    },
  };
}
