/**
 * One seed for everything random in the tests, so that a run says the same thing twice; SEED=… tries
 * others. Every project loads this file first (vitest.config.ts).
 */

import fc from 'fast-check';

export const SEED = Number(process.env['SEED'] ?? 20261121);

fc.configureGlobal({ seed: SEED });
