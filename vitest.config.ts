/**
 * Two kinds of test: `*.test.ts` is quick and runs in `npm run check`; `*.slow.test.ts` boots whole
 * kernels or tries thousands of cases and runs in `npm test` only. Those in `tests/cli` run the
 * built command line, which their global setup builds.
 */

import { defineConfig } from 'vitest/config';

const SLOW = 'tests/**/*.slow.test.ts';

export default defineConfig({
  test: {
    // Two cores: more workers than that only wait for each other.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'fast',
          include: ['tests/**/*.test.ts'],
          exclude: [SLOW, 'tests/cli/**'],
          // Files of one worker share modules: the main module is generated once, not for each file.
          isolate: false,
          setupFiles: ['tests/seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'cli',
          include: ['tests/cli/**/*.test.ts'],
          exclude: [SLOW],
          globalSetup: ['tests/cli/build.ts'],
          setupFiles: ['tests/seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: [SLOW],
          globalSetup: ['tests/cli/build.ts'],
          setupFiles: ['tests/seed.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
