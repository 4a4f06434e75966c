import { type BatchVerb, coalesce } from '@qvara/store/coalesce';

/** Runs of one client in this process; beyond them it has many: as a client with a backlog has, also while slots are shared. */
const FEW = 3;
const SHARED_FOR_MS = 1_000;
const APART_MS = 20;

export type FairWrites<Item, Answer> = {
  /** A client has one more run under way, until the function that is answered is called. */
  enter(clientId: string): () => void;
  write(item: Item): Promise<Answer>;
};

/**
 * Two lanes of writes: those of clients with few runs under way do not travel in one batch with those of clients with
 * many, whose batches are large and slow. Both lanes go on all the time, so that nobody waits for another's end; while
 * the first is in use the other one's batches keep apart: fewer and larger, they leave more of the machine.
 */
export function createFairWrites<Item, Answer>(
  verb: BatchVerb<Item, Answer>,
  clientOf: (item: Item) => string,
): FairWrites<Item, Answer> {
  const runs = new Map<string, number>();
  let crowds = 0;
  let sharedUntilMs = 0;
  const few = coalesce(verb);
  const many = coalesce(verb, undefined, () => (performance.now() < sharedUntilMs ? APART_MS : 0));

  function count(clientId: string, by: number): void {
    const before = runs.get(clientId) ?? 0;
    const now = before + by;
    crowds += Number(now > FEW) - Number(before > FEW);
    if (now === 0) runs.delete(clientId);
    else runs.set(clientId, now);
  }

  return {
    enter(clientId) {
      count(clientId, 1);
      return () => count(clientId, -1);
    },
    write(item) {
      if ((runs.get(clientOf(item)) ?? 0) > FEW) return many(item);
      if (crowds > 0) sharedUntilMs = performance.now() + SHARED_FOR_MS;
      return few(item);
    },
  };
}
