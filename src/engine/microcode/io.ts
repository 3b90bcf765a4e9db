/**
 * IN, OUT, INS, OUTS, and who may use a port. SDM Vol. 1 chapter 18.5 (I/O protection); Vol. 2A
 * "IN", "INS"; Vol. 2B "OUT", "OUTS".
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { retire } from './code-segment.ts';
import { type Cpu, FL_DF, GP } from './cpu.ts';
import { ioBreakpointHits } from './debug.ts';
import { Fault, type Microcode } from './microcode.ts';
import { tss32 } from './tss.ts';

type PortSize = 1 | 2 | 4;

/** Where a 32-bit TSS has the offset of its I/O permission bit map. */
const IO_MAP_BASE = 0x66;

/** #GP(0) unless IOPL or the TSS's bit map allows the port. */
function requirePort(cpu: Cpu, port: number, size: PortSize): void {
  if (!cpu.protectedMode) return;
  if (!cpu.v86 && cpu.cpl <= cpu.iopl) return;
  const limit = cpu.limit(L.TR);
  if (!tss32(cpu) || limit < IO_MAP_BASE + 1) throw new Fault(GP, 0);
  const tss = cpu.base(L.TR);
  const at = Number(cpu.readSystem(tss + BigInt(IO_MAP_BASE), 2)) + (port >> 3);
  // Two bytes are always read: a port's bits may lie in both.
  if (at + 1 > limit) throw new Fault(GP, 0);
  const bits = Number(cpu.readSystem(tss + BigInt(at), 2)) >> (port & 7);
  if (bits & ((1 << size) - 1)) throw new Fault(GP, 0);
}

function input(cpu: Cpu, port: number, size: PortSize): number {
  const entry = cpu.access.exit({ kind: 'pio', dir: 'in', port, size, value: 0 });
  if (entry.kind !== 'value') throw new Error(`in: expected a value, got ${entry.kind}`);
  return entry.value;
}

function output(cpu: Cpu, port: number, size: PortSize, value: number): void {
  cpu.access.exit({ kind: 'pio', dir: 'out', port, size, value });
}

/** The port was used: breakpoints on it trap behind the instruction. */
function used(cpu: Cpu, port: number, size: PortSize): void {
  const hits = ioBreakpointHits(cpu, port, size);
  if (hits) cpu.state.setU32(L.DEBUG_HITS, cpu.state.u32(L.DEBUG_HITS) | hits);
}

const wordSize = (insn: Instruction): PortSize => (insn.size === 2 ? 2 : 4);
const immediatePort = (_: Cpu, insn: Instruction): number => Number(insn.imm & 0xffn);
const dxPort = (cpu: Cpu): number => cpu.state.u16(L.RDX);

type Port = (cpu: Cpu, insn: Instruction) => number;

const inFrom =
  (port: Port, byte: boolean): Microcode =>
  (cpu, insn) => {
    const size = byte ? 1 : wordSize(insn);
    const at = port(cpu, insn);
    requirePort(cpu, at, size);
    cpu.setSized(L.RAX, size, BigInt(input(cpu, at, size) >>> 0));
    used(cpu, at, size);
    retire(cpu, insn);
  };

const outTo =
  (port: Port, byte: boolean): Microcode =>
  (cpu, insn) => {
    const size = byte ? 1 : wordSize(insn);
    const at = port(cpu, insn);
    requirePort(cpu, at, size);
    output(cpu, at, size, Number(cpu.sized(L.RAX, size)));
    used(cpu, at, size);
    retire(cpu, insn);
  };

export const inImmediate = inFrom(immediatePort, false);
export const inImmediateByte = inFrom(immediatePort, true);
export const inDx = inFrom(dxPort, false);
export const inDxByte = inFrom(dxPort, true);
export const outImmediate = outTo(immediatePort, false);
export const outImmediateByte = outTo(immediatePort, true);
export const outDx = outTo(dxPort, false);
export const outDxByte = outTo(dxPort, true);

/** Moves rSI or rDI by one element and, under REP, counts it; RIP moves on behind the last one. */
function advance(cpu: Cpu, insn: Instruction, index: number, size: PortSize): void {
  const { state } = cpu;
  const width = insn.addressSize;
  const step = BigInt(state.u32(L.EFLAGS) & FL_DF ? -size : size);
  cpu.setSized(index, width, BigInt.asUintN(width * 8, cpu.sized(index, width) + step));
  if (insn.rep !== 'none') {
    const count = cpu.sized(L.RCX, width) - 1n;
    cpu.setSized(L.RCX, width, count);
    if (count !== 0n) return;
  }
  retire(cpu, insn);
}

/** REP with a count of zero does nothing, and checks nothing. */
function exhausted(cpu: Cpu, insn: Instruction): boolean {
  if (insn.rep === 'none' || cpu.sized(L.RCX, insn.addressSize) !== 0n) return false;
  retire(cpu, insn);
  return true;
}

export const inString =
  (byte: boolean): Microcode =>
  (cpu, insn) => {
    if (exhausted(cpu, insn)) return;
    const size = byte ? 1 : wordSize(insn);
    const port = dxPort(cpu);
    requirePort(cpu, port, size);
    const to = cpu.linear(L.ES, cpu.sized(L.RDI, insn.addressSize), size, true);
    // The port must not be read for a byte that cannot be stored.
    cpu.access.probeWrite(to, size, 'program');
    const value = input(cpu, port, size);
    cpu.access.write(to, size, BigInt(value >>> 0), 'program');
    used(cpu, port, size);
    advance(cpu, insn, L.RDI, size);
  };

export const outString =
  (byte: boolean): Microcode =>
  (cpu, insn) => {
    if (exhausted(cpu, insn)) return;
    const size = byte ? 1 : wordSize(insn);
    const port = dxPort(cpu);
    requirePort(cpu, port, size);
    const from = cpu.sized(L.RSI, insn.addressSize);
    output(cpu, port, size, Number(cpu.read(insn.segment, from, size)));
    used(cpu, port, size);
    advance(cpu, insn, L.RSI, size);
  };
