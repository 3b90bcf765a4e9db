/** The guests of guests/reverse, recorded from reset to their end, and lines of theirs by their comment. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gpa } from '../../src/engine/units.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { Timeline } from '../../src/replay/timeline.ts';
import { ReplayTarget } from '../../src/target/replay-target.ts';
import { Recording } from '../../src/trace/recording.ts';
import { freshVcpu, recordGuest } from '../replay/machine/record-guest.ts';

const FOLDER = join(import.meta.dirname, '../../guests/reverse');
const TINY = join(import.meta.dirname, '../../guests/tiny');
const MEMORY = 16 << 20;

export const elfOf = (guest: string): string => join(FOLDER, `${guest}.elf`);

/** A flat image for 0:7c00 as a target that stands at reset. */
function flat(path: string): ReplayTarget {
  const kernel = new Uint8Array(readFileSync(path));
  const boot = { kernel, at: gpa(0x7c00), memoryBytes: MEMORY };
  const { file } = recordGuest({ ...boot, limit: 20_000_000, hashSpacing: 1000 });
  const session = new ReplaySession(Recording.fromBytes(file), freshVcpu(MEMORY));
  return new ReplayTarget(new Timeline(session, { spacing: 5000, nearest: 100 }));
}

export const reverseGuest = (guest: string): ReplayTarget => flat(join(FOLDER, `${guest}.bin`));
export const tinyGuest = (guest: string): ReplayTarget => flat(join(TINY, `${guest}.bin`));

/** The number of the line with a comment. */
export function lineOf(guest: string, comment: string): number {
  const lines = readFileSync(join(FOLDER, `${guest}.c`), 'utf8').split('\n');
  const found = lines.flatMap((line, i) => (line.includes(`/* ${comment} */`) ? [i + 1] : []));
  if (found.length !== 1) throw new Error(`${guest}.c: ${found.length} lines say ${comment}`);
  return found[0]!;
}
