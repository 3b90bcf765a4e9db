/**
 * Who called: by unwind tables where there are some, else by frame pointers (System V AMD64 ABI
 * §3.2.2). At a function's first two instructions its frame is not made yet, and the return address is
 * still at the top of the stack.
 */

import type { SymbolTable } from '../symbols/symbol-table.ts';
import { bitsOf, type CodeFrame, type DebugTarget, linearRip } from '../target/index.ts';

export interface CallFrame {
  readonly rip: bigint;
  readonly name: string | undefined;
  /** Where the return address is that leads out of this function. */
  readonly slot: bigint | undefined;
}

const RSP = 4;
const RBP = 5;
const FRAMES_MAX = 48;
const PUSH_RBP = 0x55;

/** By tables; undefined where they say nothing. */
export type Unwind = (target: DebugTarget, limit: number) => readonly CodeFrame[] | undefined;

export function backtrace(
  target: DebugTarget,
  symbols: SymbolTable | undefined,
  unwind?: Unwind,
): CallFrame[] {
  const found = unwind?.(target, FRAMES_MAX);
  if (found && found.length > 1) {
    // A return address is behind its call, which may be the last instruction of a function.
    return found.map(({ rip, slot, interrupted }) => ({
      ...{ rip, slot, name: interrupted ? symbols?.name(rip) : callName(symbols, rip) },
    }));
  }
  return byFramePointers(target, symbols);
}

function byFramePointers(target: DebugTarget, symbols: SymbolTable | undefined): CallFrame[] {
  const registers = target.registers();
  const rip = linearRip(registers);
  const name = (at: bigint): string | undefined => symbols?.name(at);
  if (bitsOf(registers) !== 64) return [{ rip, name: name(rip), slot: undefined }];
  const early = earlySlot(target, symbols, rip);
  const frames: CallFrame[] = [];
  let at = registers.gpr[RBP]!;
  let slot = early ?? at + 8n;
  for (let here = rip; frames.length < FRAMES_MAX; ) {
    const back = readWord(target, slot);
    const known = back !== undefined && back !== 0n && readWord(target, back) !== undefined;
    frames.push({
      rip: here,
      name: frames.length === 0 ? name(here) : callName(symbols, here),
      slot: known ? slot : undefined,
    });
    if (!known) break;
    here = back;
    if (frames.length === 1 && early !== undefined) slot = at + 8n;
    else {
      const next = readWord(target, at);
      if (next === undefined || next <= at) {
        frames.push({ rip: here, name: callName(symbols, here), slot: undefined });
        break;
      }
      at = next;
      slot = at + 8n;
    }
  }
  return frames;
}

/** A return address by the function of its call, which may be the last instruction there is of it. */
function callName(symbols: SymbolTable | undefined, back: bigint): string | undefined {
  const call = symbols?.locate(back - 1n);
  return call && `${call.symbol.name}+0x${(call.offset + 1n).toString(16)}`;
}

/** Before `push rbp` and before `mov rbp, rsp`. */
function earlySlot(
  target: DebugTarget,
  symbols: SymbolTable | undefined,
  rip: bigint,
): bigint | undefined {
  const located = symbols?.locate(rip);
  const rsp = target.registers().gpr[RSP]!;
  if (located?.offset === 0n && located.symbol.kind === 'code') return rsp;
  const [byte] = target.readMemory({ space: 'gva', at: rip, length: 1 });
  // ENDBR64 comes first where it comes at all.
  if (located?.offset === 4n && byte === PUSH_RBP) return rsp;
  const [before] = target.readMemory({ space: 'gva', at: rip - 1n, length: 1 });
  const pushed = located && (located.offset === 1n || located.offset === 5n) && before === PUSH_RBP;
  return pushed ? rsp + 8n : undefined;
}

export function readWord(target: DebugTarget, at: bigint, bytes = 8): bigint | undefined {
  const read = target.readMemory({ space: 'gva', at: BigInt.asUintN(64, at), length: bytes });
  if (read.length < bytes) return undefined;
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(read[i]!);
  return value;
}
