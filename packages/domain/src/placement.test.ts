import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Candidate, chooseContainer, headRoom } from './placement.ts';

const candidate = fc.record({
  id: fc.integer({ min: 100_000, max: 100_030 }).map(String),
  label: fc.constant('a container'),
  region: fc.constantFrom('east', 'west'),
  state: fc.constantFrom('online', 'draining', 'offline'),
  capacity: fc.integer({ min: 1, max: 999 }),
  seats: fc.integer({ min: 0, max: 999 }),
  freeNumbers: fc.integer({ min: 0, max: 999 }),
  breakerOpen: fc.boolean(),
}) satisfies fc.Arbitrary<Candidate>;
/** Containers that nearly all fit, with little head-room, so that many have the same. */
const alike = candidate.map((container) => ({
  ...container,
  state: 'online' as const,
  breakerOpen: false,
  seats: container.capacity - (container.seats % 4),
  freeNumbers: 1 + (container.freeNumbers % 3),
}));
const containers = fc.uniqueArray(fc.oneof(candidate, alike), { maxLength: 12, selector: ({ id }) => id });
const region = fc.constantFrom('east', 'west', 'north', null);

const fits = (container: Candidate) =>
  container.state === 'online' &&
  !container.breakerOpen &&
  container.seats < container.capacity &&
  container.freeNumbers > 0;

test('never chooses a container that is full, out of numbers, draining, offline or behind an open breaker', () => {
  fc.assert(
    fc.property(containers, region, (all, asked) => {
      const { container } = chooseContainer(all, asked);
      if (container !== null) expect(container).toSatisfy(fits);
    }),
  );
});

test('stays in the region that is asked for', () => {
  fc.assert(
    fc.property(containers, region, (all, asked) => {
      const { container } = chooseContainer(all, asked);
      if (container !== null && asked !== null) expect(container.region).toBe(asked);
    }),
  );
});

test('chooses whenever something fits: the most head-room, then the lowest id', () => {
  fc.assert(
    fc.property(containers, region, (all, asked) => {
      const fitting = all.filter((one) => fits(one) && (asked === null || one.region === asked));
      const { container } = chooseContainer(all, asked);
      expect(container !== null).toBe(fitting.length > 0);
      for (const other of fitting) {
        const [mine, its] = [headRoom(container!), headRoom(other)];
        expect(mine > its || (mine === its && container!.id <= other.id)).toBe(true);
      }
    }),
  );
});

test('chooses the same whatever the order of the containers', () => {
  fc.assert(
    fc.property(containers, region, (all, asked) => {
      expect(chooseContainer(all.toReversed(), asked).container).toEqual(chooseContainer(all, asked).container);
    }),
  );
});

test('always explains itself: the head-room it found, or what stands in the way of every container', () => {
  fc.assert(
    fc.property(containers, region, (all, asked) => {
      const choice = chooseContainer(all, asked);
      const where = asked === null ? 'in any region' : `in region ${asked}`;
      expect(choice.reason).toContain(where);
      if (choice.container !== null) {
        expect(choice.reason).toContain(`${choice.headRoom} of ${choice.container.capacity} seats free`);
        return;
      }
      const inRegion = all.filter((one) => asked === null || one.region === asked).length;
      const counts = [...choice.reason.matchAll(/(\d+) (draining|offline|breaker open|full|every number taken)/g)];
      expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(inRegion);
      if (inRegion === 0) expect(choice.reason).toContain('there is no container');
    }),
  );
});

test('head-room is what both seats and numbers allow, and never below nothing', () => {
  expect(headRoom({ capacity: 10, seats: 4, freeNumbers: 3 })).toBe(3);
  expect(headRoom({ capacity: 10, seats: 4, freeNumbers: 900 })).toBe(6);
  expect(headRoom({ capacity: 5, seats: 8, freeNumbers: 900 })).toBe(0);
});
