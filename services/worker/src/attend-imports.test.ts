import { expect, it } from 'vitest';
import { attendImports } from './attend-imports.ts';

it('an import that cannot be moved keeps no other from moving, nor from being rung', async () => {
  const told: unknown[] = [];
  await attendImports({
    find: async () => ['first', 'second'],
    move: async (id) => {
      if (id === 'first') throw new Error('stuck');
      told.push(id);
    },
    ring: async () => told.push('rung'),
    onError: (error) => told.push((error as Error).message),
  });
  expect(told).toEqual(['stuck', 'second', 'rung']);
});
