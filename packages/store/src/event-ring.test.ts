import type { CloudEvent } from '@qvara/contracts/events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEventRing, type LiveEvent } from './event-ring.ts';

const event = (sequence: number): LiveEvent => ({
  clientId: 'cli_one',
  event: { data: { sequence } } as unknown as CloudEvent,
});
const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => event(from + n));
const numbers = (found: readonly LiveEvent[] | null) => found?.map((one) => one.event.data.sequence) ?? null;

it('gives what comes after a number, so many at most', () => {
  const ring = createEventRing(10);
  ring.startAfter(4);
  ring.push(events(5, 8));
  expect(numbers(ring.after(4, 100))).toEqual([5, 6, 7, 8]);
  expect(numbers(ring.after(6, 1))).toEqual([7]);
  expect(numbers(ring.after(8, 100))).toEqual([]);
  expect(numbers(ring.after(99, 100))).toEqual([]);
});

it('says when it does not hold all that was asked for', () => {
  const ring = createEventRing(3);
  ring.startAfter(4);
  expect(ring.after(3, 100)).toBeNull();
  expect(ring.after(4, 100)).toEqual([]);
  for (let n = 5; n < 30; n += 1) ring.push([event(n)]);
  expect(ring.after(10, 100)).toBeNull();
  expect(numbers(ring.after(26, 100))).toEqual([27, 28, 29]);
});

it('passes over what it has, and holds nothing from before a hole', () => {
  const ring = createEventRing(10);
  ring.push(events(1, 5));
  ring.push(events(3, 7));
  expect(numbers(ring.after(0, 100))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  ring.push(events(9, 10));
  expect(ring.after(7, 100)).toBeNull();
  expect(numbers(ring.after(8, 100))).toEqual([9, 10]);
});

it('whatever is pushed, what it answers has no hole', () => {
  const pushes = fc.array(fc.tuple(fc.nat(40), fc.nat(8)), { maxLength: 40 });
  fc.assert(
    fc.property(pushes, fc.nat(60), (all, asked) => {
      const ring = createEventRing(5);
      for (const [from, length] of all) ring.push(events(from + 1, from + length));
      const found = numbers(ring.after(asked, 1_000));
      if (found === null) return;
      expect(found).toEqual(Array.from({ length: Math.max(0, ring.last - asked) }, (_, n) => asked + 1 + n));
    }),
  );
});
