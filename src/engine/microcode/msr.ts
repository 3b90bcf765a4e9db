/**
 * RDMSR and WRMSR, and the model-specific registers that the vCPU keeps itself. SDM Vol. 4 chapter
 * 2; Vol. 3A §11.11 (MTRRs), §11.12 (PAT). Every other register is the host's.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { retire } from './code-segment.ts';
import { type Cpu, CR0_PG, canonical, EFER_LMA, EFER_LME, EFER_NXE, GP } from './cpu.ts';
import { Fault } from './microcode.ts';
import { requireCpl0 } from './tables.ts';

interface Msr {
  read(cpu: Cpu): bigint;
  /** Throws #GP(0) for a value that the register cannot hold. Absent: read-only. */
  readonly write?: (cpu: Cpu, value: bigint) => void;
}

const bad = (): Fault => new Fault(GP, 0);

/** A register that keeps what `check` lets through. */
const stored = (at: number, check: (value: bigint) => boolean): Msr => ({
  read: (cpu) => cpu.state.u64(at),
  write: (cpu, value) => {
    if (!check(value)) throw bad();
    cpu.state.setU64(at, value);
  },
});

const any = (): boolean => true;
const bits32 = (value: bigint): boolean => value >> 32n === 0n;

/** Memory types: UC, WC, WT, WP, WB. PAT has UC- too. SDM Vol. 3A table 11-2. */
const memoryType = (type: bigint): boolean => type !== 2n && type !== 3n && type <= 6n;
const eachByte = (value: bigint, ok: (byte: bigint) => boolean): boolean => {
  for (let n = 0n; n < 64n; n += 8n) if (!ok((value >> n) & 0xffn)) return false;
  return true;
};
const patType = (type: bigint): boolean => memoryType(type) || type === 7n;

/** Bits of MTRR_PHYSBASE and PHYSMASK that are reserved with MAXPHYADDR 40. */
const MTRR_BASE_RESERVED = ~0xff_ffff_f0ffn;
const MTRR_MASK_RESERVED = ~0xff_ffff_f800n;
const mtrrBase = (value: bigint): boolean =>
  (value & MTRR_BASE_RESERVED) === 0n && memoryType(value & 0xffn);
const mtrrMask = (value: bigint): boolean => (value & MTRR_MASK_RESERVED) === 0n;
/** Type, FE and E. */
const mtrrDefault = (value: bigint): boolean =>
  (value & ~0xcffn) === 0n && memoryType(value & 0xffn);
/** Eight variable ranges, fixed ranges, write combining. */
const MTRR_CAPABILITIES = 0x508n;

/** Fast strings, enhanced SpeedStep, CPUID limit, xTPR disable; the rest keeps its value. */
const MISC_ENABLE_WRITABLE = 0xc1_0001n;

