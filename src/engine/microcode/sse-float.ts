/**
 * The exact form of SSE floating point: fetches operands, runs the element operations of
 * engine/float on them under MXCSR, and raises what they raised. Generated code takes its shortcut
 * where that is provably the same (isa/float-fast.ts) and comes here otherwise.
 */

import type { Instruction } from '../decode/instruction.ts';
import { type SseEnv, settle, sseEnv } from '../float/sse/env.ts';
import {
  eachF32,
  eachF64,
  narrow,
  packedF32,
  packedF64,
  widen,
  type Xmm,
} from '../float/sse/packed.ts';
import { GP, UD, XM } from '../isa/emitter.ts';
import * as L from '../vcpu/layout.ts';
import { type Cpu, CR4_OSXMMEXCPT } from './cpu.ts';
import { Fault, type Microcode } from './microcode.ts';

export type BinaryF64 = (a: bigint, b: bigint, env: SseEnv, imm: number) => bigint;
export type BinaryF32 = (a: number, b: number, env: SseEnv, imm: number) => number;

export function readXmm(cpu: Cpu, at: number): Xmm {
  return { lo: cpu.state.u64(at), hi: cpu.state.u64(at + 8) };
}

export function writeXmm(cpu: Cpu, at: number, { lo, hi }: Xmm): void {
  cpu.state.setU64(at, lo);
  cpu.state.setU64(at + 8, hi);
}

/** Operand `field`, XMM or memory; 16 bytes of memory must be aligned, else #GP(0). */
export function source(cpu: Cpu, insn: Instruction, field: number, bytes: 4 | 8 | 16): Xmm {
  if (insn.form === 'reg') return readXmm(cpu, insn.regs[field]!);
  if (bytes !== 16) return { lo: cpu.readOperand(insn, bytes), hi: 0n };
  if (cpu.operandAddress(insn, 16, false) & 15n) throw new Fault(GP, 0);
  return { lo: cpu.readOperand(insn, 8), hi: cpu.readOperand(insn, 8, 8n) };
}

export const environment = (cpu: Cpu): SseEnv => sseEnv(cpu.state.u32(L.MXCSR));

/**
 * Moves the flags raised to MXCSR; #XM, or #UD for a system that does not know #XM, if one of them
 * is unmasked. SDM Vol. 1 §11.5.1.
 */
export function finish(cpu: Cpu, env: SseEnv): void {
  const raise = settle(env);
  cpu.state.setU32(L.MXCSR, env.mxcsr);
  if (raise) throw new Fault(cpu.cr4 & CR4_OSXMMEXCPT ? XM : UD);
}

const low32 = (n: bigint): number => Number(n & 0xffff_ffffn);
const setLow32 = (x: Xmm, value: number): Xmm => ({
  lo: (x.lo & ~0xffff_ffffn) | BigInt(value),
  hi: x.hi,
});

/** Destination := compute(destination, source), all of the register. */
export function vector(
  bytes: 4 | 8 | 16,
  compute: (a: Xmm, b: Xmm, env: SseEnv, imm: number) => Xmm,
): Microcode {
  return (cpu, insn) => {
    const b = source(cpu, insn, 1, bytes);
    const a = readXmm(cpu, insn.regs[0]);
    const env = environment(cpu);
    const result = compute(a, b, env, Number(insn.imm & 0xffn));
    finish(cpu, env);
    writeXmm(cpu, insn.regs[0], result);
  };
}

export const scalarF64 = (op: BinaryF64): Microcode =>
  vector(8, (a, b, env, imm) => ({ lo: op(a.lo, b.lo, env, imm), hi: a.hi }));

export const scalarF32 = (op: BinaryF32): Microcode =>
  vector(4, (a, b, env, imm) => setLow32(a, op(low32(a.lo), low32(b.lo), env, imm)));

export const vectorF64 = (op: BinaryF64): Microcode =>
  vector(16, (a, b, env, imm) => packedF64((x, y) => op(x, y, env, imm), a, b, env));

export const vectorF32 = (op: BinaryF32): Microcode =>
  vector(16, (a, b, env, imm) => packedF32((x, y) => op(x, y, env, imm), a, b, env));

/** COMIS, UCOMIS: the flags word from the low elements. */
export function compareF64(op: (a: bigint, b: bigint, env: SseEnv) => number): Microcode {
  return compare(8, (a, b, env) => op(a.lo, b.lo, env));
}

export function compareF32(op: (a: number, b: number, env: SseEnv) => number): Microcode {
  return compare(4, (a, b, env) => op(low32(a.lo), low32(b.lo), env));
}

function compare(bytes: 4 | 8, op: (a: Xmm, b: Xmm, env: SseEnv) => number): Microcode {
  return (cpu, insn) => {
    const b = source(cpu, insn, 1, bytes);
    const env = environment(cpu);
    const flags = op(readXmm(cpu, insn.regs[0]), b, env);
    finish(cpu, env);
    cpu.access.setFlagWord(flags);
  };
}

// --- conversions ------------------------------------------------------------------------------------

/** CVTSS2SD, CVTSD2SS. */
export const toF64 = (op: (a: number, env: SseEnv) => bigint): Microcode =>
  vector(4, (a, b, env) => ({ lo: op(low32(b.lo), env), hi: a.hi }));
export const toF32 = (op: (a: bigint, env: SseEnv) => number): Microcode =>
  vector(8, (a, b, env) => setLow32(a, op(b.lo, env)));

/** CVTPS2PD, CVTDQ2PD; CVTPD2PS, CVTPD2DQ; CVTDQ2PS, CVTPS2DQ. */
export const widening = (op: (a: number, env: SseEnv) => bigint): Microcode =>
  vector(8, (_, b, env) => widen(op, b.lo, env));
export const narrowing = (op: (a: bigint, env: SseEnv) => number): Microcode =>
  vector(16, (_, b, env) => narrow(op, b, env));
export const sameWidth = (op: (a: number, env: SseEnv) => number): Microcode =>
  vector(16, (_, b, env) => eachF32(op, b, env));

/** CVTSI2SS, CVTSI2SD. */
export function fromGeneral(put: (x: Xmm, n: bigint, size: 4 | 8, env: SseEnv) => Xmm): Microcode {
  return (cpu, insn) => {
    const size = insn.size === 8 ? 8 : 4;
    const n = cpu.readRm(insn, 1, size);
    const env = environment(cpu);
    const result = put(readXmm(cpu, insn.regs[0]), n, size, env);
    finish(cpu, env);
    writeXmm(cpu, insn.regs[0], result);
  };
}

export const putF32 = setLow32;

/** CVTSS2SI, CVTSD2SI and their truncating forms, to a general register. */
export function toGeneral(
  bytes: 4 | 8,
  get: (x: bigint, size: 4 | 8, env: SseEnv) => bigint,
): Microcode {
  return (cpu, insn) => {
    const size = insn.size === 8 ? 8 : 4;
    const from = source(cpu, insn, 1, bytes).lo;
    const env = environment(cpu);
    const n = get(bytes === 4 ? from & 0xffff_ffffn : from, size, env);
    finish(cpu, env);
    cpu.setSized(insn.regs[0], size, n);
  };
}

export { eachF64, low32 };
