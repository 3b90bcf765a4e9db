/**
 * The laboratory of these tests: a vCPU with descriptor tables in RAM, a handler for every vector
 * that just spins, and the means to see what was delivered.
 *
 *     01000  GDT      02000  IDT      03000  TSS      04000  another TSS      05000  LDT
 *     10000  code     20000  handlers, 16 bytes each: vector = (RIP - 20000) / 16
 *     40000  stack of ring 0 while it runs      50000  ring 0's from the TSS    60000  ring 3's
 */

import { createVcpu } from '../../src/engine/create.ts';
import type { Entry, VmExit } from '../../src/engine/exit.ts';
import { gpa, icount } from '../../src/engine/units.ts';
import type { Registers, Segment, Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { assemble } from '../../src/testing/assemble.ts';

export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const TSS2 = 0x4000;
export const LDT = 0x5000;
export const CODE = 0x10000;
export const HANDLERS = 0x20000;
export const STACK = 0x40000;
export const STACK0 = 0x50000;
export const STACK3 = 0x60000;

/** Selectors of the GDT that `legacyLab` builds. */
export const CODE0 = 0x08;
export const DATA0 = 0x10;
export const CODE3 = 0x1b;
export const DATA3 = 0x23;
export const MAIN_TSS = 0x28;
export const OTHER_TSS = 0x30;
/** Free for a test's own descriptor. */
export const FREE = 0x38;
export const FREE2 = 0x40;
const GDT_LIMIT = 0x7f;

/** Access bytes: P, DPL, S, type. */
export const CODE_RX = 0x9b;
export const DATA_RW = 0x93;
/** Flags nibble: G and D/B, or G and L. */
export const BIG = 0xc;
export const LONG = 0xa;

export class Lab {
  readonly vcpu: Vcpu;
  /** Exits that were met, and what to answer them with. */
  readonly exits: VmExit[] = [];
  reply: (exit: VmExit) => Entry = (exit) => {
    throw new Error(`unexpected exit: ${exit.kind}`);
  };

  constructor(vcpu: Vcpu) {
    this.vcpu = vcpu;
  }

  // --- RAM ------------------------------------------------------------------------------------------

  poke(at: number, bytes: 1 | 2 | 4 | 8, value: number | bigint): void {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
    this.vcpu.ram.poke(gpa(at), data.subarray(0, bytes));
  }
  peek(at: number, bytes: 1 | 2 | 4): number {
    const data = this.vcpu.ram.peek(gpa(at), 4);
    const value = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    return bytes === 4 ? value : value & (bytes === 2 ? 0xffff : 0xff);
  }
  peek64(at: number): bigint {
    return (BigInt(this.peek(at + 4, 4)) << 32n) | BigInt(this.peek(at, 4));
  }

  /** A segment or system descriptor: base, limit as encoded, access byte, flags nibble. */
  descriptor(selector: number, base: number, limit: number, access: number, flags = 0): void {
    const table = selector & 4 ? LDT : GDT;
    const low = (limit & 0xffff) + (base & 0xffff) * 0x10000;
    const high =
      ((base >>> 16) & 0xff) |
      (access << 8) |
      (((limit >>> 16) & 0xf) << 16) |
      (flags << 20) |
      (base & 0xff000000);
    this.poke(table + (selector & 0xfff8), 4, low);
    this.poke(table + (selector & 0xfff8) + 4, 4, high >>> 0);
  }

  /** A gate of 8 bytes at `at`: selector, offset, access byte, parameter count or IST. */
  gate(at: number, selector: number, offset: number, access: number, count = 0): void {
    this.poke(at, 4, (offset & 0xffff) + selector * 0x10000);
    this.poke(at + 4, 4, ((offset & 0xffff0000) | (access << 8) | count) >>> 0);
  }

  // --- running --------------------------------------------------------------------------------------

  /** Runs `n` instructions, answering exits. */
  step(n = 1): VmExit {
    const until = icount(this.vcpu.icount + n);
    for (;;) {
      const exit = this.vcpu.run(until);
      if (exit.kind === 'until' || exit.kind === 'shutdown' || exit.kind === 'interrupt-window') {
        return exit;
      }
      this.exits.push(exit);
      this.vcpu.enter(this.reply(exit));
    }
  }

  /** Puts code at `at` (the default place), goes there and runs `n` instructions. */
  run(code: string, n: number, bits: 16 | 32 | 64 = 32): VmExit {
    this.vcpu.ram.poke(gpa(CODE), assemble(code, { bits }));
    this.vcpu.setRegisters({ rip: BigInt(CODE) - this.vcpu.registers().segments[1]!.base });
    return this.step(n);
  }

  // --- registers --------------------------------------------------------------------------------------

  get regs(): Registers {
    return this.vcpu.registers();
  }
  gpr(n: number): number {
    return Number(BigInt.asUintN(32, this.regs.gpr[n]!));
  }
  setGpr(values: Readonly<Record<number, number | bigint>>): void {
    const gpr = [...this.regs.gpr];
    for (const [n, value] of Object.entries(values)) gpr[Number(n)] = BigInt(value);
    this.vcpu.setRegisters({ gpr });
  }
  get flags(): number {
    return Number(this.regs.rflags);
  }
  selector(n: number): number {
    return this.regs.segments[n]!.selector;
  }

  /** The vector whose handler RIP is in; undefined outside the handlers. */
  get vector(): number | undefined {
    const { rip, segments } = this.regs;
    const offset = Number(rip + segments[1]!.base) - HANDLERS;
    return offset >= 0 && offset < 0x1000 && offset % 16 === 0 ? offset / 16 : undefined;
  }
}

export const AX = 0;
export const CX = 1;
export const DX = 2;
export const BX = 3;
export const SP = 4;
export const SI = 6;
export const DI = 7;
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;

export const TF = 1 << 8;
export const IF = 1 << 9;
export const NT = 1 << 14;
export const RF = 1 << 16;
export const VM = 1 << 17;
export const VIF = 1 << 19;
export const VIP = 1 << 20;
export const ZF = 1 << 6;

export const seg = (selector: number, rights: number, base = 0, limit = 0xffffffff): Segment => ({
  selector,
  base: BigInt(base),
  limit,
  rights,
});

const SPIN = new Uint8Array([0xeb, 0xfe]);

function newLab(): Lab {
  const vcpu = createVcpu({ memoryBytes: 4 << 20 });
  for (let vector = 0; vector < 256; vector++) vcpu.ram.poke(gpa(HANDLERS + vector * 16), SPIN);
  return new Lab(vcpu);
}

/** 32-bit protected mode without paging, at ring 0 or 3, interrupts on. All gates are 386 ones. */
export function legacyLab(cpl: 0 | 3 = 0): Lab {
  const lab = newLab();
  lab.descriptor(CODE0, 0, 0xfffff, CODE_RX, BIG);
  lab.descriptor(DATA0, 0, 0xfffff, DATA_RW, BIG);
  lab.descriptor(CODE3, 0, 0xfffff, CODE_RX | 0x60, BIG);
  lab.descriptor(DATA3, 0, 0xfffff, DATA_RW | 0x60, BIG);
  lab.descriptor(MAIN_TSS, TSS, 0x2ff, 0x8b);
  lab.descriptor(OTHER_TSS, TSS2, 0x67, 0x89);
  for (let vector = 0; vector < 256; vector++) {
    lab.gate(IDT + vector * 8, CODE0, HANDLERS + vector * 16, 0x8e);
  }
  lab.poke(TSS + 4, 4, STACK0);
  lab.poke(TSS + 8, 2, DATA0);
  // No I/O map: its base lies beyond the limit.
  lab.poke(TSS + 0x66, 2, 0x300);
  const dpl = cpl << 5;
  const data = seg(cpl ? DATA3 : DATA0, 0xc093 | dpl);
  lab.vcpu.setRegisters({
    cr0: 0x11n,
    rflags: BigInt(2 | IF),
    segments: [data, seg(cpl ? CODE3 : CODE0, 0xc09b | dpl), data, data, data, data],
    gdtr: { base: BigInt(GDT), limit: GDT_LIMIT },
    idtr: { base: BigInt(IDT), limit: 0x7ff },
    tr: seg(MAIN_TSS, 0x8b, TSS, 0x2ff),
    ldtr: seg(0, 0, 0, 0),
  });
  lab.setGpr({ [SP]: cpl ? STACK3 : STACK });
  return lab;
}

/** What a 32-bit gate pushed: error code (if the vector has one), EIP, CS, EFLAGS, and if it came from outside ESP, SS. */
export function frame32(lab: Lab, hasError: boolean) {
  let at = lab.gpr(SP);
  const next = (): number => {
    at += 4;
    return lab.peek(at - 4, 4);
  };
  const error = hasError ? next() : undefined;
  return { error, eip: next(), cs: next(), eflags: next(), esp: next(), ss: next(), next };
}

/** The exception that came, with its error code if it has one: '13(0008)', or 'none'. */
export function taken(lab: Lab): string {
  const { vector } = lab;
  if (vector === undefined) return 'none';
  if (![8, 10, 11, 12, 13, 14, 17].includes(vector)) return `${vector}`;
  const rsp = Number(lab.regs.gpr[SP]! + lab.regs.segments[SS]!.base);
  return `${vector}(${lab.peek(rsp, 4).toString(16).padStart(4, '0')})`;
}

/** 64-bit mode, 2 MiB pages identity-mapped for everyone, at ring 0 or 3. */
export function longLab(cpl: 0 | 3 = 0): Lab {
  const lab = newLab();
  lab.descriptor(CODE0, 0, 0xfffff, CODE_RX, LONG);
  lab.descriptor(DATA0, 0, 0xfffff, DATA_RW, BIG);
  lab.descriptor(CODE3, 0, 0xfffff, CODE_RX | 0x60, LONG);
  lab.descriptor(DATA3, 0, 0xfffff, DATA_RW | 0x60, BIG);
  lab.descriptor(MAIN_TSS, TSS, 0x2ff, 0x8b);
  for (let vector = 0; vector < 256; vector++) {
    lab.gate(IDT + vector * 16, CODE0, HANDLERS + vector * 16, 0x8e);
  }
  lab.poke(TSS + 4, 8, STACK0);
  lab.poke(TSS + 0x66, 2, 0x300);
  lab.poke(0x80000, 8, 0x81007);
  lab.poke(0x81000, 8, 0x82007);
  for (let n = 0; n < 2; n++) lab.poke(0x82000 + n * 8, 8, n * 0x200000 + 0x87);
  const dpl = cpl << 5;
  const data = seg(cpl ? DATA3 : DATA0, 0xc093 | dpl);
  lab.vcpu.setRegisters({
    cr0: 0x80050033n,
    cr3: 0x80000n,
    cr4: 0x620n,
    efer: 0xd01n,
    rflags: BigInt(2 | IF),
    segments: [data, seg(cpl ? CODE3 : CODE0, 0xa09b | dpl), data, data, data, data],
    gdtr: { base: BigInt(GDT), limit: GDT_LIMIT },
    idtr: { base: BigInt(IDT), limit: 0xfff },
    tr: seg(MAIN_TSS, 0x8b, TSS, 0x2ff),
    ldtr: seg(0, 0, 0, 0),
  });
  lab.setGpr({ [SP]: cpl ? STACK3 : STACK });
  return lab;
}

/** What a 64-bit gate pushed. */
export function frame64(lab: Lab, hasError: boolean) {
  let at = Number(lab.regs.gpr[SP]!);
  const next = (): bigint => {
    at += 8;
    return lab.peek64(at - 8);
  };
  const error = hasError ? next() : undefined;
  return { error, rip: next(), cs: next(), rflags: next(), rsp: next(), ss: next() };
}
