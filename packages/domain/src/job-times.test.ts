import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTimes, expectation } from './job-times.ts';

const HOUR_MS = 3_600_000;
const took = fc.array(fc.integer({ min: 0, max: 24 * HOUR_MS }), { minLength: 100, maxLength: 400 });
/** As many jobs that all took as long. */
const alike = (count: number, ms: number) => Array.from({ length: count }, () => ms);
const nth = (times: readonly number[], share: number) =>
  times.toSorted((one, other) => one - other)[Math.ceil(times.length * share) - 1] as number;

test('99 of 100 jobs took no longer than is said, and it is said at most a fifth too long', () => {
  fc.assert(
    fc.property(took, (times) => {
      const { p99Ms } = expectation(addTimes([], times))!;
      const real = nth(times, 0.99);
      expect(p99Ms).toBeGreaterThanOrEqual(real);
      expect(p99Ms).toBeLessThanOrEqual(Math.max(1, real) * 1.19 + 1);
    }),
  );
});

test('a job is late when half of the jobs that take as long miss the time of 99 in 100', () => {
  fc.assert(
    fc.property(took, (times) => {
      const { p99Ms, lateAfterMs } = expectation(addTimes([], times))!;
      expect(lateAfterMs).toBeGreaterThanOrEqual(nth(times, 0.98));
      if (p99Ms >= 30_000) expect(lateAfterMs).toBeLessThanOrEqual(p99Ms);
    }),
  );
  const slow = [...alike(980, 40_000), ...alike(9, 60_000), ...alike(11, 900_000)];
  const { p99Ms, lateAfterMs } = expectation(addTimes([], slow))!;
  expect(lateAfterMs).toBeLessThan(50_000);
  expect(p99Ms).toBeGreaterThanOrEqual(900_000);
});

test('fewer than a hundred jobs say nothing', () => {
  expect(expectation([])).toBeNull();
  expect(expectation(addTimes([], alike(99, 5)))).toBeNull();
  expect(expectation(addTimes([], alike(100, 5)))).not.toBeNull();
});

test('no job is late within half a minute, however quick its kind is', () => {
  expect(expectation(addTimes([], alike(100, 5)))).toMatchObject({ p99Ms: 6, lateAfterMs: 30_000 });
});

test('a time beyond forty days counts as forty days', () => {
  const days = expectation(addTimes([], alike(100, 400 * 24 * HOUR_MS)))!.p99Ms / HOUR_MS / 24;
  expect(days).toBeGreaterThan(40);
  expect(days).toBeLessThan(43);
});

test('it makes no difference in which portions jobs are learnt of', () => {
  fc.assert(
    fc.property(took, fc.nat(), (times, at) => {
      const cut = at % times.length;
      const once = addTimes([], times);
      const twice = addTimes(addTimes([], times.slice(0, cut)), times.slice(cut));
      expect(twice).toEqual(once);
    }),
  );
});

test('what jobs took of late outweighs what they took before', () => {
  let times = addTimes([], alike(20_000, 10));
  expect(expectation(times)?.p99Ms).toBeLessThan(20);
  for (let batch = 0; batch < 10; batch += 1) times = addTimes(times, alike(50, HOUR_MS));
  expect(expectation(times)?.p99Ms).toBeGreaterThanOrEqual(HOUR_MS);
  for (let batch = 0; batch < 600; batch += 1) times = addTimes(times, alike(50, 10));
  expect(expectation(times)?.p99Ms).toBeLessThan(20);
});
