/** The tests that run under stress, as a project of vitest's. */

export const stressProject = (name: string, stress: string) => ({
  test: {
    name,
    env: { STRESS: stress },
    include: [
      'tests/stress/*.stress.ts',
      'tests/vcpu/*.test.ts',
      'tests/system/*.test.ts',
      'tests/guests/demo-run.test.ts',
      'tests/replay/machine/{demo,tiny,answers}.test.ts',
      'tests/fuzz/guest.test.ts',
    ],
    setupFiles: ['tests/seed.ts', 'tests/stress/setup.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
