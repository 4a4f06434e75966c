import { createEndWaits } from './end-waits.ts';
import { findEnded, lastEventNumber, readOn } from './event-log.ts';
import type { LiveEvent } from './event-ring.ts';
import { type Listener, listenForNudges } from './nudges.ts';
import type { Ledger } from './orm.ts';
import { createReaders, type Reading } from './readers.ts';

const LOOK_AGAIN_MS = 2_000;

/** Follows the event log for all of a process who wait for something or read along. One for each process. */
export type Follower = {
  /** Resolves when `ended` says so, when the job's end is told, or when the signal aborts. */
  waitForEnd(jobId: string, signal: AbortSignal, ended: () => Promise<boolean>): Promise<void>;
  /** Reads along from behind an event, with nothing but what fits. */
  readAlong(after: number, fits: (event: LiveEvent) => boolean): Promise<Reading>;
  close(): Promise<void>;
};

/** Starts a follower. It asks the database nothing while nobody waits or reads along. */
export function createFollower(ledger: Ledger, databaseUrl: string): Follower {
  const waits = createEndWaits();
  const readers = createReaders();
  const tail = createTail(ledger, {
    isIdle: () => waits.count === 0 && readers.count === 0,
    wantsEvents: () => readers.count > 0,
    give: (events) => readers.give(events),
    ended: (jobId) => waits.tell(jobId),
  });
  const listener: Listener = listenForNudges(databaseUrl, () => void tail.look());

  return {
    async waitForEnd(jobId, signal, ended) {
      await tail.begin();
      const told = waits.register(jobId, signal);
      await ended().then(
        (over) => over && told.settle(),
        (error: unknown) => {
          told.settle();
          throw error;
        },
      );
      void tail.look();
      await told.settled;
    },
    async readAlong(after, fits) {
      await tail.begin();
      const reading = readers.add(after, { fits, followedFrom: tail.position });
      void tail.look();
      return reading;
    },
    async close() {
      tail.close();
      await listener.close();
    },
  };
}

type Followers = {
  /** Whether nobody follows. */
  isIdle(): boolean;
  /** Whether somebody wants the events themselves. */
  wantsEvents(): boolean;
  give(events: readonly LiveEvent[]): void;
  ended(jobId: string): void;
};

/** The end of the log, looked at when it is said to have moved, and now and then. */
function createTail(ledger: Ledger, followers: Followers) {
  let position = 0;
  let looking = false;
  let lookAgain = false;
  let timer: NodeJS.Timeout | null = null;

  async function look(): Promise<void> {
    if (followers.isIdle()) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    do {
      lookAgain = false;
      await advance().catch(() => undefined);
    } while (lookAgain && !followers.isIdle());
    looking = false;
    schedule();
  }

  async function advance(): Promise<void> {
    const from = position;
    const withEvents = followers.wantsEvents();
    const found = withEvents ? await readOn(ledger, from) : { ...(await findEnded(ledger, from)), events: [] };
    // Somebody may have begun to follow at another place meanwhile, or to want what was only looked at.
    if (position !== from || withEvents !== followers.wantsEvents()) {
      lookAgain = true;
      return;
    }
    lookAgain ||= found.more;
    position = found.last;
    if (found.events.length > 0) followers.give(found.events);
    for (const jobId of found.ended) followers.ended(jobId);
  }

  // A nudge can be lost with its connection: a look now and then does without it.
  function schedule(): void {
    if (timer !== null || followers.isIdle()) return;
    timer = setTimeout(() => {
      timer = null;
      void look();
    }, LOOK_AGAIN_MS);
  }

  return {
    look,
    get position() {
      return position;
    },
    /** Fixes the place in the log before who is to follow looks for itself: what comes after its look is found behind it. */
    async begin(): Promise<void> {
      if (!followers.isIdle()) return;
      const last = await lastEventNumber(ledger);
      // Who follows by now must not be carried past what it waits for.
      if (followers.isIdle()) position = last;
    },
    close(): void {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
