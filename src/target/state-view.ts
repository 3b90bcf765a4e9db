/** The guest's registers at a mark: as a JSON document and as lines for people. */

import type { Registers, Segment } from '../engine/vcpu/vcpu.ts';

const GPR = [
  ...['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

const CR0_PE = 1n;
const RFLAGS_VM = 1n << 17n;
const EFER_LMA = 1n << 10n;
/** In `Segment.rights`: L, D/B and the DPL (SDM Vol. 3A §3.4.5, less 8 bits). */
const RIGHTS_L = 1 << 13;
const RIGHTS_DB = 1 << 14;
const DPL_SHIFT = 5;

const RFLAGS_NAMES: readonly (readonly [number, string])[] = [
  ...([
    [0, 'CF'],
    [2, 'PF'],
    [4, 'AF'],
    [6, 'ZF'],
    [7, 'SF'],
    [8, 'TF'],
    [9, 'IF'],
  ] as const),
  ...([
    [10, 'DF'],
    [11, 'OF'],
    [14, 'NT'],
    [16, 'RF'],
    [17, 'VM'],
    [18, 'AC'],
  ] as const),
  ...([
    [19, 'VIF'],
    [20, 'VIP'],
    [21, 'ID'],
  ] as const),
];

const segment = (registers: Registers, name: string): Segment => {
  const found = registers.segments[SEGMENTS.indexOf(name)];
  if (!found) throw new Error(`no segment register ${name}`);
  return found;
};

/** The width of the code that runs: CS.L under IA-32e, else CS.D (SDM Vol. 3A §5.2.1). */
export function bitsOf(registers: Registers): 16 | 32 | 64 {
  const { rights } = segment(registers, 'cs');
  if ((registers.rflags & RFLAGS_VM) !== 0n && (registers.cr0 & CR0_PE) !== 0n) return 16;
  if ((registers.efer & EFER_LMA) !== 0n && (rights & RIGHTS_L) !== 0) return 64;
  return (rights & RIGHTS_DB) !== 0 ? 32 : 16;
}

/** 0 in real mode, 3 in virtual-8086 mode, else SS's DPL (SDM Vol. 3A §5.5, "CPL"). */
export function cplOf(registers: Registers): number {
  if ((registers.cr0 & CR0_PE) === 0n) return 0;
  if ((registers.rflags & RFLAGS_VM) !== 0n) return 3;
  return (segment(registers, 'ss').rights >> DPL_SHIFT) & 3;
}

/** Where the next instruction is: RIP from CS's base, which is 0 in 64-bit mode. */
export function linearRip(registers: Registers): bigint {
  if (bitsOf(registers) === 64) return registers.rip;
  return BigInt.asUintN(32, segment(registers, 'cs').base + registers.rip);
}

const hex64 = (value: bigint): string => `0x${value.toString(16)}`;

/** All registers by name, each as a hex string. */
export function registerDocument(registers: Registers): Record<string, string> {
  const { rip, rflags, cr0, cr2, cr3, cr4, efer, fsBase, gsBase, kernelGsBase } = registers;
  const segments = SEGMENTS.map((name) => [name, BigInt(segment(registers, name).selector)]);
  const values: [string, bigint][] = [
    ...GPR.map((name, i): [string, bigint] => [name, registers.gpr[i] ?? 0n]),
    ['rip', rip],
    ['rflags', rflags],
    ...(segments as [string, bigint][]),
    ['cr0', cr0],
    ['cr2', cr2],
    ['cr3', cr3],
    ['cr4', cr4],
    ['efer', efer],
    ['fsBase', fsBase],
    ['gsBase', gsBase],
    ['kernelGsBase', kernelGsBase],
  ];
  return Object.fromEntries(values.map(([name, value]) => [name, hex64(value)]));
}

/** "IF ZF PF" */
export function flagNames(rflags: bigint): string {
  return RFLAGS_NAMES.filter(([bit]) => (rflags >> BigInt(bit)) & 1n)
    .map(([, name]) => name)
    .reverse()
    .join(' ');
}

/** Four registers a line, then what decides the mode. */
export function registerLines(registers: Registers): string[] {
  const wide = (name: string, value: bigint) =>
    `${name.toUpperCase().padEnd(3)} ${value.toString(16).padStart(16, '0')}`;
  const all = [
    ...GPR.map((name, i) => wide(name, registers.gpr[i] ?? 0n)),
    wide('rip', registers.rip),
  ];
  const lines: string[] = [];
  for (let i = 0; i < GPR.length; i += 4) lines.push(all.slice(i, i + 4).join('  '));
  const selectors = SEGMENTS.map(
    (name) =>
      `${name.toUpperCase()} ${segment(registers, name).selector.toString(16).padStart(4, '0')}`,
  );
  const { rflags, cr0, cr2, cr3, cr4 } = registers;
  const short = (name: string, value: bigint) => `${name} ${value.toString(16)}`;
  return [
    ...lines,
    `${all.at(-1)}  RFLAGS ${rflags.toString(16)} [${flagNames(rflags)}]`,
    [short('CR0', cr0), short('CR2', cr2), short('CR3', cr3), short('CR4', cr4)].join('  '),
    selectors.join('  '),
  ];
}
