/**
 * Interrupts and devices at the cursor. A replay has no devices: what crossed the bus is all there is to
 * know, and it is enough. Which interrupts are in service follows from those delivered and the
 * ends of interrupt since; which come next, the recording knows.
 */

import { nameOf, reasonOf } from '../../exits/subject.ts';
import { meaningOf } from '../../exits/text.ts';
import type { Frame } from '../../target/index.ts';
import { type Line, line, span } from '../text.ts';
import type { Ui } from '../ui.ts';

const FRAMES_BACK = 20_000;
const FRAMES_AHEAD = 5_000;
const NEXT_MAX = 3;
const IN_SERVICE_MAX = 4;
const IF = 1n << 9n;
/** 8259A OCW2, "EOI"; the local APIC's EOI register (SDM Vol. 3A §11.8.5). */
const PIC1_COMMAND = 0x20;
const OCW2_KIND = 0x38;
const OCW2_EOI = 0x20;
const APIC_EOI = 0xfee000b0;

interface Seen {
  readonly ordinal: number;
  readonly of: object;
  readonly rows: Line[];
}
const seen = new WeakMap<Ui, Seen>();

/** Looks at many frames: once for every place, not for every picture. */
export function deviceRows(ui: Ui): Line[] {
  const { ordinal } = ui.snapshot;
  const { recording } = ui.target;
  const known = seen.get(ui);
  if (known?.ordinal === ordinal && known.of === recording)
    return [...interrupts(ui), [], ...known.rows];
  const rows = registersSeen(ui);
  seen.set(ui, { ordinal, of: recording, rows });
  return [...interrupts(ui), [], ...rows];
}

function interrupts(ui: Ui): Line[] {
  const { registers, ordinal } = ui.snapshot;
  const enabled = (registers.rflags & IF) !== 0n;
  const serving = inService(ui).map(
    ({ vector, icount }): Line => [
      span(`in service  vector ${hex(vector)}`, 'interrupt'),
      span(`  since ${icount}`, 'dim'),
    ],
  );
  const here = ui.snapshot.when.mark.icount;
  const next: Line[] = [];
  const { recording } = ui.target;
  const end = Math.min(recording.frames, ordinal + FRAMES_AHEAD);
  for (let o = ordinal; o < end && next.length < NEXT_MAX; o++) {
    const frame = recording.peek(o);
    if (frame.kind !== 'interrupt') continue;
    next.push([
      span(`comes next  vector ${hex(frame.vector)}`, 'interrupt'),
      span(`  in ${frame.icount - here} instructions`, 'dim'),
    ]);
  }
  const state = enabled ? 'interrupts are let in (IF)' : 'interrupts wait (IF is clear)';
  return [line(state, enabled ? 'plain' : 'warning'), ...serving, ...next];
}

interface Served {
  readonly vector: number;
  readonly icount: number;
}

/** Backwards: every end of interrupt settles the delivery in front of it. */
function inService(ui: Ui): Served[] {
  const { recording } = ui.target;
  const found: Served[] = [];
  let ended = 0;
  for (let o = ui.snapshot.ordinal - 1; o >= Math.max(0, ui.snapshot.ordinal - FRAMES_BACK); o--) {
    const frame = recording.peek(o);
    if (endsInterrupt(frame)) ended++;
    if (frame.kind !== 'interrupt') continue;
    if (ended > 0) ended--;
    else found.push({ vector: frame.vector, icount: frame.icount });
    // A guest that waits for interrupts has all of them behind it.
    if (found.length === IN_SERVICE_MAX) break;
  }
  return found;
}

function endsInterrupt(frame: Frame): boolean {
  if (frame.kind !== 'exit') return false;
  const { exit } = frame;
  if (exit.kind === 'mmio') return exit.dir === 'write' && Number(exit.gpa) === APIC_EOI;
  if (exit.kind !== 'pio' || exit.dir !== 'out') return false;
  // The slave's is followed by the master's: one interrupt, counted once.
  return exit.port === PIC1_COMMAND && (exit.value & OCW2_KIND) === OCW2_EOI;
}

/** Each register of each device as the guest last saw or set it. */
function registersSeen(ui: Ui): Line[] {
  const found = new Map<string, Line>();
  const { ordinal } = ui.snapshot;
  for (let o = ordinal - 1; o >= Math.max(0, ordinal - FRAMES_BACK); o--) {
    const frame = ui.target.recording.peek(o);
    const name = nameOf(frame);
    if (frame.kind !== 'exit' || name === '') continue;
    const reads = /in$|read$/.test(reasonOf(frame));
    const key = `${name} ${reads ? 'read' : 'wrote'}`;
    if (found.has(key)) continue;
    const value = meaningOf(frame).slice(name.length).replace(/^: /, '');
    found.set(key, [
      span(name.padEnd(18), 'symbol'),
      span(reads ? ' -> ' : ' <- ', 'dim'),
      span(value),
      span(`  at ${frame.icount}`, 'dim'),
    ]);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, spans]) => spans);
}

const hex = (value: number): string => `0x${value.toString(16)}`;
