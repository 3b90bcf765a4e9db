/**
 * The registers gdb sees, in the order of its register numbers, and the `target.xml` that says so
 * (gdb manual, appendix G). One description for all modes: a guest that goes from real mode to long
 * mode keeps its gdb. For guests that stay below long mode there is another, of 32-bit registers.
 * The first two features have the names and the order gdb insists on (G.5.9 "i386 Features"); the last
 * is ours, and gdb shows what it does not know by our types.
 */

import type { DebugTarget, Registers } from '../target/index.ts';
import { bitsOf, GPR_NAMES, SEGMENT_NAMES } from '../target/index.ts';

export interface RegisterWriter {
  readonly registers: Registers;
  write(values: Partial<Registers>): void;
}

export interface GdbRegister {
  readonly name: string;
  readonly feature: string;
  readonly type: string;
  readonly bytes: number;
  /** The register group, where it is not the one gdb would guess. */
  readonly group?: string;
  readonly read: (r: Registers, target: DebugTarget) => bigint;
  /** What to change to give it a value; absent where it cannot be written. */
  readonly write?: (value: bigint, r: Registers) => Partial<Registers>;
}

const CORE = 'org.gnu.gdb.i386.core';
const SSE = 'org.gnu.gdb.i386.sse';
const SEGMENT_BASES = 'org.gnu.gdb.i386.segments';
const SYSTEM = 'org.retrovisor.system';

/** gdb's order; Intel's encoding has RCX and RDX before RBX, and RSP between. */
const GPR_ORDER = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'] as const;
const SEGMENT_ORDER = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const;

const replaced = <T>(list: readonly T[], at: number, value: T): T[] =>
  list.map((old, i) => (i === at ? value : old));

function gpr(name: (typeof GPR_NAMES)[number]): GdbRegister {
  const n = GPR_NAMES.indexOf(name);
  const type = name === 'rsp' || name === 'rbp' ? 'data_ptr' : 'int64';
  return {
    ...{ name, feature: CORE, type, bytes: 8 },
    read: (r) => r.gpr[n]!,
    write: (value, r) => ({ gpr: replaced(r.gpr, n, value) }),
  };
}

/** A register of the 64-bit description by its 32-bit name: its lower half, of which no more is used. */
function half(register: GdbRegister): GdbRegister {
  const { name, read, type } = register;
  return {
    ...register,
    ...{ name: name.replace(/^r/, 'e'), bytes: 4, type: type === 'int64' ? 'int32' : type },
    read: (r, target) => BigInt.asUintN(32, read(r, target)),
  };
}

function selector(name: (typeof SEGMENT_NAMES)[number]): GdbRegister {
  const n = SEGMENT_NAMES.indexOf(name);
  return {
    ...{ name, feature: CORE, type: 'int32', bytes: 4 },
    read: (r) => BigInt(r.segments[n]!.selector),
    // Only the selector: the hidden part is what the guest loaded.
    write: (value, r) => ({
      segments: replaced(r.segments, n, { ...r.segments[n]!, selector: Number(value & 0xffffn) }),
    }),
  };
}

/** ST(i) is the physical register TOP + i (SDM Vol. 1 §8.1.2). */
const stackIndex = (r: Registers, i: number): number => (((r.fsw >> 11) & 7) + i) & 7;

function st(i: number): GdbRegister {
  return {
    ...{ name: `st${i}`, feature: CORE, type: 'i387_ext', bytes: 10 },
    read: (r) => {
      const { significand, signExponent } = r.x87[stackIndex(r, i)]!;
      return significand | (BigInt(signExponent) << 64n);
    },
    write: (value, r) => ({
      x87: replaced(r.x87, stackIndex(r, i), {
        significand: BigInt.asUintN(64, value),
        signExponent: Number((value >> 64n) & 0xffffn),
      }),
    }),
  };
}

function x87(
  name: string,
  read: (r: Registers) => bigint,
  write?: (value: bigint) => Partial<Registers>,
): GdbRegister {
  const base = { name, feature: CORE, type: 'int32', bytes: 4, group: 'float', read };
  return write ? { ...base, write } : base;
}

function xmm(n: number): GdbRegister {
  return {
    ...{ name: `xmm${n}`, feature: SSE, type: 'vec128', bytes: 16 },
    read: (r) => r.xmm[n]!.lo | (r.xmm[n]!.hi << 64n),
    write: (value, r) => ({
      xmm: replaced(r.xmm, n, {
        lo: BigInt.asUintN(64, value),
        hi: BigInt.asUintN(64, value >> 64n),
      }),
    }),
  };
}

type Wide = 'cr0' | 'cr2' | 'cr3' | 'cr4' | 'efer' | 'kernelGsBase' | 'fsBase' | 'gsBase';

function wide(name: string, key: Wide, type = 'uint64', feature = SYSTEM): GdbRegister {
  return {
    ...{ name, feature, type, bytes: 8, group: 'system' },
    read: (r) => r[key],
    write: (value) => ({ [key]: value }),
  };
}

function readOnly(
  name: string,
  bytes: number,
  read: (r: Registers, target: DebugTarget) => bigint,
): GdbRegister {
  return { name, feature: SYSTEM, type: `uint${bytes * 8}`, bytes, group: 'system', read };
}

const DEBUG_REGISTERS = ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'];

const hiddenParts = (): GdbRegister[] =>
  [...SEGMENT_NAMES.keys()].flatMap((n) => [
    // FS and GS have their base in a feature that gdb knows.
    ...(n < 4
      ? [readOnly(`${SEGMENT_NAMES[n]}_base`, 8, (r: Registers) => r.segments[n]!.base)]
      : []),
    readOnly(`${SEGMENT_NAMES[n]}_limit`, 4, (r) => BigInt(r.segments[n]!.limit)),
    readOnly(`${SEGMENT_NAMES[n]}_rights`, 4, (r) => BigInt(r.segments[n]!.rights)),
  ]);

