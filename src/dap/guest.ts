/**
 * The guest as symbols and expressions see it: memory, and registers by gdb's names. And the way back:
 * what writing one register by its name means to all of them.
 */

import type { Guest } from '../symbols/program.ts';
import {
  bitsOf,
  type DebugTarget,
  GPR_NAMES,
  type Registers,
  SEGMENT_NAMES,
} from '../target/index.ts';

const GPR: readonly string[] = GPR_NAMES;
const SEGMENTS: readonly string[] = SEGMENT_NAMES;
const PLAIN = ['rip', 'cr0', 'cr2', 'cr3', 'cr4', 'efer', 'mxcsr'] as const;
const BASES = { fs_base: 'fsBase', gs_base: 'gsBase', k_gs_base: 'kernelGsBase' } as const;
const X87 = {
  fctrl: 'fcw',
  fstat: 'fsw',
  ftag: 'ftw',
  fop: 'fop',
  fioff: 'fip',
  fooff: 'fdp',
} as const;

/** Parts of the general registers (SDM Vol. 1 §3.4.1): "eax", "r8d", "ax", "al", "ah". */
export function registerPart(
  name: string,
): { gpr: number; shift: bigint; bits: number } | undefined {
  const extended = /^r(\d+)([dwb])$/.exec(name);
  if (extended) {
    const gpr = GPR.indexOf(`r${extended[1]}`);
    const bits = { d: 32, w: 16, b: 8 }[extended[2] as 'd' | 'w' | 'b'];
    return gpr < 8 ? undefined : { gpr, shift: 0n, bits };
  }
  const wide = /^e?([a-d]x|[sb]p|[sd]i)$/.exec(name);
  if (wide) {
    const gpr = GPR.indexOf(`r${wide[1]}`);
    return { gpr, shift: 0n, bits: name.startsWith('e') ? 32 : 16 };
  }
  const low = /^([a-d])([lh])$/.exec(name);
  if (low) {
    return { gpr: GPR.indexOf(`r${low[1]}x`), shift: low[2] === 'h' ? 8n : 0n, bits: 8 };
  }
  const pointer = /^([sb]p|[sd]i)l$/.exec(name);
  return pointer ? { gpr: GPR.indexOf(`r${pointer[1]}`), shift: 0n, bits: 8 } : undefined;
}

/** A register by gdb's name in lower case; undefined for one there is not. */
export function readRegister(registers: Registers, name: string): bigint | undefined {
  const gpr = GPR.indexOf(name);
  if (gpr >= 0) return registers.gpr[gpr];
  if (name === 'eflags' || name === 'rflags') return registers.rflags;
  if ((PLAIN as readonly string[]).includes(name)) {
    return BigInt(registers[name as (typeof PLAIN)[number]]);
  }
  const segment = SEGMENTS.indexOf(name);
  if (segment >= 0) return BigInt(registers.segments[segment]!.selector);
  if (name in BASES) return registers[BASES[name as keyof typeof BASES]];
  const part = registerPart(name);
  if (part) return BigInt.asUintN(part.bits, registers.gpr[part.gpr]! >> part.shift);
  const vector = /^xmm(\d+)$/.exec(name);
  if (vector) {
    const value = registers.xmm[Number(vector[1])];
    return value && (value.hi << 64n) | value.lo;
  }
  const stack = /^st([0-7])$/.exec(name);
  if (stack) {
    // ST(i) counts from the top that FSW bits 11..13 name (SDM Vol. 1 §8.1.2).
    const value = registers.x87[(((registers.fsw >> 11) & 7) + Number(stack[1])) & 7]!;
    return (BigInt(value.signExponent) << 64n) | value.significand;
  }
  if (name in X87) return BigInt(registers[X87[name as keyof typeof X87]]);
  if (/^dr[0-367]$/.test(name)) return registers.dr[[0, 1, 2, 3, 6, 7].indexOf(Number(name[2]))];
  if (name === 'idtr_base') return registers.idtr.base;
  if (name === 'gdtr_base') return registers.gdtr.base;
  if (name === 'eip') return BigInt.asUintN(32, registers.rip);
  return undefined;
}

/** What to set so that one register has a value; undefined for one that cannot be set so. */
export function registerEdit(
  registers: Registers,
  name: string,
  value: bigint,
): Partial<Registers> | undefined {
  const gpr = GPR.indexOf(name);
  const part = registerPart(name);
  if (gpr >= 0) return withGpr(registers, gpr, BigInt.asUintN(64, value));
  if (part) {
    const old = registers.gpr[part.gpr]!;
    const mask = ((1n << BigInt(part.bits)) - 1n) << part.shift;
    const placed = (value << part.shift) & mask;
    // A 32-bit result clears the upper half (SDM Vol. 1 §3.4.1.1).
    return withGpr(registers, part.gpr, part.bits === 32 ? placed : (old & ~mask) | placed);
  }
  if (name === 'eflags' || name === 'rflags') return { rflags: BigInt.asUintN(64, value) };
  if (name === 'mxcsr') return { mxcsr: Number(BigInt.asUintN(32, value)) };
  if ((PLAIN as readonly string[]).includes(name)) return { [name]: BigInt.asUintN(64, value) };
  if (name in BASES) return { [BASES[name as keyof typeof BASES]]: BigInt.asUintN(64, value) };
  const vector = /^xmm(\d+)$/.exec(name);
  if (vector && Number(vector[1]) < registers.xmm.length) {
    const wide = BigInt.asUintN(128, value);
    const changed = { lo: BigInt.asUintN(64, wide), hi: wide >> 64n };
    return { xmm: registers.xmm.map((old, i) => (i === Number(vector[1]) ? changed : old)) };
  }
  return undefined;
}

const withGpr = (registers: Registers, gpr: number, value: bigint): Partial<Registers> => ({
  gpr: registers.gpr.map((old, i) => (i === gpr ? value : old)),
});

/** The guest as it stands at the cursor, now and whenever it is asked. */
export class TargetGuest implements Guest {
  readonly #target: DebugTarget;

  constructor(target: DebugTarget) {
    this.#target = target;
  }

  get bits(): 16 | 32 | 64 {
    return bitsOf(this.#target.registers());
  }

  get icount(): bigint {
    return BigInt(this.#target.mark.icount);
  }

  readMemory(at: bigint, length: number): Uint8Array {
    return this.#target.readMemory({ space: 'gva', at: BigInt.asUintN(64, at), length });
  }

  register(name: string): bigint | undefined {
    return readRegister(this.#target.registers(), name.toLowerCase());
  }
}

/** The same guest with some registers as a task that does not run has them. */
export class ParkedGuest implements Guest {
  readonly #guest: Guest;
  readonly #registers: Readonly<Record<string, bigint>>;

  constructor(guest: Guest, registers: Readonly<Record<string, bigint>>) {
    this.#guest = guest;
    this.#registers = registers;
  }

  get bits(): 16 | 32 | 64 {
    return this.#guest.bits;
  }

  get icount(): bigint {
    return this.#guest.icount ?? 0n;
  }

  readMemory(at: bigint, length: number): Uint8Array {
    return this.#guest.readMemory(at, length);
  }

  register(name: string): bigint | undefined {
    return this.#registers[name];
  }
}
