/**
 * Conversions between MMX integers and XMM floating point: CVTPI2PS, CVTPI2PD, CVT(T)PS2PI,
 * CVT(T)PD2PI. SDM Vol. 2A, by name.
 */

import type { Instruction } from '../decode/instruction.ts';
import { cvtI32ToF32, cvtI32ToF64 } from '../float/sse/convert.ts';
import type { SseEnv } from '../float/sse/env.ts';
import { eachF32, narrow, widen } from '../float/sse/packed.ts';
import { MF } from '../isa/emitter.ts';
import * as L from '../vcpu/layout.ts';
import type { Cpu } from './cpu.ts';
import { Fault, type Microcode } from './microcode.ts';
import { environment, finish, readXmm, source, writeXmm } from './sse-float.ts';

const FSW_ES = 0x80;
const FSW_TOP = 0x3800;

function checkX87(cpu: Cpu): void {
  if (cpu.state.u16(L.FSW) & FSW_ES) throw new Fault(MF);
}

/** The x87 registers become MMX registers: TOP 0, all valid. SDM Vol. 3A Table 13-1. */
function touchX87(cpu: Cpu): void {
  cpu.state.setU16(L.FSW, cpu.state.u16(L.FSW) & ~FSW_TOP);
  cpu.state.setU16(L.FTW, 0);
}

/** With a source in memory no MMX register is used: the x87 state is neither looked at nor changed. */
export function fromMmx(to: 'f32' | 'f64'): Microcode {
  return (cpu: Cpu, insn: Instruction): void => {
    const memory = insn.form !== 'reg';
    if (!memory) checkX87(cpu);
    const integers = memory ? cpu.readOperand(insn, 8) : cpu.state.u64(insn.regs[1]);
    const env = environment(cpu);
    const old = readXmm(cpu, insn.regs[0]);
    const result =
      to === 'f64'
        ? widen(cvtI32ToF64, integers, env)
        : { lo: eachF32(cvtI32ToF32, { lo: integers, hi: 0n }, env).lo, hi: old.hi };
    finish(cpu, env);
    if (!memory) touchX87(cpu);
    writeXmm(cpu, insn.regs[0], result);
  };
}

type Convert = (lo: bigint, hi: bigint, env: SseEnv) => bigint;

function toMmx(bytes: 8 | 16, convert: Convert): Microcode {
  return (cpu: Cpu, insn: Instruction): void => {
    checkX87(cpu);
    const from = source(cpu, insn, 1, bytes);
    const env = environment(cpu);
    const result = convert(from.lo, from.hi, env);
    finish(cpu, env);
    touchX87(cpu);
    cpu.state.setU64(insn.regs[0], result);
    cpu.state.setU16(insn.regs[0] + 8, 0xffff);
  };
}

/** Two f32, in 8 bytes. */
export const toMmxSame = (op: (a: number, env: SseEnv) => number): Microcode =>
  toMmx(8, (lo, _, env) => {
    const second = op(Number(lo >> 32n), env);
    return (BigInt(second) << 32n) | BigInt(op(Number(lo & 0xffff_ffffn), env));
  });

/** Two f64, in 16 bytes. */
export const toMmxNarrow = (op: (a: bigint, env: SseEnv) => number): Microcode =>
  toMmx(16, (lo, hi, env) => narrow(op, { lo, hi }, env).lo);
