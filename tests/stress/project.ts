/** The tests that run under stress, as a project of vitest's. */

/** What runs guests: all of it, and what CI has time for. */
export const ALL = [
  'tests/stress/*.stress.ts',
  'tests/vcpu/*.test.ts',
  'tests/system/*.test.ts',
  'tests/guests/demo-run.test.ts',
  'tests/replay/machine/{demo,tiny,answers}.test.ts',
  'tests/fuzz/guest.test.ts',
];
export const SOME = [
  'tests/stress/*.stress.ts',
  'tests/vcpu/{code,time}.test.ts',
  'tests/system/{deliver,debug,tiny}.test.ts',
  'tests/replay/machine/tiny.test.ts',
];

export const stressProject = (name: string, stress: string, include = ALL) => ({
  test: {
    name,
    env: { STRESS: stress },
    include,
    setupFiles: ['tests/seed.ts', 'tests/stress/setup.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
