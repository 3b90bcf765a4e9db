/**
 * DWARF's register numbers: x86-64 (System V psABI AMD64 §3.6.2, figure 3.36) and i386 (psABI i386
 * §2.5.1), by gdb's names.
 */

const WIDE = [
  ...['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip'],
  ...Array.from({ length: 16 }, (_, i) => `xmm${i}`),
  ...Array.from({ length: 8 }, (_, i) => `st${i}`),
  ...Array.from({ length: 8 }, (_, i) => `mm${i}`),
  ...['eflags', 'es', 'cs', 'ss', 'ds', 'fs', 'gs'],
];

const NARROW = [
  ...['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi', 'eip', 'eflags', ''],
  ...Array.from({ length: 8 }, (_, i) => `st${i}`),
  ...['', ''],
  ...Array.from({ length: 8 }, (_, i) => `xmm${i}`),
  ...Array.from({ length: 8 }, (_, i) => `mm${i}`),
];

/** What an unwinder has to know of a machine. */
export interface RegisterFile {
  readonly names: readonly string[];
  readonly pc: number;
  readonly sp: number;
  readonly fp: number;
  /** Registers that a function leaves as it found them (the psABIs' "preserved"). */
  readonly preserved: ReadonlySet<number>;
  readonly bytes: 4 | 8;
}

export const X86_64: RegisterFile = {
  names: WIDE,
  pc: 16,
  sp: 7,
  fp: 6,
  preserved: new Set([3, 6, 7, 12, 13, 14, 15]),
  bytes: 8,
};

export const I386: RegisterFile = {
  names: NARROW,
  pc: 8,
  sp: 4,
  fp: 5,
  preserved: new Set([3, 4, 5, 6, 7]),
  bytes: 4,
};

/** By any name it has: parts of the 64-bit registers as well. */
export const numberOf = ({ names }: RegisterFile, name: string): number | undefined => {
  const number = names.indexOf(name);
  return number < 0 || name === '' ? undefined : number;
};
