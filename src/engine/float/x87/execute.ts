/**
 * The x87 instruction set by opcode (SDM Vol. 2D, Tables A-7..A-22): one entry for the vCPU. Before
 * calling, the vCPU has checked CR0.EM and CR0.TS (#NM) and, for a waiting instruction,
 * `hasPendingException` (#MF). Memory is touched through callbacks that may throw a page fault; the
 * state is then as it was.
 */

import { executeMemory } from './execute-memory.ts';
import { executeRegister } from './execute-register.ts';
import type { ImageFormat } from './image.ts';
import type { X87State } from './state.ts';

/** What an x87 instruction may need of the rest of the processor. */
export interface X87Environment {
  /** `size` bytes at the memory operand, little-endian: 2, 4, 8 or 10. */
  read(size: number): bigint;
  write(value: bigint, size: number): void;
  /** As above, for environments and whole states: 14, 28, 94 or 108 bytes. */
  readBlock(size: number): Uint8Array;
  writeBlock(bytes: Uint8Array): void;
  /** FCMOVcc reads CF, PF, ZF; FCOMI and its like write them, and clear OF, SF and AF. */
  eflags: number;
  /** FNSTSW AX. */
  setAx(value: number): void;
}

/** Where the instruction and its memory operand are, for the last-instruction pointers. */
export interface X87Instruction {
  /** D8..DF. */
  readonly opcode: number;
  readonly modrm: number;
  /** Offset and selector of the instruction, prefixes included. */
  readonly ip: bigint;
  readonly cs: number;
  /** Offset and selector of the memory operand; meaningless for a register form. */
  readonly dp: bigint;
  readonly ds: number;
  readonly format: ImageFormat;
}

/**
 * Instructions that do not check for pending exceptions first: FNINIT, FNCLEX, FNSTCW, FNSTSW,
 * FNSTENV, FNSAVE and the 8087's FNENI, FNDISI (SDM Vol. 1 §8.3.11, §8.6).
 */
export function isWaiting(opcode: number, modrm: number): boolean {
  const reg = (modrm >> 3) & 7;
  if (modrm >= 0xc0) {
    if (opcode === 0xdb) return !(modrm >= 0xe0 && modrm <= 0xe4);
    return !(opcode === 0xdf && modrm === 0xe0);
  }
  if (opcode === 0xd9) return reg !== 6 && reg !== 7;
  return !(opcode === 0xdd && (reg === 6 || reg === 7));
}

/** Register forms with holes among them, by opcode and ModR/M.reg; the rest exist or not as a row. */
const PARTLY_DEFINED: Readonly<Record<string, readonly number[]>> = {
  'd9/2': [0xd0],
  'd9/4': [0xe0, 0xe1, 0xe4, 0xe5],
  'd9/5': [0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee],
  'da/5': [0xe9],
  'db/4': [0xe0, 0xe1, 0xe2, 0xe3, 0xe4],
  'de/3': [0xd9],
  'df/4': [0xe0],
};
const UNDEFINED_REGISTER = ['da/4', 'da/6', 'da/7', 'db/7', 'dd/6', 'dd/7', 'df/7'];
const UNDEFINED_MEMORY = ['d9/1', 'db/4', 'db/6', 'dd/5'];

/** Is there such an instruction? If not it is #UD, even while an exception is pending. */
export function isDefined(opcode: number, modrm: number): boolean {
  const row = `${opcode.toString(16)}/${(modrm >> 3) & 7}`;
  if (modrm < 0xc0) return !UNDEFINED_MEMORY.includes(row);
  return PARTLY_DEFINED[row]?.includes(modrm) ?? !UNDEFINED_REGISTER.includes(row);
}

/** Control instructions leave the pointers to the last instruction alone (§8.1.8). */
function isControl(opcode: number, modrm: number): boolean {
  const reg = (modrm >> 3) & 7;
  if (modrm < 0xc0) {
    return (opcode === 0xd9 && reg >= 4) || (opcode === 0xdd && (reg === 4 || reg >= 6));
  }
  return !isWaiting(opcode, modrm);
}

/** Runs one instruction. False: there is no such instruction, #UD. */
export function executeX87(s: X87State, insn: X87Instruction, env: X87Environment): boolean {
  const { opcode, modrm } = insn;
  const isMemory = modrm < 0xc0;
  const done = isMemory
    ? executeMemory(s, opcode, (modrm >> 3) & 7, insn.format, env)
    : executeRegister(s, opcode, modrm, env);
  if (!done) return false;
  if (!isControl(opcode, modrm)) {
    s.fip = insn.ip;
    s.fcs = insn.cs;
    s.fop = ((opcode & 7) << 8) | modrm;
    if (isMemory) {
      s.fdp = insn.dp;
      s.fds = insn.ds;
    }
  }
  return true;
}
