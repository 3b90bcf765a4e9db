/**
 * XSAVE, XSAVEOPT, XRSTOR, XGETBV, XSETBV in ring 0: the image, its header, initial components, and
 * everything that may fault. SDM Vol. 1 chapter 13.
 */

import { describe, expect, test } from 'vitest';
import { cpuModel } from '../../src/engine/cpu-models.ts';
import { createVcpu } from '../../src/engine/create.ts';
import { type Gpa, icount } from '../../src/engine/units.ts';
import type { Registers, Vcpu } from '../../src/engine/vcpu/vcpu.ts';

const CODE = 0x7c00;
const HANDLERS = 0x1000;
const AREA = 0x2000;
const UD = 6;
const NM = 7;
const GP = 13;
const OSXSAVE = 1n << 18n;
const MAX = cpuModel('max')!;

const XSETBV = [0x0f, 0x01, 0xd1];
const XGETBV = [0x0f, 0x01, 0xd0];
const XSAVE = [0x0f, 0xae, 0x27];
const XRSTOR = [0x0f, 0xae, 0x2f];
const XSAVEOPT = [0x0f, 0xae, 0x37];
const FXSAVE = [0x0f, 0xae, 0x07];

/** Real mode at 0:7C00; DI points at the area, EDX:EAX is `mask`. */
class Lab {
  readonly vcpu: Vcpu = createVcpu({ memoryBytes: 1 << 20, cpu: MAX });

  constructor() {
    for (let vector = 0; vector < 32; vector++) {
      const to = HANDLERS + vector * 16;
      this.vcpu.ram.poke(to as Gpa, new Uint8Array([0xeb, 0xfe]));
      this.vcpu.ram.poke((vector * 4) as Gpa, new Uint8Array([to & 0xff, to >> 8, 0, 0]));
    }
    // XCR0 = x87 and SSE.
    this.run(XSETBV, 3n);
  }

  /** The vector it ended in, if any. */
  run(code: readonly number[], mask: bigint, more: Partial<Registers> = {}): number | undefined {
    const { vcpu } = this;
    vcpu.ram.poke(CODE as Gpa, new Uint8Array(code));
    const plain = { selector: 0, base: 0n, limit: 0xffff, rights: 0x93 };
    const gpr = new Array<bigint>(16).fill(0n);
    [gpr[0], gpr[4], gpr[3]] = [mask, 0x7000n, BigInt(AREA)];
    vcpu.setRegisters({
      rip: BigInt(CODE),
      rflags: 2n,
      gpr,
      cr0: 0x10n,
      cr4: OSXSAVE | 0x600n,
      segments: Array.from({ length: 6 }, (_, n) => (n === 1 ? { ...plain, rights: 0x9b } : plain)),
      ...more,
    });
    vcpu.run(icount(vcpu.icount + 1));
    const handler = (Number(vcpu.registers().rip) - HANDLERS) / 16;
    return handler >= 0 && handler < 32 ? handler : undefined;
  }

  area(from = 0, bytes = 576): Uint8Array {
    return this.vcpu.ram.peek((AREA + from) as Gpa, bytes);
  }
  fill(byte: number): void {
    this.vcpu.ram.poke(AREA as Gpa, new Uint8Array(1024).fill(byte));
  }
  poke(at: number, ...values: number[]): void {
    this.vcpu.ram.poke((AREA + at) as Gpa, new Uint8Array(values));
  }
}

const STATE: Partial<Registers> = {
  xmm: Array.from({ length: 16 }, (_, n) => ({ lo: BigInt(n) * 0x1111n + 1n, hi: BigInt(n) })),
  mxcsr: 0x1fa0,
  fcw: 0x27f,
  fsw: 0x3800,
  ftw: 0x3fff,
  x87: Array.from({ length: 8 }, (_, n) => ({ significand: 1n << 63n, signExponent: 0x3fff + n })),
};
const address = { gpr: Array.from({ length: 16 }, (_, n) => (n === 7 || n === 3 ? 0x2000n : 0n)) };
const at = (mask: bigint): Partial<Registers> => ({
  gpr: address.gpr.map((v, n) => (n === 0 ? mask : n === 4 ? 0x7000n : v)),
});

