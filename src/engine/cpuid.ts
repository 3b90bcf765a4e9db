/**
 * CPUID: the CPU model as data (SDM Vol. 2A, "CPUID—CPU Identification").
 *
 * Family 6 model 28 is Intel's Bonnell, the in-order Atom. Linux knows that it does not speculate
 * and applies no mitigation against speculation attacks to it; that is the truth about this vCPU,
 * and it saves a guest the IBPBs, retpolines and page-table isolation that would defend it against
 * nothing. Stepping 10, because steppings up to 2 have an erratum that makes Linux give up PSE.
 *
 * A feature is announced only if it is listed in the model, and it may be listed only if the vCPU
 * has it: CPUID never promises what is not there.
 */

import { TICKS_PER_SECOND } from './units.ts';

type Register = 'eax' | 'ebx' | 'ecx' | 'edx';
type Bit = readonly [leaf: number, register: Register, bit: number, subleaf?: number];

/** Every feature a model may list, and its bit (in subleaf 0 if none is named). Names are the SDM's and APM's. */
export const FEATURES = {
  FPU: [1, 'edx', 0],
  VME: [1, 'edx', 1],
  DE: [1, 'edx', 2],
  PSE: [1, 'edx', 3],
  TSC: [1, 'edx', 4],
  MSR: [1, 'edx', 5],
  PAE: [1, 'edx', 6],
  MCE: [1, 'edx', 7],
  CX8: [1, 'edx', 8],
  APIC: [1, 'edx', 9],
  SEP: [1, 'edx', 11],
  MTRR: [1, 'edx', 12],
  PGE: [1, 'edx', 13],
  MCA: [1, 'edx', 14],
  CMOV: [1, 'edx', 15],
  PAT: [1, 'edx', 16],
  'PSE-36': [1, 'edx', 17],
  CLFSH: [1, 'edx', 19],
  MMX: [1, 'edx', 23],
  FXSR: [1, 'edx', 24],
  SSE: [1, 'edx', 25],
  SSE2: [1, 'edx', 26],
  SSE3: [1, 'ecx', 0],
  PCLMULQDQ: [1, 'ecx', 1],
  MONITOR: [1, 'ecx', 3],
  SSSE3: [1, 'ecx', 9],
  FMA: [1, 'ecx', 12],
  CMPXCHG16B: [1, 'ecx', 13],
  PCID: [1, 'ecx', 17],
  'SSE4.1': [1, 'ecx', 19],
  'SSE4.2': [1, 'ecx', 20],
  X2APIC: [1, 'ecx', 21],
  MOVBE: [1, 'ecx', 22],
  POPCNT: [1, 'ecx', 23],
  'TSC-Deadline': [1, 'ecx', 24],
  AESNI: [1, 'ecx', 25],
  XSAVE: [1, 'ecx', 26],
  AVX: [1, 'ecx', 28],
  F16C: [1, 'ecx', 29],
  RDRAND: [1, 'ecx', 30],
  ARAT: [6, 'eax', 2],
  FSGSBASE: [7, 'ebx', 0],
  BMI1: [7, 'ebx', 3],
  AVX2: [7, 'ebx', 5],
  SMEP: [7, 'ebx', 7],
  BMI2: [7, 'ebx', 8],
  ERMS: [7, 'ebx', 9],
  INVPCID: [7, 'ebx', 10],
  RDSEED: [7, 'ebx', 18],
  ADX: [7, 'ebx', 19],
  SMAP: [7, 'ebx', 20],
  CLFLUSHOPT: [7, 'ebx', 23],
  SHA: [7, 'ebx', 29],
  UMIP: [7, 'ecx', 2],
  XSAVEOPT: [0xd, 'eax', 0, 1],
  'LAHF-SAHF': [0x8000_0001, 'ecx', 0],
  LZCNT: [0x8000_0001, 'ecx', 5],
  PREFETCHW: [0x8000_0001, 'ecx', 8],
  SYSCALL: [0x8000_0001, 'edx', 11],
  NX: [0x8000_0001, 'edx', 20],
  Page1GB: [0x8000_0001, 'edx', 26],
  RDTSCP: [0x8000_0001, 'edx', 27],
  LM: [0x8000_0001, 'edx', 29],
  'Invariant TSC': [0x8000_0007, 'edx', 8],
} as const satisfies Record<string, Bit>;

