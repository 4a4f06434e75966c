import { defineConfig } from 'vitest/config';

const promises = ['test/contract/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts'];
const live = ['{packages,services}/*/src/**/*.live.test.ts', 'test/**/*.live.test.ts', ...promises];
const all = ['{packages,services}/*/src/**/*.test.ts', 'test/**/*.test.ts'];
const exclude = ['**/node_modules/**'];

export default defineConfig({
  test: {
    // Most live tests wait for processes: three files share two cores well.
    maxWorkers: 3,
    teardownTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'pure', include: all, exclude: [...exclude, ...live], testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: 'live',
          include: live,
          exclude,
          globalSetup: 'test/support/global-setup.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
