/**
 * Our vCPU in the same surroundings as a program on the host: 64-bit user mode (or 32-bit
 * compatibility mode), the same addresses mapped, and a kernel of handlers that only loop.
 */

import { type CpuModel, DEFAULT_CPU, FEATURES, type Feature } from '../../src/engine/cpuid.ts';
import { createVcpu } from '../../src/engine/create.ts';
import { type Gpa, icount } from '../../src/engine/units.ts';
import type { Registers, Segment, Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import {
  A_BYTES,
  AT,
  B_BYTES,
  type Case,
  CODE,
  DATA,
  type Outcome,
  PAGE,
  WINDOW_A,
  WINDOW_B,
} from './case.ts';

/** Guest physical addresses. */
const PML4 = 0x1000;
const LOW_PDPT = 0x2000;
const LOW_PD = 0x3000;
const CODE_PT = 0x4000;
const DATA_PT = 0x5000;
const HIGH_PDPT = 0x6000;
const HIGH_PD = 0x7000;
const GDT = 0x8000;
const IDT = 0x9000;
const TSS = 0xa000;
const STACK_TOP = 0xd000;
const HANDLERS = 0xd000;
const HANDLER_STRIDE = 16;
const CODE_PAGE = 0x10000;
const DATA_PAGES = 0x12000;

/** The kernel's part of the linear address space: physical memory from here on. */
const KERNEL = 0xffff_8000_0000_0000n;

const PRESENT_WRITABLE = 3n;
const USER = 4n;
const LARGE = 0x80n;

const CODE64: Segment = { selector: 0x33, base: 0n, limit: 0xffffffff, rights: 0xa0fb };
const CODE32: Segment = { selector: 0x23, base: 0n, limit: 0xffffffff, rights: 0xc0fb };
const KERNEL64: Segment = { selector: 0x10, base: 0n, limit: 0xffffffff, rights: 0xa09b };
const KERNEL_DATA: Segment = { selector: 0x18, base: 0n, limit: 0xffffffff, rights: 0xc093 };
const CODE16: Segment = { selector: 0x3b, base: BigInt(CODE), limit: 0xffff, rights: 0xfb };
const DATA16: Segment = { selector: 0x43, base: BigInt(DATA), limit: 0xffff, rights: 0xf3 };
const FLAT_DATA: Segment = { selector: 0x2b, base: 0n, limit: 0xffffffff, rights: 0xc0f3 };
const NULL: Segment = { selector: 0, base: 0n, limit: 0, rights: 0 };

/** Enough iterations for any repeated instruction of a case. */
const REPEATED_STEPS = 300;

/** A model with every feature that there is. */
export const FULL_CPU: CpuModel = {
  ...DEFAULT_CPU,
  features: Object.keys(FEATURES) as Feature[],
};

export type MakeVcpu = (options: { memoryBytes: number; cpu: CpuModel }) => Vcpu;

export class Box {
  readonly vcpu: Vcpu;
  readonly #data: Segment;

  /**
   * `segmented`: 32-bit code gets data segments a byte short of 4 GiB, so that the vCPU checks limits
   * at every access, with the same results. `make`: a vCPU of another kind.
   */
  constructor(cpu: CpuModel = FULL_CPU, segmented = false, make: MakeVcpu = createVcpu) {
    this.#data = segmented ? { ...FLAT_DATA, limit: 0xfffffffe, rights: 0x40f3 } : FLAT_DATA;
    this.vcpu = make({ memoryBytes: 1 << 20, cpu });
    this.#buildPages();
    this.#buildKernel();
  }

  #poke64(at: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    this.vcpu.ram.poke(at as Gpa, bytes);
  }

  #buildPages(): void {
    const entry = (table: number, index: number, to: number, flags: bigint): void =>
      this.#poke64(table + index * 8, BigInt(to) | flags);
    const table = PRESENT_WRITABLE | USER;
    entry(PML4, 0, LOW_PDPT, table);
    entry(LOW_PDPT, 0, LOW_PD, table);
    entry(LOW_PD, CODE >>> 21, CODE_PT, table);
    entry(LOW_PD, DATA >>> 21, DATA_PT, table);
    entry(CODE_PT, 0, CODE_PAGE, table);
    entry(DATA_PT, 0, DATA_PAGES, table);
    entry(DATA_PT, 1, DATA_PAGES + PAGE, table);
    entry(PML4, 256, HIGH_PDPT, PRESENT_WRITABLE);
    entry(HIGH_PDPT, 0, HIGH_PD, PRESENT_WRITABLE);
    entry(HIGH_PD, 0, 0, PRESENT_WRITABLE | LARGE);
  }

  #buildKernel(): void {
    // GDT: null, unused, 64-bit kernel code, kernel data.
    this.#poke64(GDT + 0x18, 0x00cf_9300_0000_ffffn);
    this.#poke64(GDT + 0x10, 0x00af_9b00_0000_ffffn);
    this.#poke64(TSS + 4, KERNEL + BigInt(STACK_TOP));
    for (let vector = 0; vector < 32; vector++) {
      const at = HANDLERS + vector * HANDLER_STRIDE;
      // jmp $
      this.vcpu.ram.poke(at as Gpa, new Uint8Array([0xeb, 0xfe]));
      const offset = KERNEL + BigInt(at);
      const low = (offset & 0xffffn) | (0x10n << 16n) | (0xee00n << 32n);
      this.#poke64(IDT + vector * 16, low | (((offset >> 16n) & 0xffffn) << 48n));
      this.#poke64(IDT + vector * 16 + 8, offset >> 32n);
    }
  }

  #segments(c: Case): readonly Segment[] {
    const pick = (code: Segment, data: Segment): Segment[] => [data, code, data, data, NULL, NULL];
    if (c.sixteen) return pick(CODE16, DATA16);
    if (c.supervisor) return pick(KERNEL64, KERNEL_DATA);
    return pick(c.compatibility ? CODE32 : CODE64, this.#data);
  }

  #registers(c: Case): Partial<Registers> {
    return {
      gpr: c.gpr,
      rip: BigInt(c.sixteen ? AT - CODE : AT),
      rflags: BigInt(c.rflags | 0x202),
      segments: this.#segments(c),
      ldtr: NULL,
      tr: { selector: 0x40, base: KERNEL + BigInt(TSS), limit: 0x67, rights: 0x8b },
      gdtr: { base: KERNEL + BigInt(GDT), limit: 0x1f },
      idtr: { base: KERNEL + BigInt(IDT), limit: 32 * 16 - 1 },
      // PE MP ET NE WP PG; PAE OSFXSR OSXMMEXCPT; SCE LME LMA NXE.
      cr0: 0x8001_0033n,
      cr2: 0n,
      cr3: BigInt(PML4),
      cr4: 0x620n,
      efer: 0xd01n,
      ...fromFx(c.fx),
    };
  }

  #load(c: Case, waits = c.repeated): void {
    const { ram } = this.vcpu;
    const code = new Uint8Array(256).fill(0xcc);
    code.set(c.code);
    // Where a repeated instruction ends, execution waits: jmp $.
    if (waits) code.set([0xeb, 0xfe], c.code.length);
    ram.poke((CODE_PAGE + (AT % PAGE)) as Gpa, code);
    this.#loadState(c);
  }

  #loadState(c: Case): void {
    this.vcpu.ram.poke(DATA_PAGES as Gpa, dataPages(c.a, c.b));
    this.vcpu.setRegisters(this.#registers(c));
  }

  /** Runs n instructions in pieces of a given length. */
  #advance(n: number, piece: () => number): void {
    const { vcpu } = this;
    const end = vcpu.icount + n;
    while (vcpu.icount < end) {
      const exit = vcpu.run(icount(Math.min(end, vcpu.icount + piece())));
      if (exit.kind !== 'until') throw new Error(`box: the vCPU stopped with ${exit.kind}`);
    }
  }

  /** How many instructions retire before RIP leaves the case's instruction. */
  stepsOf(c: Case): number {
    this.#load(c);
    let steps = 0;
    while (this.vcpu.registers().rip === BigInt(AT)) {
      this.#advance(1, () => 1);
      steps++;
    }
    return steps;
  }

  run(c: Case, piece: () => number = () => REPEATED_STEPS): Outcome {
    this.#load(c);
    this.#advance(c.repeated ? REPEATED_STEPS : 1, piece);
    return this.#outcome();
  }

  /**
   * The instruction and what it leads to, in code that has run before: with a JIT, and `hotAt` 1, it is
   * compiled code that runs. There is no telling after how many instructions the case's own ends.
   */
  runWarm(c: Case): Outcome {
    this.#load(c, true);
    this.#advance(REPEATED_STEPS, () => REPEATED_STEPS);
    this.#loadState(c);
    this.#advance(REPEATED_STEPS, () => REPEATED_STEPS);
    return this.#outcome();
  }

  #outcome(): Outcome {
    const { vcpu } = this;
    const after = vcpu.registers();
    const data = vcpu.ram.peek(DATA_PAGES as Gpa, 2 * PAGE);
    const [a, b] = [
      data.slice(WINDOW_A - DATA, WINDOW_A - DATA + A_BYTES),
      data.slice(WINDOW_B - DATA),
    ];
    const strayed = !equal(data, dataPages(a, b));
    const memory = { fx: toFx(after), a, b, strayed };
    const handler = after.rip - KERNEL - BigInt(HANDLERS);
    if (handler < 0n || handler >= 32 * HANDLER_STRIDE) {
      return {
        rip: after.rip,
        rflags: Number(after.rflags),
        gpr: after.gpr,
        vector: undefined,
        error: 0,
        cr2: 0n,
        ...memory,
      };
    }
    return { ...this.#interrupted(after, Number(handler) / HANDLER_STRIDE), ...memory };
  }

  /** The state that the exception's handler was given. SDM Vol. 3A §6.14.2. */
  #interrupted(after: Registers, vector: number): Omit<Outcome, 'fx' | 'a' | 'b' | 'strayed'> {
    const hasError = STACK_TOP - Number(after.gpr[4]! - KERNEL) === 48;
    const frame = this.vcpu.ram.peek((STACK_TOP - 48) as Gpa, 48);
    const view = new DataView(frame.buffer);
    const gpr = [...after.gpr];
    gpr[4] = view.getBigUint64(32, true);
    return {
      rip: view.getBigUint64(8, true),
      rflags: Number(view.getBigUint64(24, true)),
      gpr,
      vector,
      error: hasError ? Number(view.getBigUint64(0, true)) : 0,
      cr2: after.cr2,
    };
  }
}