export type Feature = keyof typeof FEATURES;

export interface CpuModel {
  readonly name: string;
  /** 12 characters. */
  readonly vendor: string;
  /** At most 47 characters. */
  readonly brand: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly physicalAddressBits: number;
  readonly features: readonly Feature[];
}

/** The default `--cpu`: x86-64-v2 with what kernels want beside it. More are in cpu-models.ts. */
export const DEFAULT_CPU: CpuModel = {
  name: 'v2',
  vendor: 'GenuineIntel',
  brand: 'Retrovisor x86-64',
  family: 6,
  model: 28,
  stepping: 10,
  physicalAddressBits: 40,
  features: [
    ...(['FPU', 'VME', 'DE', 'PSE', 'TSC', 'MSR', 'PAE', 'CX8', 'APIC', 'SEP', 'MTRR'] as const),
    ...(['PGE', 'CMOV', 'PAT', 'PSE-36', 'CLFSH', 'MMX', 'FXSR', 'SSE', 'SSE2'] as const),
    ...(['SSE3', 'SSSE3', 'CMPXCHG16B', 'PCID', 'SSE4.1', 'SSE4.2', 'MOVBE', 'POPCNT'] as const),
    ...(['TSC-Deadline', 'ARAT', 'FSGSBASE', 'SMEP', 'INVPCID', 'SMAP'] as const),
    ...(['LAHF-SAHF', 'SYSCALL', 'NX', 'Page1GB', 'RDTSCP', 'LM', 'Invariant TSC'] as const),
  ],
};

/** Stepping, model and family as in leaf 1 and, at reset, in EDX. */
export function signature({ family, model, stepping }: CpuModel): number {
  return ((model >> 4) << 16) | (family << 8) | ((model & 15) << 4) | stepping;
}

export type CpuidRegisters = readonly [eax: number, ebx: number, ecx: number, edx: number];

/** What CPUID shows of the state of the CPU and not of its model. */
export interface CpuidDynamic {
  /** IA32_APIC_BASE.EN: with the APIC disabled its feature flag is clear (SDM Vol. 3A §11.4.3). */
  readonly apicEnabled: boolean;
  /** CR4.OSXSAVE. */
  readonly osxsave: boolean;
}

const BASIC_MAX = 0x16;
const EXTENDED_BASE = 0x8000_0000;
const EXTENDED_MAX = 0x8000_0008;

export function cpuid(
  model: CpuModel,
  leaf: number,
  subleaf: number,
  dynamic: CpuidDynamic,
): CpuidRegisters {
  const isExtended = leaf >>> 0 >= EXTENDED_BASE;
  if (isExtended) {
    // Above the extended maximum Intel CPUs answer as for the highest basic leaf.
    if (leaf >>> 0 > EXTENDED_MAX) return cpuid(model, BASIC_MAX, subleaf, dynamic);
    return extended(model, leaf >>> 0);
  }
  // 40000000H is where hypervisors announce themselves; this is hardware as far as a guest can see.
  if (leaf > BASIC_MAX) return cpuid(model, BASIC_MAX, subleaf, dynamic);
  return basic(model, leaf, subleaf, dynamic);
}

function basic(
  model: CpuModel,
  leaf: number,
  subleaf: number,
  dynamic: CpuidDynamic,
): CpuidRegisters {
  const { vendor } = model;
  switch (leaf) {
    case 0x00:
      return [BASIC_MAX, characters(vendor, 0), characters(vendor, 8), characters(vendor, 4)];
    case 0x01:
      return versionInformation(model, dynamic);
    case 0x02:
      // Cache and TLB descriptors: FFH refers to leaf 4.
      return [0x00ff_ff01, 0, 0, 0];
    case 0x04:
      return CACHES[subleaf] ?? [0, 0, 0, 0];
    case 0x06:
      return features(model, leaf);
    case 0x07:
      return subleaf === 0 ? features(model, leaf) : [0, 0, 0, 0];
    case 0x0d:
      return extendedState(model, subleaf);
    case 0x15:
      // TSC = crystal * EBX / EAX, and the crystal (which the APIC timer counts) in Hz: nothing
      // for a kernel to calibrate.
      return [1, 1, TICKS_PER_SECOND, 0];
    case 0x16: {
      const MHz = TICKS_PER_SECOND / 1_000_000;
      return [MHz, MHz, 100, 0];
    }
    default:
      return [0, 0, 0, 0];
  }
}

