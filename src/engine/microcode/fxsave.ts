/**
 * FXSAVE and FXRSTOR: 512 bytes, of which the first 160 are the x87's and 416 are used. SDM Vol. 1
 * §10.5, Vol. 2A FXSAVE (Tables 3-43 and 3-44). With REX.W pointers are 64 bits wide.
 */

import type { Instruction } from '../decode/instruction.ts';
import { MXCSR_MASK } from '../float/sse/env.ts';
import { FXSAVE_X87_SIZE, fxrstor as restoreX87, fxsave as saveX87 } from '../float/x87/image.ts';
import { GP } from '../isa/emitter.ts';
import * as L from '../vcpu/layout.ts';
import { probeBlock, readBlock, writeBlock } from './block.ts';
import { type Cpu, CR4_OSFXSR } from './cpu.ts';
import { Fault, type Microcode } from './microcode.ts';
import { loadX87, storeX87 } from './x87-state.ts';

const IMAGE = 512;
/** MXCSR and MXCSR_MASK, in the middle of the x87 part. */
const MXCSR_AT = 24;
const XMM_AT = FXSAVE_X87_SIZE;

function checkAlignment(cpu: Cpu, insn: Instruction, write: boolean): void {
  if (cpu.operandAddress(insn, IMAGE, write) & 15n) throw new Fault(GP, 0);
}

/** XMM8..XMM15 are part of it in 64-bit mode. */
const xmmBytes = (cpu: Cpu): number => (cpu.code64 ? 256 : 128);

/** Without CR4.OSFXSR the system does not know the XMM registers, and they are left out. */
const hasXmm = (cpu: Cpu): boolean => (cpu.cr4 & CR4_OSFXSR) !== 0n;

export const fxsave: Microcode = (cpu, insn) => {
  checkAlignment(cpu, insn, true);
  probeBlock(cpu, insn, IMAGE);
  const image = saveX87(loadX87(cpu.state), insn.size === 8);
  const view = new DataView(image.buffer);
  view.setUint32(MXCSR_AT, cpu.state.u32(L.MXCSR), true);
  view.setUint32(MXCSR_AT + 4, MXCSR_MASK, true);
  writeBlock(cpu, insn, image);
  if (!hasXmm(cpu)) return;
  writeBlock(cpu, insn, loadXmm(cpu), XMM_AT);
};

export const fxrstor: Microcode = (cpu, insn) => {
  checkAlignment(cpu, insn, false);
  const image = readBlock(cpu, insn, IMAGE);
  const view = new DataView(image.buffer);
  const mxcsr = view.getUint32(MXCSR_AT, true);
  if (hasXmm(cpu)) {
    if (mxcsr & ~MXCSR_MASK) throw new Fault(GP, 0);
    cpu.state.setU32(L.MXCSR, mxcsr);
    storeXmm(cpu, image.subarray(XMM_AT));
  }
  const x87 = loadX87(cpu.state);
  restoreX87(x87, insn.size === 8, image);
  storeX87(cpu.state, x87);
};

/** The XMM registers that the mode has, side by side. */
export function loadXmm(cpu: Cpu): Uint8Array {
  const xmm = new Uint8Array(xmmBytes(cpu));
  const registers = new DataView(xmm.buffer);
  for (let at = 0; at < xmm.length; at += 8) {
    registers.setBigUint64(at, cpu.state.u64(xmmAt(at)), true);
  }
  return xmm;
}

export function storeXmm(cpu: Cpu, xmm: Uint8Array): void {
  const view = new DataView(xmm.buffer, xmm.byteOffset);
  for (let at = 0; at < xmmBytes(cpu); at += 8) {
    cpu.state.setU64(xmmAt(at), view.getBigUint64(at, true));
  }
}

/** Where in the state lies byte `at` of the XMM registers set side by side? */
const xmmAt = (at: number): number => L.XMM + (at >> 4) * L.XMM_STRIDE + (at & 15);