test('the legacy region of XSAVE is what FXSAVE writes; the header says what is in use', () => {
  const lab = new Lab();
  lab.fill(0);
  expect(lab.run(FXSAVE, 0n, { ...STATE, ...at(0n) })).toBeUndefined();
  const fxsave = lab.area(0, 416);
  lab.fill(0);
  expect(lab.run(XSAVE, 3n, { ...STATE, ...at(3n) })).toBeUndefined();
  expect(lab.area(0, 416)).toEqual(fxsave);
  expect([...lab.area(512, 64)]).toEqual([3, ...new Array(63).fill(0)]);
});

describe('EDX:EAX and XCR0 choose', () => {
  test('only the components asked for are written, and only their header bits', () => {
    const lab = new Lab();
    lab.fill(0xee);
    lab.run(XSAVE, 1n, { ...STATE, ...at(1n) });
    expect([...lab.area(24, 8)]).toEqual(new Array(8).fill(0xee));
    expect([...lab.area(160, 16)]).toEqual(new Array(16).fill(0xee));
    expect(lab.area(0, 2)[0]).toBe(0x7f);
    // XSTATE_BV was EEH: bit 0 is now set, the rest is kept.
    expect(lab.area(512, 1)[0]).toBe(0xef);
  });

  test('XSAVE writes what is in its initial state and says so; XSAVEOPT leaves it out', () => {
    const lab = new Lab();
    const initial: Partial<Registers> = {
      ...STATE,
      fcw: 0x37f,
      fsw: 0,
      ftw: 0xffff,
      fop: 0,
      fip: 0n,
      fdp: 0n,
      x87: Array.from({ length: 8 }, () => ({ significand: 0n, signExponent: 0 })),
    };
    lab.fill(0xee);
    lab.run(XSAVE, 3n, { ...initial, ...at(3n) });
    expect([lab.area(0, 1)[0], lab.area(512, 1)[0]]).toEqual([0x7f, 0xee]);
    lab.fill(0xee);
    lab.run(XSAVEOPT, 3n, { ...initial, ...at(3n) });
    expect([lab.area(0, 1)[0], lab.area(512, 1)[0]]).toEqual([0xee, 0xee]);
    expect(lab.area(160, 1)[0]).toBe(1);
  });
});

test('XRSTOR loads what is there and initializes what is not', () => {
  const lab = new Lab();
  lab.fill(0);
  lab.run(XSAVE, 3n, { ...STATE, ...at(3n) });
  const nothing = { xmm: STATE.xmm!.map(() => ({ lo: 0n, hi: 0n })), fcw: 0x37f, mxcsr: 0x1f80 };
  lab.run(XRSTOR, 3n, { ...nothing, ...at(3n) });
  const loaded = lab.vcpu.registers();
  expect([loaded.xmm[3], loaded.mxcsr, loaded.fcw, loaded.x87[7]]).toEqual([
    STATE.xmm![3],
    0x1fa0,
    0x27f,
    STATE.x87![7],
  ]);
  // Component 1 absent: registers zero, MXCSR loaded all the same.
  lab.poke(512, 1);
  lab.run(XRSTOR, 3n, { ...STATE, mxcsr: 0x1f80, ...at(3n) });
  const initialized = lab.vcpu.registers();
  expect([initialized.xmm[3], initialized.mxcsr]).toEqual([{ lo: 0n, hi: 0n }, 0x1fa0]);
});

test.each<[string, number[], Partial<Registers>, number, number?]>([
  ['XSAVE without CR4.OSXSAVE', XSAVE, { cr4: 0x600n, ...at(3n) }, UD],
  ['XGETBV without CR4.OSXSAVE', XGETBV, { cr4: 0x600n }, UD],
  ['XSAVE with CR0.TS', XSAVE, { cr0: 0x18n, ...at(3n) }, NM],
  ['a misaligned area', [0x0f, 0xae, 0x67, 0x10], at(3n), GP],
  ['XRSTOR of components that XCR0 lacks', XRSTOR, at(3n), GP, 4],
  ['XSETBV without x87', XSETBV, at(2n), GP],
  ['XSETBV with AVX', XSETBV, at(7n), GP],
])('%s is a fault', (_, code, registers, vector, header) => {
  const lab = new Lab();
  lab.fill(0);
  if (header !== undefined) lab.poke(512, header);
  expect(lab.run(code, 3n, registers)).toBe(vector);
});

test('XGETBV reads XCR0', () => {
  const lab = new Lab();
  expect(lab.run(XGETBV, 0n)).toBeUndefined();
  expect([lab.vcpu.registers().gpr[0], lab.vcpu.registers().gpr[2]]).toEqual([3n, 0n]);
});
