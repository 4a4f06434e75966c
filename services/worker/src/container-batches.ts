type Waiting<Call, Answer> = {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

const MOST_CALLS = 128;
const MOST_BATCHES = 8;
/** A batch that takes longer is slow: those who wait for it go in another beside it. */
const SLOW_MS = 250;

/**
 * Sends the calls to one container as batches: what comes while a batch is under way goes with the next. When a batch is
 * slow the next does not wait for its end: one tenant that hangs holds up those in its batch, and the others for a moment.
 */
export function openContainer<Call, Answer>(
  verb: (calls: readonly Call[]) => Promise<readonly Answer[]>,
): (call: Call) => Promise<Answer> {
  let waiting: Waiting<Call, Answer>[] = [];
  let underWay = 0;
  let timer: NodeJS.Timeout | null = null;

  function pump(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting.length === 0 || underWay >= MOST_BATCHES) return;
    const batch = waiting.slice(0, MOST_CALLS);
    waiting = waiting.slice(MOST_CALLS);
    underWay += 1;
    void send(batch).finally(() => {
      underWay -= 1;
      pump();
    });
    timer = setTimeout(pump, SLOW_MS);
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
