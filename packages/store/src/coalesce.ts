import { CodedError } from '@qvara/contracts/failure';

/** Answer of a batch verb for an item that could not be taken this time: it joins the next batch. */
export const AGAIN = Symbol('again');

/**
 * A verb over a batch: one transaction, an answer for each item in the order given. It must answer the same when the
 * same items come again (`rerun`), because an answer can be lost after the commit.
 */
export type BatchVerb<Item, Answer> = (
  items: readonly Item[],
  rerun: boolean,
) => Promise<readonly (Answer | typeof AGAIN)[]>;

type Waiting<Item, Answer> = {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

const REPEATS = 25;
const PAUSE_MS = 4;

/**
 * Turns calls made at the same time into one batch: callers await one item, the verb gets many. A batch closes when
 * the one before it has committed, so one lone call waits for nobody. Errors of data, and defects, are bisected until
 * the bad item stands alone; lock conflicts repeat the batch; without a database every item fails as `unavailable`.
 */
export function coalesce<Item, Answer>(verb: BatchVerb<Item, Answer>, maxBatch = 128): (item: Item) => Promise<Answer> {
  let queue: Waiting<Item, Answer>[] = [];
  let running = false;

  async function drain(): Promise<void> {
    running = true;
    // Calls made in this turn of the event loop are still on their way in.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      const skipped = await settle(verb, batch);
      if (skipped.length === batch.length) await pause(PAUSE_MS);
      queue = [...skipped, ...queue];
    }
    running = false;
  }

  return (item) =>
    new Promise<Answer>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (!running) void drain();
    });
}

/** Runs one batch to answers for all of its items, but those it answers: they are to be tried again. */
async function settle<Item, Answer>(
  verb: BatchVerb<Item, Answer>,
  batch: Waiting<Item, Answer>[],
): Promise<Waiting<Item, Answer>[]> {
  try {
    const answers = await repeat(
      verb,
      batch.map((waiting) => waiting.item),
    );
    const skipped: Waiting<Item, Answer>[] = [];
    batch.forEach((waiting, index) => {
      const answer = answers[index] as Answer | typeof AGAIN;
      if (answer === AGAIN) skipped.push(waiting);
      else waiting.resolve(answer);
    });
    return skipped;
  } catch (error) {
    const kind = classify(error);
    if (batch.length > 1 && kind !== 'connection' && kind !== 'conflict') {
      const middle = batch.length >> 1;
      const first = await settle(verb, batch.slice(0, middle));
      return [...first, ...(await settle(verb, batch.slice(middle)))];
    }
    for (const waiting of batch) waiting.reject(asUnavailable(error));
    return [];
  }
}

async function repeat<Item, Answer>(
  verb: BatchVerb<Item, Answer>,
  items: readonly Item[],
): Promise<readonly (Answer | typeof AGAIN)[]> {
  let lostOnce = false;
  for (let tries = 0; ; tries += 1) {
    try {
      return await verb(items, tries > 0);
    } catch (error) {
      const kind = classify(error);
      const again = (kind === 'conflict' && tries < REPEATS) || (kind === 'connection' && !lostOnce);
      if (!again) throw error;
      lostOnce ||= kind === 'connection';
      await pause(PAUSE_MS + Math.random() * PAUSE_MS * tries);
    }
  }
}

/** Runs a transaction again while it meets lock conflicts. Throws `unavailable` when they, or a lost database, do not end. */
export async function repeatConflicts<T>(transaction: () => Promise<T>): Promise<T> {
  try {
    const [answer] = await repeat<null, T>(async () => [await transaction()], [null]);
    return answer as T;
  } catch (error) {
    throw asUnavailable(error);
  }
}

type ErrorKind = 'data' | 'conflict' | 'connection' | 'other';

const CONFLICTS = new Set(['40001', '40P01', '55P03']);

/** What went wrong, by SQLSTATE; what carries none never reached the database, or lost it. */
export function classify(error: unknown): ErrorKind {
  if (error instanceof CodedError) return 'other';
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code))
    return isConnectionLoss(error, code) ? 'connection' : 'other';
  if (CONFLICTS.has(code)) return 'conflict';
  if (code.startsWith('22') || code.startsWith('23')) return 'data';
  return code.startsWith('08') || code.startsWith('57') || code.startsWith('53') || code === '25P03'
    ? 'connection'
    : 'other';
}

function isConnectionLoss(error: unknown, code: unknown): boolean {
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return true;
  return error instanceof Error && /connection|timeout exceeded/i.test(error.message);
}

function asUnavailable(error: unknown): unknown {
  const kind = classify(error);
  if (kind !== 'connection' && kind !== 'conflict') return error;
  return new CodedError('unavailable', 'The ledger does not answer at the moment.');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
