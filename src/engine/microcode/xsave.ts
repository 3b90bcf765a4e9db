/**
 * XSAVE, XSAVEOPT, XRSTOR, XGETBV, XSETBV: the x87 state (component 0) and the SSE state (component
 * 1) in the layout of FXSAVE, behind it a header of 64 bytes. SDM Vol. 1 chapter 13.
 *
 * A component is in use unless it is as at reset (§13.6), which we find by looking. XSAVEOPT leaves
 * out what is not in use (the init optimization); it does not remember what XRSTOR loaded (the
 * modified optimization), which a processor may do and may not.
 */

import type { Instruction } from '../decode/instruction.ts';
import { MXCSR_MASK } from '../float/sse/env.ts';
import { fxrstor as restoreX87, fxsave as saveX87 } from '../float/x87/image.ts';
import { GP, NM } from '../isa/emitter.ts';
import * as L from '../vcpu/layout.ts';
import { probeBlock, readBlock, writeBlock } from './block.ts';
import { retire } from './code-segment.ts';
import { type Cpu, CR0_TS, CR4_OSXSAVE } from './cpu.ts';
import { loadXmm, storeXmm } from './fxsave.ts';
import { Fault, type Microcode } from './microcode.ts';
import { setEdxEax } from './processor.ts';
import { requireCpl0, UD } from './tables.ts';
import { loadX87, storeX87 } from './x87-state.ts';

const X87_COMPONENT = 1;
const SSE_COMPONENT = 2;
/** What XCR0 can hold. There is no AVX. */
export const XCR0_COMPONENTS = X87_COMPONENT | SSE_COMPONENT;

const HEADER_AT = 512;
export const XSAVE_BYTES = HEADER_AT + 64;
const ALIGNMENT = 64n;
const MXCSR_AT = 24;
const XMM_AT = 160;
/** Where the x87 part goes on behind MXCSR and its mask. */
const ST_AT = 32;
const MXCSR_INITIAL = 0x1f80;
const FCW_INITIAL = 0x37f;

const fault = (): Fault => new Fault(GP, 0);

function requireOsxsave(cpu: Cpu): void {
  if (!(cpu.cr4 & CR4_OSXSAVE)) throw new Fault(UD);
}

function begin(cpu: Cpu, insn: Instruction, write: boolean): number {
  requireOsxsave(cpu);
  if (cpu.cr0 & CR0_TS) throw new Fault(NM);
  if (cpu.operandAddress(insn, XSAVE_BYTES, write) % ALIGNMENT) throw fault();
  // The requested-feature bitmap: EDX:EAX as far as XCR0 has it.
  return cpu.state.u32(L.RAX) & cpu.state.u32(L.XCR0);
}

/** XINUSE. SDM Vol. 1 §13.6. */
function inUse(cpu: Cpu): number {
  const { state } = cpu;
  const x = loadX87(state);
  const x87 =
    x.fcw !== FCW_INITIAL ||
    (x.fsw | x.valid | x.fcs | x.fds | x.fop) !== 0 ||
    (x.fip | x.fdp) !== 0n ||
    x.registers.some((r) => r.significand !== 0n || r.signExponent !== 0);
  let sse = false;
  for (let n = 0; n < (cpu.code64 ? 16 : 8); n++) {
    const at = L.XMM + n * L.XMM_STRIDE;
    if (state.u64(at) | state.u64(at + 8)) sse = true;
  }
  return (x87 ? X87_COMPONENT : 0) | (sse ? SSE_COMPONENT : 0);
}

function save(cpu: Cpu, insn: Instruction, onlyInUse: boolean): void {
  const requested = begin(cpu, insn, true);
  probeBlock(cpu, insn, XSAVE_BYTES);
  const header = readBlock(cpu, insn, 8, HEADER_AT);
  const { state } = cpu;
  const mxcsr = state.u32(L.MXCSR);
  let used = inUse(cpu);
  // MXCSR is no part of what decides, but a value of its own has to be found by XRSTOR.
  if (requested & SSE_COMPONENT && mxcsr !== MXCSR_INITIAL) used |= SSE_COMPONENT;
  const saved = onlyInUse ? requested & used : requested;
  if (saved & X87_COMPONENT) {
    const image = saveX87(loadX87(state), insn.size === 8);
    writeBlock(cpu, insn, image.subarray(0, MXCSR_AT));
    writeBlock(cpu, insn, image.subarray(ST_AT), ST_AT);
  }
  if (saved & SSE_COMPONENT) {
    const control = new Uint8Array(8);
    new DataView(control.buffer).setUint32(0, mxcsr, true);
    new DataView(control.buffer).setUint32(4, MXCSR_MASK, true);
    writeBlock(cpu, insn, control, MXCSR_AT);
    writeBlock(cpu, insn, loadXmm(cpu), XMM_AT);
  }
  header[0] = (header[0]! & ~requested) | (used & requested);
  writeBlock(cpu, insn, header, HEADER_AT);
}

export const xsave: Microcode = (cpu, insn) => save(cpu, insn, false);
export const xsaveopt: Microcode = (cpu, insn) => save(cpu, insn, true);

/** The standard form only: XSAVEC is not offered. SDM Vol. 1 §13.8.1. */
export const xrstor: Microcode = (cpu, insn) => {
  const requested = begin(cpu, insn, false);
  const image = readBlock(cpu, insn, XSAVE_BYTES);
  const view = new DataView(image.buffer);
  const { state } = cpu;
  const present = view.getBigUint64(HEADER_AT, true);
  // XSTATE_BV asks for nothing that is not enabled, XCOMP_BV and what is reserved behind it are zero.
  if (present & ~state.u64(L.XCR0)) throw fault();
  if (view.getBigUint64(HEADER_AT + 8, true) | view.getBigUint64(HEADER_AT + 16, true)) {
    throw fault();
  }
  const mxcsr = view.getUint32(MXCSR_AT, true);
  if (requested & SSE_COMPONENT && mxcsr & ~MXCSR_MASK) throw fault();
  const has = Number(present);
  if (requested & X87_COMPONENT) {
    const x87 = loadX87(state);
    const initial = new Uint8Array(XMM_AT);
    new DataView(initial.buffer).setUint16(0, FCW_INITIAL, true);
    restoreX87(x87, insn.size === 8, has & X87_COMPONENT ? image : initial);
    storeX87(state, x87);
  }
  if (requested & SSE_COMPONENT) {
    // MXCSR is loaded even where the registers are initialized.
    state.setU32(L.MXCSR, mxcsr);
    storeXmm(cpu, has & SSE_COMPONENT ? image.subarray(XMM_AT) : new Uint8Array(256));
  }
};

/** XCR0, and as register 1 what of it is in use. */
export const xgetbv: Microcode = (cpu, insn) => {
  requireOsxsave(cpu);
  const index = cpu.state.u32(L.RCX);
  if (index > 0) throw fault();
  setEdxEax(cpu, cpu.state.u32(L.XCR0), 0);
  retire(cpu, insn);
};

export const xsetbv: Microcode = (cpu, insn) => {
  requireOsxsave(cpu);
  requireCpl0(cpu);
  const { state } = cpu;
  const low = state.u32(L.RAX);
  if (state.u32(L.RCX) !== 0 || state.u32(L.RDX) !== 0) throw fault();
  if (!(low & X87_COMPONENT) || low & ~XCR0_COMPONENTS) throw fault();
  state.setU32(L.XCR0, low);
  retire(cpu, insn);
};
