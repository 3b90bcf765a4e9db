/** `Registers` from and to kvm_regs, kvm_sregs, kvm_xsave, kvm_debugregs and one MSR. */

import type { Registers, Segment } from '../vcpu/vcpu.ts';
import { msrEntry, msrList } from './msrs.ts';
import { Struct } from './struct.ts';
import type { KvmVm } from './vm.ts';

const GPRS = [
  ...(['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const),
  ...(['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const),
];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
type SegmentField = (typeof SEGMENTS)[number] | 'ldt' | 'tr';
const IA32_KERNEL_GS_BASE = 0xc000_0102;
const FSW_TOP_SHIFT = 11;
const RFLAGS_RF = 1n << 16n;

type Sregs = Struct<'kvm_sregs'>;

export function readRegisters(vm: KvmVm): Registers {
  const regs = new Struct('kvm_regs');
  const sregs = new Struct('kvm_sregs');
  const debug = new Struct('kvm_debugregs');
  vm.call('KVM_GET_REGS', regs.bytes);
  vm.call('KVM_GET_SREGS', sregs.bytes);
  vm.call('KVM_GET_DEBUGREGS', debug.bytes);
  const db = new BigUint64Array(debug.bytes.buffer, debug.at('db'), 4);
  const [kernelGsBase = 0n] = readMsrs(vm, [IA32_KERNEL_GS_BASE]);
  return {
    gpr: GPRS.map((name) => regs.u64(name)),
    rip: regs.u64('rip'),
    // Some KVMs leave RF set after an instruction that they emulate; the next one clears it anyway.
    rflags: regs.u64('rflags') & ~RFLAGS_RF,
    segments: SEGMENTS.map((name) => segment(sregs, name)),
    ldtr: segment(sregs, 'ldt'),
    tr: segment(sregs, 'tr'),
    gdtr: table(sregs, 'gdt'),
    idtr: table(sregs, 'idt'),
    cr0: sregs.u64('cr0'),
    cr2: sregs.u64('cr2'),
    cr3: sregs.u64('cr3'),
    cr4: sregs.u64('cr4'),
    dr: [...db, debug.u64('dr6'), debug.u64('dr7')],
    efer: sregs.u64('efer'),
    fsBase: segment(sregs, 'fs').base,
    gsBase: segment(sregs, 'gs').base,
    kernelGsBase,
    ...readFpu(vm),
  };
}

/** Sets what is given. */
export function writeRegisters(vm: KvmVm, r: Partial<Registers>): void {
  const regs = new Struct('kvm_regs');
  vm.call('KVM_GET_REGS', regs.bytes);
  GPRS.forEach((name, n) => {
    const value = r.gpr?.[n];
    if (value !== undefined) regs.setU64(name, value);
  });
  if (r.rip !== undefined) regs.setU64('rip', r.rip);
  if (r.rflags !== undefined) regs.setU64('rflags', r.rflags);

  const sregs = new Struct('kvm_sregs');
  vm.call('KVM_GET_SREGS', sregs.bytes);
  SEGMENTS.forEach((name, n) => {
    const value = r.segments?.[n];
    if (value) setSegment(sregs, name, value);
  });
  if (r.ldtr) setSegment(sregs, 'ldt', r.ldtr);
  if (r.tr) setSegment(sregs, 'tr', r.tr);
  if (r.fsBase !== undefined) struct(sregs, 'fs').setU64('base', r.fsBase);
  if (r.gsBase !== undefined) struct(sregs, 'gs').setU64('base', r.gsBase);
  for (const name of ['gdt', 'idt'] as const) {
    const value = name === 'gdt' ? r.gdtr : r.idtr;
    if (!value) continue;
    const at = new Struct('kvm_dtable', { within: sregs.bytes, at: sregs.at(name) });
    at.setU64('base', value.base);
    at.setU16('limit', value.limit);
  }
  for (const name of ['cr0', 'cr2', 'cr3', 'cr4', 'efer'] as const) {
    const value = r[name];
    if (value !== undefined) sregs.setU64(name, value);
  }
  vm.call('KVM_SET_SREGS', sregs.bytes);
  vm.call('KVM_SET_REGS', regs.bytes);

  if (r.dr) {
    const debug = new Struct('kvm_debugregs');
    new BigUint64Array(debug.bytes.buffer, debug.at('db'), 4).set(r.dr.slice(0, 4));
    debug.setU64('dr6', r.dr[4] ?? 0n);
    debug.setU64('dr7', r.dr[5] ?? 0n);
    vm.call('KVM_SET_DEBUGREGS', debug.bytes);
  }
  if (r.kernelGsBase !== undefined) writeMsr(vm, IA32_KERNEL_GS_BASE, r.kernelGsBase);
  writeFpu(vm, r);
}

export function readMsrs(vm: KvmVm, msrs: readonly number[]): (bigint | undefined)[] {
  const list = msrList(msrs.map((msr) => [msr, 0n]));
  // How many it got: it stops at the first that it does not have.
  const got = vm.call('KVM_GET_MSRS', list.bytes);
  return msrs.map((_, n) => (n < got ? msrEntry(list, n).u64('data') : undefined));
}

/** False if KVM refuses the value, or has no such register. */
export function writeMsr(vm: KvmVm, msr: number, value: bigint): boolean {
  return vm.call('KVM_SET_MSRS', msrList([[msr, value]]).bytes) === 1;
}

function struct(sregs: Sregs, name: SegmentField): Struct<'kvm_segment'> {
  return new Struct('kvm_segment', { within: sregs.bytes, at: sregs.at(name) });
}

/** `rights` are bits 8..23 of a descriptor's second doubleword; KVM has each field apart. */
function segment(sregs: Sregs, name: SegmentField): Segment {
  const s = struct(sregs, name);
  const rights =
    s.u8('type') |
    (s.u8('s') << 4) |
    (s.u8('dpl') << 5) |
    (s.u8('present') << 7) |
    (s.u8('avl') << 12) |
    (s.u8('l') << 13) |
    (s.u8('db') << 14) |
    (s.u8('g') << 15);
  const present = s.u8('unusable') ? rights & ~0x80 : rights;
  return {
    selector: s.u16('selector'),
    base: s.u64('base'),
    limit: s.u32('limit'),
    rights: present,
  };
}

function setSegment(sregs: Sregs, name: SegmentField, to: Segment): void {
  const s = struct(sregs, name);
  s.setU16('selector', to.selector);
  s.setU64('base', to.base);
  s.setU32('limit', to.limit);
  const bits = (shift: number, width: number) => (to.rights >> shift) & ((1 << width) - 1);
  s.setU8('type', bits(0, 4));
  s.setU8('s', bits(4, 1));
  s.setU8('dpl', bits(5, 2));
  s.setU8('present', bits(7, 1));
  s.setU8('avl', bits(12, 1));
  s.setU8('l', bits(13, 1));
  s.setU8('db', bits(14, 1));
  s.setU8('g', bits(15, 1));
  s.setU8('unusable', bits(7, 1) ? 0 : 1);
}

function table(sregs: Sregs, name: 'gdt' | 'idt') {
  const at = new Struct('kvm_dtable', { within: sregs.bytes, at: sregs.at(name) });
  return { base: at.u64('base'), limit: at.u16('limit') };
}

type FpuRegisters = Pick<
  Registers,
  'xmm' | 'mxcsr' | 'x87' | 'fcw' | 'fsw' | 'ftw' | 'fip' | 'fdp' | 'fop'
>;

/** Where FXSAVE and XSAVE keep what: SDM Vol. 1 table 10-2. kvm_fpu would lack MXCSR. */
const FCW = 0;
const FSW = 2;
const FTW = 4;
const FOP = 6;
const FIP = 8;
const FDP = 16;
const MXCSR = 24;
const ST0 = 32;
const XMM0 = 160;
/** XSTATE_BV: which components are there; bits 0 and 1 are x87 and SSE. */
const XSTATE_BV = 512;

/** ST(i) come in the order of the stack, and with one tag bit a register. */
function readFpu(vm: KvmVm): FpuRegisters {
  const view = xsave(vm);
  const fsw = view.getUint16(FSW, true);
  const top = (fsw >> FSW_TOP_SHIFT) & 7;
  const x87 = Array.from({ length: 8 }, (_, physical) => {
    const at = ST0 + ((physical - top) & 7) * 16;
    return {
      significand: view.getBigUint64(at, true),
      signExponent: view.getUint16(at + 8, true),
    };
  });
  return {
    x87,
    fcw: view.getUint16(FCW, true),
    fsw,
    ftw: fullTags(view.getUint8(FTW), x87),
    fip: view.getBigUint64(FIP, true),
    fdp: view.getBigUint64(FDP, true),
    fop: view.getUint16(FOP, true),
    xmm: Array.from({ length: 16 }, (_, n) => {
      const at = XMM0 + n * 16;
      return { lo: view.getBigUint64(at, true), hi: view.getBigUint64(at + 8, true) };
    }),
    mxcsr: view.getUint32(MXCSR, true),
  };
}

function xsave(vm: KvmVm): DataView {
  const area = new Struct('kvm_xsave');
  vm.call('KVM_GET_XSAVE', area.bytes);
  return new DataView(area.bytes.buffer);
}

function writeFpu(vm: KvmVm, r: Partial<Registers>): void {
  const to: FpuRegisters = { ...readFpu(vm), ...definedOnly(r) };
  const view = xsave(vm);
  const top = (to.fsw >> FSW_TOP_SHIFT) & 7;
  to.x87.forEach(({ significand, signExponent }, physical) => {
    const at = ST0 + ((physical - top) & 7) * 16;
    view.setBigUint64(at, significand, true);
    view.setUint16(at + 8, signExponent, true);
  });
  let tags = 0;
  for (let n = 0; n < 8; n++) if (((to.ftw >> (2 * n)) & 3) !== 3) tags |= 1 << n;
  view.setUint8(FTW, tags);
  view.setUint16(FCW, to.fcw, true);
  view.setUint16(FSW, to.fsw, true);
  view.setUint16(FOP, to.fop, true);
  view.setBigUint64(FIP, to.fip, true);
  view.setBigUint64(FDP, to.fdp, true);
  view.setUint32(MXCSR, to.mxcsr, true);
  to.xmm.forEach(({ lo, hi }, n) => {
    view.setBigUint64(XMM0 + n * 16, lo, true);
    view.setBigUint64(XMM0 + n * 16 + 8, hi, true);
  });
  view.setBigUint64(XSTATE_BV, view.getBigUint64(XSTATE_BV, true) | 3n, true);
  vm.call('KVM_SET_XSAVE', new Uint8Array(view.buffer));
}

function definedOnly(r: Partial<Registers>): Partial<Registers> {
  return Object.fromEntries(Object.entries(r).filter(([, value]) => value !== undefined));
}

/** Two bits a register: valid, zero, special, empty. SDM Vol. 1 §8.1.7. */
function fullTags(ftwx: number, x87: FpuRegisters['x87']): number {
  const [VALID, ZERO, SPECIAL, EMPTY] = [0, 1, 2, 3];
  const INTEGER_BIT = 1n << 63n;
  return x87.reduce((word, { significand, signExponent }, n) => {
    const exponent = signExponent & 0x7fff;
    let tag = VALID;
    if (!((ftwx >> n) & 1)) tag = EMPTY;
    else if (exponent === 0 && significand === 0n) tag = ZERO;
    else if (exponent === 0x7fff || exponent === 0 || !(significand & INTEGER_BIT)) tag = SPECIAL;
    return word | (tag << (2 * n));
  }, 0);
}
