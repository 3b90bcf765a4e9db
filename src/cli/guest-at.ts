/** The guest of a recording at a mark: all that `replay --to` shows. */

import { gva, icount } from '../engine/units.ts';
import type { Registers, Vcpu } from '../engine/vcpu/vcpu.ts';
import { describeDivergence } from '../replay/divergence.ts';
import { formatMark } from '../replay/mark.ts';
import { resolveMark } from '../replay/mark-text.ts';
import { Positions } from '../replay/positions.ts';
import { ReplaySession } from '../replay/session.ts';
import { ConsoleLog } from '../trace/console.ts';
import type { Recording } from '../trace/recording.ts';
import { type CodeLine, disassemble } from './disassembly.ts';
import { FailureError } from './errors.ts';
import { breathe, type Interruption } from './signals.ts';
import { bitsOf, cplOf, linearRip } from './state-view.ts';

export interface GuestAt {
  readonly icount: number;
  /** As it can be typed again. */
  readonly mark: string;
  readonly registers: Registers;
  readonly mode: 16 | 32 | 64;
  readonly cpl: number;
  readonly halted: boolean;
  readonly stateHash: string;
  readonly linearRip: bigint;
  readonly code: readonly CodeLine[] | null;
  /** All the guest had sent by then. */
  readonly console: Uint8Array;
}

const STRIDE = 20_000_000;
const PAGE = 4096n;

/** Null if it was interrupted on the way. */
export async function guestAt(
  recording: Recording,
  vcpu: Vcpu,
  text: string,
  watch: { interruption: Interruption; onProgress: (at: number) => void },
): Promise<GuestAt | null> {
  const positions = new Positions(recording);
  let log: ConsoleLog | undefined;
  const console = () => (log ??= new ConsoleLog(recording));
  const target = resolveMark(text, { positions, console, bookmarks: new Map() });
  const session = new ReplaySession(recording, vcpu);
  for (;;) {
    const near = Math.min(target.icount, vcpu.icount + STRIDE);
    const stop = session.advance(
      near === target.icount ? target : { icount: icount(near), step: 0 },
    );
    if (stop.kind === 'divergence') throw new FailureError(describeDivergence(stop.divergence));
    if (near === target.icount || stop.kind === 'end') break;
    watch.onProgress(vcpu.icount);
    if (watch.interruption.asked) return null;
    await breathe();
  }
  const registers = vcpu.registers();
  const bits = bitsOf(registers);
  const rip = linearRip(registers);
  return {
    icount: vcpu.icount,
    mark: formatMark(session.mark),
    registers,
    mode: bits,
    cpl: cplOf(registers),
    halted: vcpu.halted,
    stateHash: vcpu.stateHash(),
    linearRip: rip,
    code: await disassemble({
      bits,
      rip,
      before: 4,
      after: 8,
      read: (at, length) => peekLinear(vcpu, at, length),
    }),
    console: console().bytes.subarray(0, console().countBefore(positions.ordinalAt(session.mark))),
  };
}

/** Guest memory at a linear address, up to the first page that is not mapped. */
export function peekLinear(vcpu: Vcpu, from: bigint, length: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = from;
  for (let left = length; left > 0; ) {
    const inPage = Math.min(left, Number(PAGE - (at % PAGE)));
    const physical = vcpu.translate(gva(at));
    if (physical === undefined) break;
    parts.push(vcpu.ram.peek(physical, inPage));
    at += BigInt(inPage);
    left -= inPage;
  }
  return new Uint8Array(Buffer.concat(parts));
}
