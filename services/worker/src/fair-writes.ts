/** Runs of one client in this process; beyond them it has many. */
const FEW = 4;

type Lanes<Item, Answer> = {
  readonly few: (item: Item) => Promise<Answer>;
  readonly many: (item: Item) => Promise<Answer>;
  readonly clientOf: (item: Item) => string;
};

export type FairWrites<Item, Answer> = {
  /** A client has one more run under way, until the function that is answered is called. */
  enter(clientId: string): () => void;
  write(item: Item): Promise<Answer>;
};

/**
 * Two lanes of writes: those of clients with few runs under way do not travel in one batch with those of clients with
 * many, whose batches are large and slow. Both lanes go on all the time, so that nobody waits for another's end.
 */
export function createFairWrites<Item, Answer>({ few, many, clientOf }: Lanes<Item, Answer>): FairWrites<Item, Answer> {
  const runs = new Map<string, number>();

  function count(clientId: string, by: number): void {
    const now = (runs.get(clientId) ?? 0) + by;
    if (now === 0) runs.delete(clientId);
    else runs.set(clientId, now);
  }

  return {
    enter(clientId) {
      count(clientId, 1);
      return () => count(clientId, -1);
    },
    write: (item) => ((runs.get(clientOf(item)) ?? 0) > FEW ? many(item) : few(item)),
  };
}
