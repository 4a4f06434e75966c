import { createEventRing, type LiveEvent } from './event-ring.ts';

/** Events held in memory while somebody reads along; at most twice as many for moments. About 1 KB each. */
const HELD = 8_192;
const TAKEN_AT_ONCE = 256;

/** A reader's place in the log. */
export type Reading = {
  /** The number of the last event that it has been given, or that was passed over since it does not fit. */
  readonly place: number;
  /** Moves on after events that were read elsewhere. */
  moveTo(place: number): void;
  /** Some of the next events that fit; null when they are not in memory (any more) and have to be read from the ledger. */
  take(): readonly LiveEvent[] | null;
  /** Resolves when there is something to take, or when the signal aborts. */
  more(signal: AbortSignal): Promise<void>;
  close(): void;
};

type Reader = { place: number; readonly fits: (event: LiveEvent) => boolean; wake: (() => void) | null };

/** Those who read along, and the newest events that they share. */
export type Readers = {
  readonly count: number;
  /** A new reader behind an event. The first one begins where the log is followed from now on. */
  add(after: number, wish: { readonly fits: Reader['fits']; readonly followedFrom: number }): Reading;
  /** Hands on what follows in the log. */
  give(events: readonly LiveEvent[]): void;
};

export function createReaders(): Readers {
  const readers = new Set<Reader>();
  const ring = createEventRing(HELD);

  return {
    get count() {
      return readers.size;
    },
    add(after, { fits, followedFrom }) {
      // Without readers nothing was put into memory.
      if (readers.size === 0) ring.startAfter(followedFrom);
      const reader: Reader = { place: after, fits, wake: null };
      readers.add(reader);
      return openReading(reader);
    },
    give(events) {
      const before = ring.last;
      ring.push(events);
      for (const reader of readers) {
        if (reader.wake === null) continue;
        // Who was at the end and is not concerned is there still; who was not looks for itself.
        const concerned = events.some((live) => live.event.data.sequence > reader.place && reader.fits(live));
        if (concerned || reader.place < before || ring.after(before, 1) === null) reader.wake();
        else reader.place = Math.max(reader.place, ring.last);
      }
    },
  };

  function openReading(reader: Reader): Reading {
    return {
      get place() {
        return reader.place;
      },
      moveTo(place) {
        reader.place = Math.max(reader.place, place);
      },
      take() {
        const events = ring.after(reader.place, TAKEN_AT_ONCE);
        if (events === null) return null;
        reader.place = events.at(-1)?.event.data.sequence ?? reader.place;
        return events.filter(reader.fits);
      },
      async more(signal) {
        if (ring.last > reader.place || signal.aborted) return;
        await new Promise<void>((resolve) => {
          const wake = () => {
            signal.removeEventListener('abort', wake);
            reader.wake = null;
            resolve();
          };
          reader.wake = wake;
          signal.addEventListener('abort', wake, { once: true });
        });
      },
      close: () => void readers.delete(reader),
    };
  }
}