/** Leaf DH: sizes of the XSAVE area, for the components enabled and for all. SDM Vol. 1 §13.2. */
function extendedState(model: CpuModel, subleaf: number): CpuidRegisters {
  if (!model.features.includes('XSAVE')) return [0, 0, 0, 0];
  const X87_AND_SSE = 3;
  const AREA_BYTES = 512 + 64;
  if (subleaf === 0) return [X87_AND_SSE, AREA_BYTES, AREA_BYTES, 0];
  return features(model, 0xd, subleaf);
}

function extended(model: CpuModel, leaf: number): CpuidRegisters {
  const { brand } = model;
  switch (leaf) {
    case 0x8000_0000:
      return [EXTENDED_MAX, 0, 0, 0];
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004: {
      const at = (leaf - 0x8000_0002) * 16;
      return [
        characters(brand, at),
        characters(brand, at + 4),
        characters(brand, at + 8),
        characters(brand, at + 12),
      ];
    }
    case 0x8000_0006:
      // L2: 64-byte lines, 8 ways (6), 512 KiB; as leaf 4 says.
      return [0, 0, (512 << 16) | (6 << 12) | 64, 0];
    case 0x8000_0008: {
      const LINEAR_BITS = 48;
      return [model.physicalAddressBits | (LINEAR_BITS << 8), 0, 0, 0];
    }
    default:
      return features(model, leaf);
  }
}

/** Leaf 1: stepping, model, family; CLFLUSH line, one logical processor, APIC id 0; features. */
function versionInformation(model: CpuModel, dynamic: CpuidDynamic): CpuidRegisters {
  const CLFLUSH_LINE_IN_QUADWORDS = 8;
  const [, , ecx, edx] = features(model, 1);
  const APIC = 1 << FEATURES.APIC[2];
  const OSXSAVE = 1 << 27;
  return [
    signature(model),
    (1 << 16) | (CLFLUSH_LINE_IN_QUADWORDS << 8),
    (ecx | (dynamic.osxsave ? OSXSAVE : 0)) >>> 0,
    (dynamic.apicEnabled ? edx : edx & ~APIC) >>> 0,
  ];
}

/**
 * Leaf 4, by subleaf: 32 KiB of L1 data (type 1), of L1 code (type 2), 512 KiB of unified L2 (type
 * 3); 64-byte lines, 8 ways. The vCPU has no caches; kernels size their copying by these.
 */
const CACHES: readonly CpuidRegisters[] = [
  cache({ type: 1, level: 1, sets: 64 }),
  cache({ type: 2, level: 1, sets: 64 }),
  cache({ type: 3, level: 2, sets: 1024 }),
];

function cache(c: { type: number; level: number; sets: number }): CpuidRegisters {
  const WAYS = 8;
  const LINE = 64;
  const SELF_INITIALIZING = 1 << 8;
  return [
    c.type | (c.level << 5) | SELF_INITIALIZING,
    (((WAYS - 1) << 22) | (LINE - 1)) >>> 0,
    c.sets - 1,
    0,
  ];
}

function features(model: CpuModel, leaf: number, subleaf = 0): CpuidRegisters {
  const registers = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  for (const feature of model.features) {
    const [at, register, bit, under = 0]: Bit = FEATURES[feature];
    if (at === leaf && under === subleaf)
      registers[register] = (registers[register] | (1 << bit)) >>> 0;
  }
  const { eax, ebx, ecx, edx } = registers;
  return [eax, ebx, ecx, edx];
}

/** Four characters of a zero-padded string as a little-endian register. */
function characters(text: string, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = value * 256 + (text.charCodeAt(at + i) || 0);
  return value;
}
