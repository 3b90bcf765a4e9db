/**
 * SSE4.2's string comparisons PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM. SDM Vol. 2B §4.1, whose
 * names (IntRes1, IntRes2) are used here. Their memory operand needs no alignment.
 */

import type { Instruction } from '../decode/instruction.ts';
import type { Xmm } from '../float/sse/packed.ts';
import { CF, OF, SF, ZF } from '../isa/flags.ts';
import * as L from '../vcpu/layout.ts';
import type { Cpu } from './cpu.ts';
import type { Microcode } from './microcode.ts';
import { readXmm, writeXmm } from './sse-float.ts';

interface Text {
  readonly elements: readonly number[];
  /** How many of them count. */
  readonly length: number;
}

export interface Comparison {
  /** IntRes2: one bit for each element of the second operand. */
  readonly result: number;
  readonly count: 8 | 16;
  readonly flags: number;
}

/** imm8[0]: words; imm8[1]: signed. SDM Vol. 2B §4.1.2. */
function elementsOf(x: Xmm, imm: number): number[] {
  const bits = imm & 1 ? 16 : 8;
  return Array.from({ length: 128 / bits }, (_, i) => {
    const at = BigInt(i * bits);
    const raw = Number(BigInt.asUintN(bits, at < 64n ? x.lo >> at : x.hi >> (at - 64n)));
    return imm & 2 && raw >> (bits - 1) ? raw - 2 ** bits : raw;
  });
}

/** Up to the first zero. */
function implicit(x: Xmm, imm: number): Text {
  const elements = elementsOf(x, imm);
  const end = elements.indexOf(0);
  return { elements, length: end < 0 ? elements.length : end };
}

/** By a count in a register, whose sign does not matter. */
function explicit(x: Xmm, imm: number, count: bigint): Text {
  const elements = elementsOf(x, imm);
  const magnitude = count < 0n ? -count : count;
  return { elements, length: Number(magnitude < 16n ? magnitude : 16n) };
}

/** IntRes1, aggregated as imm8[3:2] says; elements that do not count as in Table 4-7. */
function aggregate(a: Text, b: Text, imm: number): number {
  const count = a.elements.length;
  const inA = (i: number): boolean => i < a.length;
  const inB = (j: number): boolean => j < b.length;
  const equal = (i: number, j: number): boolean => a.elements[i] === b.elements[j];
  const among = (j: number): boolean => {
    for (let i = 0; i < count; i++) if (inA(i) && inB(j) && equal(i, j)) return true;
    return false;
  };
  const inRange = (j: number): boolean => {
    const x = b.elements[j]!;
    for (let i = 0; i < count; i += 2) {
      if (!inA(i + 1) || !inB(j)) continue;
      if (a.elements[i]! <= x && x <= a.elements[i + 1]!) return true;
    }
    return false;
  };
  const same = (i: number): boolean => (inA(i) && inB(i) ? equal(i, i) : inA(i) === inB(i));
  const begins = (j: number): boolean => {
    for (let i = 0; i + j < count; i++) {
      if (inA(i) && !(inB(i + j) && equal(i, i + j))) return false;
    }
    return true;
  };
  const holds = [among, inRange, same, begins][(imm >> 2) & 3]!;
  let result = 0;
  for (let j = 0; j < count; j++) if (holds(j)) result |= 1 << j;
  return result;
}

export function compareStrings(a: Text, b: Text, imm: number): Comparison {
  const count = a.elements.length as 8 | 16;
  const [lengthA, lengthB] = [Math.min(a.length, count), Math.min(b.length, count)];
  const all = (1 << count) - 1;
  let result = aggregate({ ...a, length: lengthA }, { ...b, length: lengthB }, imm);
  // imm8[5:4]: negative polarity, of all bits or of those that count.
  if ((imm & 0x30) === 0x10) result ^= all;
  if ((imm & 0x30) === 0x30) result ^= (1 << lengthB) - 1;
  const flags =
    (result ? CF : 0) |
    (lengthB < count ? ZF : 0) |
    (lengthA < count ? SF : 0) |
    (result & 1 ? OF : 0);
  return { result, count, flags };
}

function operands(cpu: Cpu, insn: Instruction, lengths: 'implicit' | 'explicit'): Comparison {
  const imm = Number(insn.imm & 0xffn);
  const second: Xmm =
    insn.form === 'reg'
      ? readXmm(cpu, insn.regs[1])
      : { lo: cpu.readOperand(insn, 8), hi: cpu.readOperand(insn, 8, 8n) };
  const first = readXmm(cpu, insn.regs[0]);
  if (lengths === 'implicit') {
    return compareStrings(implicit(first, imm), implicit(second, imm), imm);
  }
  const bits = insn.size === 8 ? 64 : 32;
  const [rax, rdx] = [BigInt.asIntN(bits, cpu.gpr(0)), BigInt.asIntN(bits, cpu.gpr(2))];
  return compareStrings(explicit(first, imm, rax), explicit(second, imm, rdx), imm);
}

/** To ECX: the lowest, or by imm8[6] the highest, set bit; the element count if there is none. */
export const stringIndex =
  (lengths: 'implicit' | 'explicit'): Microcode =>
  (cpu, insn) => {
    const { result, count, flags } = operands(cpu, insn, lengths);
    const lowest = result & -result;
    const bit = 31 - Math.clz32(insn.imm & 0x40n ? result : lowest);
    cpu.setGpr(1, BigInt(result ? bit : count));
    cpu.access.setFlagWord(flags);
  };

/** To XMM0: the bits, or by imm8[6] a mask of elements. */
export const stringMask =
  (lengths: 'implicit' | 'explicit'): Microcode =>
  (cpu, insn) => {
    const { result, count, flags } = operands(cpu, insn, lengths);
    writeXmm(cpu, L.XMM, insn.imm & 0x40n ? expand(result, count) : { lo: BigInt(result), hi: 0n });
    cpu.access.setFlagWord(flags);
  };

function expand(result: number, count: 8 | 16): Xmm {
  const bits = 128 / count;
  const ones = (1n << BigInt(bits)) - 1n;
  const half = (from: number): bigint => {
    let value = 0n;
    for (let i = 0; i < count / 2; i++) {
      if (result & (1 << (from + i))) value |= ones << BigInt(i * bits);
    }
    return value;
  };
  return { lo: half(0), hi: half(count / 2) };
}
