/** The guest as it stands at a stop, as far as panes need it again when the next one comes. */

import type { SymbolTable } from '../symbols/symbol-table.ts';
import { bitsOf, cplOf, linearRip, type Registers, type When } from '../target/index.ts';
import { backtrace, type CallFrame, type Unwind } from './backtrace.ts';
import type { Instruction } from './code.ts';
import type { TuiTarget } from './travel.ts';

export interface Snapshot {
  readonly when: When;
  readonly registers: Registers;
  readonly bits: 16 | 32 | 64;
  readonly cpl: number;
  readonly rip: bigint;
  readonly code: readonly Instruction[];
  readonly calls: readonly CallFrame[];
  /** Ordinal of the next frame. */
  readonly ordinal: number;
}

export function takeSnapshot(
  target: TuiTarget,
  symbols: SymbolTable | undefined,
  code: readonly Instruction[],
  unwind?: Unwind,
): Snapshot {
  const registers = target.registers();
  const when = target.when();
  return {
    when,
    registers,
    bits: bitsOf(registers),
    cpl: cplOf(registers),
    rip: linearRip(registers),
    code,
    calls: backtrace(target, symbols, unwind),
    ordinal: target.recording.ordinalAt(when.mark),
  };
}
