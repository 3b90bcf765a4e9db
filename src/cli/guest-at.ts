/** The guest of a recording at a mark: all that `replay --to` shows. */

import type { Registers } from '../engine/vcpu/vcpu.ts';
import { describeDivergence } from '../replay/divergence.ts';
import { formatMark } from '../replay/mark.ts';
import type { WorkControl } from '../replay/work.ts';
import type { DebugTarget } from '../target/debug-target.ts';
import { type CodeLine, disassemble } from '../target/disassembly.ts';
import { bitsOf, cplOf, linearRip } from '../target/state-view.ts';
import { FailureError } from './errors.ts';
import { divergenceOf } from './open-target.ts';

export interface GuestAt {
  readonly icount: number;
  /** As it can be typed again. */
  readonly mark: string;
  readonly registers: Registers;
  readonly mode: 16 | 32 | 64;
  readonly cpl: number;
  readonly stateHash: string;
  readonly linearRip: bigint;
  readonly code: readonly CodeLine[] | null;
  /** All the guest had printed by then. */
  readonly console: string;
}

const LINES_BEFORE = 4;
const LINES_AFTER = 8;

/** Null if it was interrupted on the way. */
export async function guestAt(
  target: DebugTarget,
  text: string,
  control: WorkControl,
): Promise<GuestAt | null> {
  const stop = await target.seekTo(target.resolve(text), control);
  const divergence = divergenceOf(stop);
  if (divergence) throw new FailureError(describeDivergence(divergence));
  return stop.reason === 'cancelled' ? null : await describeGuest(target);
}

export async function describeGuest(target: DebugTarget): Promise<GuestAt> {
  const { mark } = target.when();
  const registers = target.registers();
  const mode = bitsOf(registers);
  const rip = linearRip(registers);
  const code = await disassemble({
    bits: mode,
    rip,
    before: LINES_BEFORE,
    after: LINES_AFTER,
    read: (at, length) => target.readMemory({ space: 'gva', at, length }),
  });
  return {
    icount: mark.icount,
    mark: formatMark(mark),
    registers,
    mode,
    cpl: cplOf(registers),
    stateHash: target.stateHash(),
    linearRip: rip,
    code,
    console: target.consoleText(),
  };
}