function dataPages(a: Uint8Array, b: Uint8Array): Uint8Array {
  const data = new Uint8Array(2 * PAGE);
  data.set(a, WINDOW_A - DATA);
  data.set(b, 2 * PAGE - B_BYTES);
  return data;
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The registers that an FXSAVE64 image holds. SDM Vol. 2A "FXSAVE", table 3-43. */
function fromFx(fx: Uint8Array): Partial<Registers> {
  const view = new DataView(fx.buffer, fx.byteOffset, 512);
  const fsw = view.getUint16(2, true);
  const top = (fsw >> 11) & 7;
  const x87 = new Array<Registers['x87'][number]>(8);
  let ftw = 0;
  for (let i = 0; i < 8; i++) {
    const physical = (top + i) & 7;
    const significand = view.getBigUint64(32 + i * 16, true);
    const signExponent = view.getUint16(40 + i * 16, true);
    x87[physical] = { significand, signExponent };
    const empty = !((view.getUint8(4) >> physical) & 1);
    ftw |= (empty ? 3 : fullTag(significand, signExponent)) << (physical * 2);
  }
  return {
    fcw: view.getUint16(0, true),
    fsw,
    ftw,
    fop: view.getUint16(6, true),
    fip: view.getBigUint64(8, true),
    fdp: view.getBigUint64(16, true),
    mxcsr: view.getUint32(24, true),
    x87,
    xmm: Array.from({ length: 16 }, (_, n) => ({
      lo: view.getBigUint64(160 + n * 16, true),
      hi: view.getBigUint64(168 + n * 16, true),
    })),
  };
}

/** Valid, zero or special. SDM Vol. 1 §8.1.7. */
function fullTag(significand: bigint, signExponent: number): number {
  const exponent = signExponent & 0x7fff;
  if (exponent === 0 && significand === 0n) return 1;
  return exponent === 0 || exponent === 0x7fff || significand >> 63n === 0n ? 2 : 0;
}

function toFx(r: Registers): Uint8Array {
  const fx = new Uint8Array(512);
  const view = new DataView(fx.buffer);
  view.setUint16(0, r.fcw, true);
  view.setUint16(2, r.fsw, true);
  for (let n = 0; n < 8; n++) {
    if (((r.ftw >> (n * 2)) & 3) !== 3) fx[4]! |= 1 << n;
  }
  view.setUint16(6, r.fop, true);
  view.setBigUint64(8, r.fip, true);
  view.setBigUint64(16, r.fdp, true);
  view.setUint32(24, r.mxcsr, true);
  const top = (r.fsw >> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const { significand, signExponent } = r.x87[(top + i) & 7]!;
    view.setBigUint64(32 + i * 16, significand, true);
    view.setUint16(40 + i * 16, signExponent, true);
  }
  for (const [n, { lo, hi }] of r.xmm.entries()) {
    view.setBigUint64(160 + n * 16, lo, true);
    view.setBigUint64(168 + n * 16, hi, true);
  }
  return fx;
}
