/**
 * Mutated recordings of real guests, replayed on the real vCPU as `replay --verify` does it: each
 * ends in one line or an honest replay. damage.slow.test.ts does ten thousand of a toy's.
 */

import { expect, test } from 'vitest';
import { MEMORY_MIB_MAX, vcpuOf } from '../../src/cli/cpu-option.ts';
import { UsageError } from '../../src/cli/errors.ts';
import { verify } from '../../src/cli/verify.ts';
import { RAM_BYTES_MAX } from '../../src/engine/create.ts';
import { RecordingError } from '../../src/trace/error.ts';
import { Recording } from '../../src/trace/recording.ts';
import { recordTiny } from '../replay/machine/record-guest.ts';
import { SEED } from '../seed.ts';
import { mutate } from './mutate.ts';

const MUTATIONS = 1200;
const MEMORY_MAX = 2 ** 30;

/** How it ended; throws what a user must not see. */
async function outcome(file: Uint8Array): Promise<string> {
  try {
    const recording = Recording.fromBytes(file);
    const { divergence } = await verify(recording, 'jit');
    return divergence ? 'diverged' : 'replayed';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof RecordingError || error instanceof UsageError)) throw error;
    if (/\n/.test(error.message) || error.message.length > 400) throw error;
    return 'refused';
  }
}

test('the most RAM that the command line gives is the most a vCPU takes', () => {
  expect(MEMORY_MIB_MAX * 2 ** 20).toBe(RAM_BYTES_MAX);
});

test('a header that asks for RAM no guest can have', () => {
  const guest = (memoryBytes: number) => ({ guest: { memoryBytes, cpuModel: '' } }) as Recording;
  for (const bytes of [0, 4096, (16 << 20) + 6, 2 ** 32, 2 ** 40, 2 ** 53, Number.NaN]) {
    expect(() => vcpuOf(guest(bytes))).toThrow(/^the recording's guest RAM: expected [^\n]+$/);
  }
});

test.each(['echo', 'faults64', 'modes'])('%s', async (name) => {
  const file = recordTiny(name);
  const seed = SEED;
  console.log(`${name}: seed ${seed}`);
  const outcomes: Record<string, number> = {};
  let highest = 0;
  for (let i = 0; i < MUTATIONS / 3; i++) {
    try {
      const how = await outcome(mutate(file, seed + i));
      outcomes[how] = (outcomes[how] ?? 0) + 1;
    } catch (error) {
      throw new Error(`mutation ${seed + i}: ${error instanceof Error ? error.stack : error}`);
    }
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  console.log(outcomes, highest >> 20);
  expect(outcomes['refused']).toBeGreaterThan(MUTATIONS / 30);
  expect(highest).toBeLessThan(MEMORY_MAX);
});
