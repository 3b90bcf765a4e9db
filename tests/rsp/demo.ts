/** The demo guest, recorded once and opened as often as a test likes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReplaySession } from '../../src/replay/session.ts';
import { Timeline } from '../../src/replay/timeline.ts';
import { ReplayTarget } from '../../src/target/replay-target.ts';
import { Recording } from '../../src/trace/recording.ts';
import { freshVcpu, recordGuest } from '../replay/machine/record-guest.ts';

const MEMORY = 8 << 20;
export const DEMO_ELF = join(import.meta.dirname, '../../guests/demo/demo.elf');

let file: Uint8Array | undefined;

/** Its crash is at some 16 M instructions, of which a replay has to run what it goes through. */
export function demoTarget(): ReplayTarget {
  file ??= recordGuest({
    kernel: new Uint8Array(readFileSync(DEMO_ELF)),
    ...{ memoryBytes: MEMORY, limit: 20_000_000, hashSpacing: 500_000 },
  }).file;
  const session = new ReplaySession(Recording.fromBytes(file), freshVcpu(MEMORY));
  return new ReplayTarget(new Timeline(session, { slice: 200_000 }));
}
