type Waiting<Call, Answer> = {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

type Limits = {
  /** Calls in one batch. */
  readonly most?: number;
  /** Batches under way beside each other, when they are slow. */
  readonly beside?: number;
  /** A batch that takes longer is slow: those who wait for it go in another beside it. Milliseconds. */
  readonly slowMs?: number;
};

/**
 * Makes batches of single calls: what comes while a batch is under way goes with the next, in order. When a batch is slow
 * the next does not wait for its end: one call that hangs holds up those in its batch, and the others for a moment.
 * `verb` answers one answer for each call, in order; what it throws, each call of its batch throws.
 */
export function gather<Call, Answer>(
  verb: (calls: readonly Call[]) => Promise<readonly Answer[]>,
  { most = 128, beside = 8, slowMs = 250 }: Limits = {},
): (call: Call) => Promise<Answer> {
  let waiting: Waiting<Call, Answer>[] = [];
  let underWay = 0;
  let timer: NodeJS.Timeout | null = null;

  function pump(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting.length === 0 || underWay >= beside) return;
    const batch = waiting.slice(0, most);
    waiting = waiting.slice(most);
    underWay += 1;
    void send(batch).finally(() => {
      underWay -= 1;
      pump();
    });
    timer = setTimeout(pump, slowMs);
  }

  async function send(batch: readonly Waiting<Call, Answer>[]): Promise<void> {
    try {
      const answers = await verb(batch.map(({ call }) => call));
      batch.forEach(({ resolve }, index) => {
        resolve(answers[index] as Answer);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (call) =>
    new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject });
      // Calls made in this turn of the event loop go together.
      if (timer === null) queueMicrotask(() => timer ?? pump());
    });
}
