import { expect, it } from 'vitest';
import { msByHome, totalMs, treeOf } from './cpu-profile.ts';

const node = (id: number, functionName: string, more: { url?: string; children?: number[] } = {}) => ({
  id,
  callFrame: { functionName, url: more.url ?? '' },
  children: more.children ?? [],
});
const ours = 'file:///any/where/packages/store/src/advance.ts';
const library = 'file:///any/node_modules/.pnpm/pg@8.1.0/node_modules/pg/lib/client.js';

const profile = {
  nodes: [
    node(1, '(root)', { children: [2, 3, 6, 8] }),
    node(2, '(idle)'),
    node(3, 'advance', { url: ours, children: [4, 5] }),
    node(4, 'query', { url: library }),
    node(5, 'query', { url: library }),
    node(6, 'load', { url: 'node:internal/modules/cjs/loader', children: [7] }),
    node(7, 'query', { url: library }),
    node(8, '(garbage collector)'),
  ],
  samples: [2, 3, 4, 5, 7, 8],
  timeDeltas: [9_000, 1_000, 2_000, 3_000, 5_000, 4_000],
};

it('counts what a process does while it works: not its sleep, not its start', () => {
  expect(totalMs(treeOf(profile))).toBe(10);
});

it('the same function called from the same place is one', () => {
  const [advance] = treeOf(profile).calls.values();
  expect([...(advance?.calls.values() ?? [])].map(({ name, home, ms }) => ({ name, home, ms }))).toEqual([
    { name: 'query', home: 'pg', ms: 5 },
  ]);
});

it('sums by package, garbage apart', () => {
  expect(msByHome(treeOf(profile))).toEqual([
    ['pg', 5],
    ['garbage collection', 4],
    ['packages/store', 1],
  ]);
});