const tables = (): GdbRegister[] => [
  ...(['gdtr', 'idtr'] as const).flatMap((name) => [
    readOnly(`${name}_base`, 8, (r: Registers) => r[name].base),
    readOnly(`${name}_limit`, 4, (r: Registers) => BigInt(r[name].limit)),
  ]),
  ...(['ldtr', 'tr'] as const).flatMap((name) => [
    readOnly(name, 4, (r: Registers) => BigInt(r[name].selector)),
    readOnly(`${name}_base`, 8, (r: Registers) => r[name].base),
    readOnly(`${name}_limit`, 4, (r: Registers) => BigInt(r[name].limit)),
  ]),
];

const RIP: GdbRegister = {
  ...{ name: 'rip', feature: CORE, type: 'code_ptr', bytes: 8 },
  read: (r) => r.rip,
  write: (rip) => ({ rip }),
};
const EFLAGS: GdbRegister = {
  ...{ name: 'eflags', feature: CORE, type: 'i386_eflags', bytes: 4 },
  read: (r) => r.rflags,
  write: (rflags) => ({ rflags }),
};

/** From the selectors to MXCSR, which both descriptions have. */
const common = (vectors: number): GdbRegister[] => [
  ...SEGMENT_ORDER.map(selector),
  ...Array.from({ length: 8 }, (_, i) => st(i)),
  x87(
    'fctrl',
    (r) => BigInt(r.fcw),
    (value) => ({ fcw: Number(value & 0xffffn) }),
  ),
  x87(
    'fstat',
    (r) => BigInt(r.fsw),
    (value) => ({ fsw: Number(value & 0xffffn) }),
  ),
  x87(
    'ftag',
    (r) => BigInt(r.ftw),
    (value) => ({ ftw: Number(value & 0xffffn) }),
  ),
  // In 64-bit mode the pointers have 64 bits and no selector (SDM Vol. 1 §8.1.8).
  x87('fiseg', (r) => BigInt.asUintN(32, r.fip >> 32n)),
  x87('fioff', (r) => BigInt.asUintN(32, r.fip)),
  x87('foseg', (r) => BigInt.asUintN(32, r.fdp >> 32n)),
  x87('fooff', (r) => BigInt.asUintN(32, r.fdp)),
  x87(
    'fop',
    (r) => BigInt(r.fop),
    (value) => ({ fop: Number(value & 0x7ffn) }),
  ),
  ...Array.from({ length: vectors }, (_, n) => xmm(n)),
  {
    ...{ name: 'mxcsr', feature: SSE, type: 'i386_mxcsr', bytes: 4, group: 'vector' },
    read: (r) => BigInt(r.mxcsr),
    write: (value) => ({ mxcsr: Number(value & 0xffffn) }),
  },
];

const system = (): GdbRegister[] => [
  wide('cr0', 'cr0', 'x64_cr0'),
  wide('cr2', 'cr2'),
  wide('cr3', 'cr3'),
  wide('cr4', 'cr4', 'x64_cr4'),
  wide('efer', 'efer', 'x64_efer'),
  ...DEBUG_REGISTERS.map((name, i) => readOnly(name, 8, (r) => r.dr[i]!)),
  ...hiddenParts(),
  ...tables(),
  // Where in the recording this is, and how wide the code is that runs there.
  readOnly('icount', 8, (_, target) => BigInt(target.mark.icount)),
  readOnly('mode', 4, (r) => BigInt(bitsOf(r))),
];

/** The guest's registers as one of gdb's architectures has them. */
export interface Architecture {
  /** As `target.xml` names it. */
  readonly name: 'i386:x86-64' | 'i386' | 'i8086';
  readonly triple: string;
  readonly pointerBytes: number;
  readonly registers: readonly GdbRegister[];
  /** Sent with every stop, so that gdb need not ask: what it looks at first. */
  readonly expedited: readonly number[];
}

type Named = Omit<Architecture, 'expedited'>;

const architecture = (named: Named): Architecture => ({
  ...named,
  expedited: ['ip', 'sp', 'bp'].map((end) =>
    named.registers.findIndex(({ name }) => name === `r${end}` || name === `e${end}`),
  ),
});

export const AMD64 = architecture({
  ...{ name: 'i386:x86-64', triple: 'x86_64-unknown-unknown', pointerBytes: 8 },
  registers: [
    ...GPR_ORDER.map(gpr),
    ...GPR_NAMES.slice(8).map(gpr),
    RIP,
    EFLAGS,
    ...common(16),
    wide('fs_base', 'fsBase', 'int', SEGMENT_BASES),
    wide('gs_base', 'gsBase', 'int', SEGMENT_BASES),
    wide('k_gs_base', 'kernelGsBase'),
    ...system(),
  ],
});

/** The base address of FS and GS are of the system's here: gdb's feature for them is for 64 bits. */
export const I386 = architecture({
  ...{ name: 'i386', triple: 'i386-unknown-unknown', pointerBytes: 4 },
  registers: [
    ...GPR_NAMES.slice(0, 8).map((name) => half(gpr(name))),
    half(RIP),
    EFLAGS,
    ...common(8),
    wide('fs_base', 'fsBase'),
    wide('gs_base', 'gsBase'),
    ...system(),
  ],
});

/** The same for gdbs that are to disassemble 16-bit code: they go by the description's name. */
export const I8086: Architecture = { ...I386, name: 'i8086' };
