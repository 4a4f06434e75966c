import type { CloudEvent } from '@qvara/contracts/events';

/** An event of the log, and whose it is. */
export type LiveEvent = { readonly clientId: string; readonly event: CloudEvent };

/** The newest events of the log, in memory, in their order. */
export type EventRing = {
  /** Number of the last event it has come to. */
  readonly last: number;
  /** Begins anew behind an event, holding nothing. */
  startAfter(last: number): void;
  /** Adds what follows. What it has already is passed over; if something is missing between, only the new is held. */
  push(events: readonly LiveEvent[]): void;
  /** The events after a number, so many at most; null when some of them are not held (any more). */
  after(number: number, most: number): readonly LiveEvent[] | null;
};

/** Makes a ring for so many events. */
export function createEventRing(capacity: number): EventRing {
  let held: LiveEvent[] = [];
  let last = 0;
  const numberOf = ({ event }: LiveEvent) => event.data.sequence;

  return {
    get last() {
      return last;
    },
    startAfter(number) {
      held = [];
      last = number;
    },
    push(events) {
      const fresh = events.filter((event) => numberOf(event) > last);
      const [first] = fresh;
      if (first === undefined) return;
      if (numberOf(first) !== last + 1) held = [];
      held.push(...fresh);
      last = numberOf(fresh.at(-1) as LiveEvent);
      // Cut now and then: to move all for each event would cost more than the room.
      if (held.length > 2 * capacity) held = held.slice(-capacity);
    },
    after(number, most) {
      if (number >= last) return [];
      const from = held.length - (last - number);
      return from < 0 ? null : held.slice(from, from + most);
    },
  };
}
