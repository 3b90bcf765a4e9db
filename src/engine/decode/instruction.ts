/** A decoded instruction, as the decoder gives it and microcode receives it. */

import type { RepPrefix } from '../isa/emitter.ts';
import type { Row } from '../isa/row.ts';
import type { Form } from './record.ts';

export interface Instruction {
  readonly row: Row;
  /** Bytes, 1..15. */
  readonly length: number;
  /** Code size: 2, 4 or 8 for 16-, 32- and 64-bit code. */
  readonly codeSize: 2 | 4 | 8;
  /** Effective operand size. */
  readonly size: 2 | 4 | 8;
  readonly addressSize: 2 | 4 | 8;
  readonly stackSize: 2 | 4 | 8;
  readonly form: Form;
  readonly rep: RepPrefix;
  readonly lock: boolean;
  /** ModRM.mod, .reg and .rm with REX bits applied; zero where there is no ModRM. */
  readonly mod: number;
  readonly reg: number;
  readonly rm: number;
  /** Low three bits of the opcode with REX.B applied. */
  readonly z: number;
  readonly rex: number;
  /** Offset in the state (layout.ts) of each register operand; 0 where an operand is none. */
  readonly regs: readonly [number, number, number];
  /** Memory operand: state offsets of base and index (layout.ZERO for none), scale as a shift. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** Displacement, sign-extended. For RIP-relative operands the decoder has added offset and length. */
  readonly disp: number;
  /** Segment of the memory operand (layout.ES..GS), after prefixes and defaults. */
  readonly segment: number;
  /** Its default is the stack segment: a bad address is #SS. */
  readonly stackFault: boolean;
  /** Immediate or absolute offset, sign-extended; the offset part of a far pointer. */
  readonly imm: bigint;
  /** Second immediate: ENTER's level, a far pointer's selector. */
  readonly imm2: number;
  /** The opcode's last byte and the whole ModRM byte (x87 dispatches on them). */
  readonly opcode: number;
  readonly modrm: number;
}