const MSRS = new Map<number, Msr>([
  // IA32_TIME_STAMP_COUNTER and IA32_TSC_ADJUST move together. SDM Vol. 3B §17.17.3.
  [
    0x10,
    { read: (cpu) => cpu.access.tsc(), write: (cpu, v) => moveTsc(cpu, v - cpu.access.tsc()) },
  ],
  [
    0x3b,
    {
      read: (cpu) => cpu.state.u64(L.TSC_ADJUST),
      write: (cpu, v) => moveTsc(cpu, v - cpu.state.u64(L.TSC_ADJUST)),
    },
  ],
  // IA32_PLATFORM_ID, IA32_BIOS_UPDT_TRIG, IA32_BIOS_SIGN_ID: there is no microcode to update.
  [0x17, { read: () => 0n }],
  [0x79, { read: () => 0n, write: any }],
  [0x8b, { read: () => 0n, write: any }],
  [0xfe, { read: () => MTRR_CAPABILITIES }],
  [0x174, stored(L.SYSENTER_CS, any)],
  [0x175, stored(L.SYSENTER_ESP, canonical)],
  [0x176, stored(L.SYSENTER_EIP, canonical)],
  [
    0x1a0,
    {
      read: (cpu) => cpu.state.u64(L.MISC_ENABLE),
      write: ({ state }, v) => {
        const keep = state.u64(L.MISC_ENABLE) & ~MISC_ENABLE_WRITABLE;
        state.setU64(L.MISC_ENABLE, keep | (v & MISC_ENABLE_WRITABLE));
      },
    },
  ],
  ...Array.from({ length: 16 }, (_, n): [number, Msr] => [
    0x200 + n,
    stored(L.MTRR_VARIABLE + n * 8, n % 2 ? mtrrMask : mtrrBase),
  ]),
  ...[0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f].map(
    (msr, n): [number, Msr] => [
      msr,
      stored(L.MTRR_FIXED + n * 8, (value) => eachByte(value, memoryType)),
    ],
  ),
  [0x277, stored(L.PAT, (value) => eachByte(value, patType))],
  [0x2ff, stored(L.MTRR_DEFAULT, mtrrDefault)],
  [0xc0000080, { read: readEfer, write: writeEfer }],
  [0xc0000081, stored(L.STAR, any)],
  [0xc0000082, stored(L.LSTAR, canonical)],
  [0xc0000083, stored(L.CSTAR, canonical)],
  [0xc0000084, stored(L.SFMASK, bits32)],
  [0xc0000100, stored(L.segment(L.FS) + L.SEG_BASE, canonical)],
  [0xc0000101, stored(L.segment(L.GS) + L.SEG_BASE, canonical)],
  [0xc0000102, stored(L.KERNEL_GS_BASE, canonical)],
  [0xc0000103, stored(L.TSC_AUX, bits32)],
]);

/** Sets the TSC forward or back; both offsets wrap at 64 bits. */
function moveTsc({ state }: Cpu, by: bigint): void {
  state.setU64(L.TSC_OFFSET, state.u64(L.TSC_OFFSET) + by);
  state.setU64(L.TSC_ADJUST, state.u64(L.TSC_ADJUST) + by);
}

/** There is no such register where nothing in it is. */
function readEfer(cpu: Cpu): bigint {
  if (!cpu.state.u64(L.EFER_ALLOWED)) throw bad();
  return cpu.efer;
}

/** IA32_EFER: LMA is not written, LME not while paging. SDM Vol. 3A §2.2.1. */
function writeEfer(cpu: Cpu, value: bigint): void {
  const old = readEfer(cpu);
  if (value & ~(cpu.state.u64(L.EFER_ALLOWED) | EFER_LMA)) throw bad();
  if ((old ^ value) & EFER_LME && cpu.cr0 & CR0_PG) throw bad();
  cpu.state.setU64(L.EFER, (value & ~EFER_LMA) | (old & EFER_LMA));
  if ((old ^ value) & EFER_NXE) cpu.access.flushTlb('all');
  cpu.access.modeChanged();
}

export function readMsr(cpu: Cpu, insn: Instruction): void {
  requireCpl0(cpu);
  const msr = cpu.state.u32(L.RCX);
  const own = MSRS.get(msr);
  let value: bigint;
  if (own) value = own.read(cpu);
  else {
    const entry = cpu.access.exit({ kind: 'rdmsr', msr });
    if (entry.kind === 'fault') throw bad();
    if (entry.kind !== 'wide') throw new Error(`rdmsr: expected a value, got ${entry.kind}`);
    value = entry.value;
  }
  cpu.state.setU64(L.RAX, value & 0xffffffffn);
  cpu.state.setU64(L.RDX, BigInt.asUintN(64, value) >> 32n);
  retire(cpu, insn);
}

export function writeMsr(cpu: Cpu, insn: Instruction): void {
  requireCpl0(cpu);
  const { state } = cpu;
  const msr = state.u32(L.RCX);
  const value = (BigInt(state.u32(L.RDX)) << 32n) | BigInt(state.u32(L.RAX));
  const entry = cpu.access.exit({ kind: 'wrmsr', msr, value });
  switch (entry.kind) {
    case 'default': {
      const write = MSRS.get(msr)?.write;
      if (!write) throw bad();
      write(cpu, value);
      break;
    }
    case 'fault':
      throw bad();
    case 'none':
      break;
    default:
      throw new Error(`wrmsr: expected default, fault or none, got ${entry.kind}`);
  }
  retire(cpu, insn);
}
