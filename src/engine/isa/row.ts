/**
 * One row of the instruction tables: an encoding, its operands, what it does, what it cites. The
 * decoder, the interpreter, the JIT, the conformance tests and docs/SUPPORTED.md all come from
 * these rows; there is no second place where an instruction is written.
 */

import type { Feature } from '../cpuid.ts';
import type { Microcode } from '../microcode/microcode.ts';
import type { Emitter } from './emitter.ts';

export interface Row {
  /**
   * As the SDM's opcode column: `00 /r`, `80 /4 ib`, `0F 40+cc /r`, `50+r`, `F3 0F B8 /r`,
   * `0F 01 C8` (a whole ModRM byte). A leading `NP`, `66`, `F2` or `F3` is mandatory; without one
   * 66 is the operand size and F2/F3 are REP or ignored. VEX as the SDM has it, `VEX.LZ.F2.0F38 F5 /r`,
   * with NP written out; without W0 or W1, W is the operand size.
   */
  readonly enc: string;
  readonly name: string;
  /**
   * Comma-separated operands in the opcode-map letters of SDM Vol. 2D §A.2.1: `Ev,Gv`, `Eb,1`,
   * `Vdq,Wdq`. See operands.ts for those in use. Empty for none.
   */
  readonly ops: string;
  /** What it does, as code. Exactly one of `emit` and `microcode` is there. */
  readonly emit?: (e: Emitter) => void;
  /** What it does, as a routine on the vCPU, for instructions too long or too rare to generate. */
  readonly microcode?: Microcode;
  /**
   * Beside `emit`: the exact form, which `emit` leaves to by `Emitter.fallback` wherever its own
   * shortcut does not hold. The two agree where both apply; tests/isa-sse compares them.
   */
  readonly slow?: Microcode;
  /** Flags it leaves undefined, as letters of `OSZAPC`; conformance masks them. */
  readonly undef?: string;
  /** LOCK is allowed with a memory destination; everywhere else it is #UD. */
  readonly lock?: true;
  /** Exists only in 64-bit mode, or everywhere but there. */
  readonly only?: '64' | 'legacy';
  /** In 64-bit mode the operand size is 64 unless 66 makes it 16 (`d64`), or always (`f64`). */
  readonly size?: 'd64' | 'f64';
  /** Ends its block: it branches, or what follows depends on what it did. Microcode rows: default. */
  readonly ends?: boolean;
  /** Uses the stack without naming it: a bad address is #SS, unless it is a memory operand's. */
  readonly stack?: true;
  /** REP and REPE/REPNE mean something here; the row is generated once for each. */
  readonly rep?: 'rep' | 'repz';
  /** Raises #NM when CR0.TS or CR0.EM is set (x87), #UD/#NM by CR0/CR4 (MMX, SSE). */
  readonly unit?: 'x87' | 'mmx' | 'sse';
  /** The CPUID feature that it belongs to, if belongs.ts does not know; absent: always there. */
  readonly feature?: Feature;
  /** Manual and section. */
  readonly cite: string;
}
