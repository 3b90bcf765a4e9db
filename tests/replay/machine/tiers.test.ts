/** A recording does not know which tier made it: made in either, it replays in both, and it is the same. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verify } from '../../../src/cli/verify.ts';
import { createVcpu } from '../../../src/engine/index.ts';
import { describeDivergence } from '../../../src/replay/divergence.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { type RecordedGuest, recordGuest } from './record-guest.ts';

const TIERS = ['interp', 'jit'] as const;
const kernel = new Uint8Array(
  readFileSync(join(import.meta.dirname, '../../../guests/demo/demo.elf')),
);

/** Early into what is hot, so that most of the guest runs compiled. */
const HOT = { hotAt: 50 };
const record = (accel: (typeof TIERS)[number]): RecordedGuest =>
  recordGuest({
    kernel,
    memoryBytes: 32 << 20,
    limit: 8_000_000,
    hashSpacing: 200_000,
    makeVcpu: (options) => createVcpu({ ...options, accel, jit: HOT }),
  });

describe.each(TIERS)('recorded with --accel %s', (recordedIn) => {
  const guest = record(recordedIn);

  test.each(TIERS)('verifies with --accel %s', async (accel) => {
    const { divergence, icount, stateHash } = await verify(Recording.fromBytes(guest.file), accel);
    expect(divergence && describeDivergence(divergence)).toBeNull();
    expect({ icount, stateHash }).toEqual({ icount: guest.icount, stateHash: guest.stateHash });
  });

  test('is byte for byte what the other tier records', () => {
    const other = record(recordedIn === 'jit' ? 'interp' : 'jit');
    expect(Buffer.from(other.file).equals(guest.file)).toBe(true);
  });
});
