import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

it('lets nobody in beside one who is alone, and everybody in sooner or later', async () => {
  const visits = fc.array(fc.record({ alone: fc.boolean(), turns: fc.integer({ min: 0, max: 5 }) }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(visits, async (plan) => {
      const turnstile = createTurnstile();
      let inside = 0;
      let lonely = 0;
      const visit = async (alone: boolean, turns: number) => {
        inside += 1;
        lonely += alone ? 1 : 0;
        if (lonely > 0) expect(inside).toBe(1);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        inside -= 1;
        lonely -= alone ? 1 : 0;
      };
      const all = plan.map(({ alone, turns }) => turnstile[alone ? 'alone' : 'together'](() => visit(alone, turns)));
      expect(await Promise.all(all)).toHaveLength(plan.length);
    }),
  );
});

it('lets those in who come together, together', async () => {
  const turnstile = createTurnstile();
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = turnstile.together(() => promise);
  await turnstile.together(async () => resolve());
  await first;
});

it('goes on after a visit that failed', async () => {
  const turnstile = createTurnstile();
  await expect(turnstile.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turnstile.together(async () => 'yes')).toBe('yes');
});
