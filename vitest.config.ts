/**
 * Two kinds of test: `*.test.ts` is quick and runs in `npm run check`; `*.slow.test.ts` boots whole
 * kernels or tries thousands of cases and runs in `npm test` only. Those in `tests/cli` run the
 * built command line, which their global setup builds. Project `stress`, which `npm test` runs too, is
 * a part of `npm run stress`: the same tests with every vCPU under stress.
 */

import { defineConfig } from 'vitest/config';
import { SOME, stressProject } from './tests/stress/project.ts';

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
      stressProject('stress', 'everything at once', SOME),
    ],
  },
});
