import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// A run starts some hundred processes of the same code.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

const promises = ['test/contract/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts'];
const live = ['{packages,services}/*/src/**/*.live.test.ts', 'test/**/*.live.test.ts', ...promises];
const all = ['{packages,services}/*/src/**/*.test.ts', 'test/**/*.test.ts'];
const exclude = ['**/node_modules/**'];
const isFull = process.env.CHAOS === 'full';

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
          exclude,
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
