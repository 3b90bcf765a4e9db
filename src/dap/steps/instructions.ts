/** Instructions as stepping needs them: where they are, and whether they call, return or repeat. */

import { bitsOf, type CodeLine, disassemble, linearRip } from '../../target/index.ts';
import type { DapTarget } from '../host.ts';

export type Flow = 'call' | 'return' | 'interrupt return' | 'repeat' | 'plain';

/** By what iced-x86's Intel syntax begins with. */
export function flowOf(text: string): Flow {
  if (
    /^(?:bnd |notrack )*call\b/.test(text) ||
    /^(?:int|int1|int3|into|syscall|sysenter)\b/.test(text)
  ) {
    return 'call';
  }
  if (/^(?:bnd |rep |repz )*retf?\b/.test(text)) return 'return';
  if (/^(?:iret[dq]?|sysretq?|sysexitq?)\b/.test(text)) return 'interrupt return';
  return /^(?:lock )?rep(?:n?[ez])?\b/.test(text) ? 'repeat' : 'plain';
}

/** The one that comes next, if its page is mapped. */
export async function nextInstruction(target: DapTarget): Promise<CodeLine | undefined> {
  return (await instructionsFrom(target, linearRip(target.registers()), 1))[0];
}

export async function instructionsFrom(
  target: DapTarget,
  at: bigint,
  count: number,
): Promise<readonly CodeLine[]> {
  const read = (from: bigint, length: number) =>
    target.readMemory({ space: 'gva', at: from, length });
  const bits = bitsOf(target.registers());
  return (await disassemble({ bits, rip: at, before: 0, after: count, read })) ?? [];
}

/** Those of a range, which begins with one. */
export async function instructionsOf(
  target: DapTarget,
  start: bigint,
  end: bigint,
): Promise<readonly CodeLine[]> {
  const found = await instructionsFrom(target, start, Number(end - start));
  return found.filter(({ rip }) => rip < end);
}

/** Is the next thing that happens an interrupt, before any instruction? */
export function interruptComesNow(target: DapTarget): boolean {
  if (target.diversion) return false;
  const { mark } = target;
  const ordinal = target.recording.ordinalAt(mark);
  if (ordinal >= target.recording.frames) return false;
  const { frame } = target.recording.frame(ordinal);
  return frame.kind === 'interrupt' && frame.icount === mark.icount;
}

export const stackPointer = (target: DapTarget): bigint => target.registers().gpr[4]!;
