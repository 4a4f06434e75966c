import { randomInt } from 'node:crypto';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { createChance } from './test/prove/chance.ts';

// A run starts some hundred processes of the same code.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

const promises = ['test/contract/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts'];
const live = ['{packages,services}/*/src/**/*.live.test.ts', 'test/**/*.live.test.ts', ...promises];
const all = ['{packages,services}/*/src/**/*.test.ts', 'test/**/*.test.ts'];
const exclude = ['**/node_modules/**'];
const isFull = process.env.CHAOS === 'full';

// One seed for all that is chosen in a run.
process.env.CHAOS_SEED ??= String(randomInt(2 ** 32));

/** Of the faults `test` tries so many in a run, another choice each time; all of them would take most of an hour. */
const TRIED = 8;
const faults = globSync('test/chaos/*.test.ts', { cwd: import.meta.dirname }).sort();
const chance = createChance(Number(process.env.CHAOS_SEED));
const notTried = process.env.CHAOS === 'some' ? chance.shuffled(faults).slice(TRIED) : [];

export default defineConfig({
  test: {
    maxWorkers: isFull ? 1 : 2,
    teardownTimeout: 30_000,
    // Files share a process and what it has loaded: they keep their state to themselves.
    isolate: false,
    projects: [
      { extends: true, test: { name: 'pure', include: all, exclude: [...exclude, ...live], testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: 'live',
          include: live,
          exclude: [...exclude, ...notTried],
          globalSetup: 'test/support/global-setup.ts',
          testTimeout: 240_000,
          hookTimeout: 120_000,
          // Times that are promised are kept to the letter where each file has the machine to itself: in test:chaos.
          env: { PATIENCE: isFull ? '1' : '4' },
        },
      },
    ],
  },
});
