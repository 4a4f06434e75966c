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
/** Of a whole batch: then it is found out which of its items meets somebody's lock. */
const REPEATS_TOGETHER = 4;
/** Of a part of one: the others wait meanwhile. */
const REPEATS_APART = 1;
const PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 100;

/**
 * Turns calls made at the same time into one batch: callers await one item, the verb gets many. A batch closes when
 * the one before it has committed, so one lone call waits for nobody unless `apartMs` says so. Errors of data, defects, and lock conflicts that do
 * not end are bisected until the bad item stands alone; without a database every item fails as `unavailable`. Batches
 * begin at least `apartMs` after each other, so that more calls share one.
 */
export function coalesce<Item, Answer>(
  verb: BatchVerb<Item, Answer>,
  maxBatch = 512,
  apartMs: () => number = () => 0,
): (item: Item) => Promise<Answer> {
  let queue: Waiting<Item, Answer>[] = [];
  let running = false;
  let goOn: () => void = () => undefined;

  /** Who comes meanwhile does not wait for the end of the pause. */
  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      goOn = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function drain(): Promise<void> {
    running = true;
    // Calls made in this turn of the event loop are still on their way in.
    await Promise.resolve();
    let stuck = 0;
    while (queue.length > 0) {
      const batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      const startedMs = performance.now();
      const skipped = await settle(verb, batch, false);
      stuck = skipped.length === batch.length ? stuck + 1 : 0;
      if (stuck > 0) await rest(Math.min(PAUSE_MS * 2 ** (stuck - 1), LONGEST_PAUSE_MS));
      const tooSoonMs = startedMs + apartMs() - performance.now();
      if (tooSoonMs > 0) await pause(tooSoonMs);
      // A whole batch that has to wait lets the others go first.
      queue = stuck > 0 ? [...queue, ...skipped] : [...skipped, ...queue];
    }
    running = false;
  }

  return (item) =>
    new Promise<Answer>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      goOn();
      if (!running) void drain();
    });
}

/** Runs one batch to answers for all of its items, but those it answers: they are to be tried again. */
async function settle<Item, Answer>(
  verb: BatchVerb<Item, Answer>,
  batch: readonly Waiting<Item, Answer>[],
  rerun: boolean,
): Promise<Waiting<Item, Answer>[]> {
  try {
    const items = batch.map((waiting) => waiting.item);
    const together = rerun ? REPEATS_APART : REPEATS_TOGETHER;
    const most = batch.length > 1 ? together : REPEATS;
    const answers = await repeat((again) => verb(items, rerun || again), { namesItself: true, most });
    return batch.filter((waiting, index) => {
      const answer = answers[index] as Answer | typeof AGAIN;
      if (answer !== AGAIN) waiting.resolve(answer);
      return answer === AGAIN;
    });
  } catch (error) {
    if (batch.length > 1 && isAboutItems(error)) {
      const middle = batch.length >> 1;
      const first = await settle(verb, batch.slice(0, middle), true);
      return [...first, ...(await settle(verb, batch.slice(middle), true))];
    }
    for (const waiting of batch) waiting.reject(asUnavailable(error));
    return [];
  }
}

/** Whether another batch could fare better: what is away is away for each item, one by one it would only take longer. */
function isAboutItems(error: unknown): boolean {
  if (error instanceof CodedError) return error.kind !== 'unavailable';
  const kind = classify(error);
  return kind !== 'connection';
}

/** Tries again while there are lock conflicts, and once after a lost connection if what was lost names itself. */
async function repeat<T>(
  attempt: (again: boolean) => Promise<T>,
  { namesItself, most }: { readonly namesItself: boolean; readonly most: number },
): Promise<T> {
  let mayLose = namesItself;
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt(tries > 0);
    } catch (error) {
      const kind = classify(error);
      const again = (kind === 'conflict' && tries < most) || (kind === 'connection' && mayLose);
      if (!again) throw error;
      if (kind === 'connection') mayLose = false;
      await pause(PAUSE_MS + Math.random() * PAUSE_MS * tries);
    }
  }
}

/**
 * Runs a transaction again while it meets lock conflicts; not after a lost connection, since it may have committed.
 * Throws `unavailable` for that, and for conflicts that do not end.
 */
export async function repeatConflicts<T>(transaction: () => Promise<T>): Promise<T> {
  try {
    return await repeat(transaction, { namesItself: false, most: REPEATS });
  } catch (error) {
    throw asUnavailable(error);
  }
}

type ErrorKind = 'data' | 'conflict' | 'connection' | 'other';

const CONFLICTS = new Set(['40001', '40P01', '55P03']);
/** Of a server that stops, is full, lost the client, or has become a standby. */
const AWAY = /^(08|53|57|58)|^(25006|25P03|25P04|55000)$/;
const SOCKET = /^(E[A-Z]{3,}|EAI_[A-Z]+|ERR_(SOCKET|STREAM|TLS|SSL)_\w+)$/;
/** What the PostgreSQL client says without a code. */
const SAYINGS = /connection|timeout exceeded|query read timeout|not queryable|after calling end on the pool/i;

/** What went wrong, by SQLSTATE; what carries none never reached the database, or lost it. */
export function classify(error: unknown): ErrorKind {
  if (error instanceof CodedError || !(error instanceof Error)) return 'other';
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return SAYINGS.test(error.message) ? 'connection' : 'other';
  if (SOCKET.test(code) || AWAY.test(code)) return 'connection';
  if (CONFLICTS.has(code)) return 'conflict';
  if (isStalePlan(error)) return 'conflict';
  return /^2[23]/.test(code) ? 'data' : 'other';
}

/** Whether a table has got another form since a connection planned the statement: another connection will do. */
export function isStalePlan(error: unknown): boolean {
  return error instanceof Error && /cached plan must not change result type/.test(error.message);
}

/** The error as callers are to see it: a ledger that is away is `unavailable`. */
export function asUnavailable(error: unknown): unknown {
  const kind = classify(error);
  if (kind !== 'connection' && kind !== 'conflict') return error;
  return new CodedError('unavailable', 'The ledger does not answer at the moment.');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
