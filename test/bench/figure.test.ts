import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeFigure } from './figure.ts';
import { medianOf, spreadOf } from './figures.ts';

it('a figure says whether it reached its goal', () => {
  const figure = { name: 'against plain', value: 5, unit: 'x' };
  expect(describeFigure(figure)).not.toContain('goal');
  expect(describeFigure({ ...figure, goal: { atLeast: 5 } })).toMatch(/5 x +\(goal: at least 5\)$/);
  expect(describeFigure({ ...figure, goal: { atLeast: 6 } })).toContain('missed');
  expect(describeFigure({ ...figure, goal: { atMost: 4.9 } })).toContain('missed');
  expect(describeFigure({ ...figure, goal: { atMost: 5 } })).not.toContain('missed');
});

it('the middle has as many measurements above it as below', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 9 }), (values) => {
      const odd = values.length % 2 === 1 ? values : values.slice(1);
      fc.pre(odd.length > 0);
      const middle = medianOf(odd, (value) => value);
      const half = (odd.length - 1) / 2;
      expect(odd.filter((value) => value < middle).length).toBeLessThanOrEqual(half);
      expect(odd.filter((value) => value > middle).length).toBeLessThanOrEqual(half);
      expect(odd).toContain(middle);
    }),
  );
});

it('of a hundred durations one is greater than the 99th', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(spreadOf(hundred)).toEqual({ count: 100, p50: 50, p99: 99, most: 100 });
});
