/**
 * When an instruction of x87, MMX or SSE may run at all: CR0.EM, TS and MP, CR4.OSFXSR and
 * OSXMMEXCPT (SDM Vol. 3A §13.1, Table 13-1; §2.5), features; and operands in device memory.
 */

import { describe, expect, test } from 'vitest';
import { DEFAULT_CPU } from '../../src/engine/cpuid.ts';
import { createVcpu } from '../../src/engine/create.ts';
import { NONE } from '../../src/engine/exit.ts';
import { type Gpa, icount } from '../../src/engine/units.ts';
import type { Registers, Vcpu } from '../../src/engine/vcpu/vcpu.ts';

const CODE = 0x7c00;
const HANDLERS = 0x1000;
const OPERAND = 0x2000;

const MP = 2n;
const EM = 4n;
const TS = 8n;
const OSFXSR = 0x200n;
const OSXMMEXCPT = 0x400n;
const BOTH = OSFXSR | OSXMMEXCPT;

function make(cpu = DEFAULT_CPU): Vcpu {
  const vcpu = createVcpu({ memoryBytes: 1 << 20, cpu });
  for (let vector = 0; vector < 32; vector++) {
    const to = HANDLERS + vector * 16;
    // Each handler waits: jmp $
    vcpu.ram.poke(to as Gpa, new Uint8Array([0xeb, 0xfe]));
    vcpu.ram.poke((vector * 4) as Gpa, new Uint8Array([to & 0xff, to >> 8, 0, 0]));
  }
  return vcpu;
}

/** Runs real-mode code at 0:7C00 with BX at an operand. */
function start(vcpu: Vcpu, code: readonly number[], registers: Partial<Registers>): void {
  vcpu.ram.poke(CODE as Gpa, new Uint8Array(code));
  const { segments } = vcpu.registers();
  const plain = { selector: 0, base: 0n, limit: 0xffff, rights: 0x93 };
  vcpu.setRegisters({
    rip: BigInt(CODE),
    rflags: 2n,
    gpr: Array.from({ length: 16 }, (_, n) => BigInt(n === 4 ? 0x7000 : OPERAND)),
    segments: segments.map((_, n) => (n === 1 ? { ...plain, rights: 0x9b } : plain)),
    ...registers,
  });
}

function vectorOf(vcpu: Vcpu): number | undefined {
  const handler = (Number(vcpu.registers().rip) - HANDLERS) / 16;
  return handler >= 0 && handler < 32 ? handler : undefined;
}

const ADDPS = [0x0f, 0x58, 0xc1];
const DIVPS = [0x0f, 0x5e, 0xc1];
const LDMXCSR = [0x0f, 0xae, 0x17];
const PADDB = [0x0f, 0xfc, 0xc1];
const EMMS = [0x0f, 0x77];
const FADD = [0xd8, 0xc1];
const FNINIT = [0xdb, 0xe3];
const FWAIT = [0x9b];
const FXSAVE = [0x0f, 0xae, 0x07];
const MOVNTI = [0x0f, 0xc3, 0x07];

describe('control registers say whether a unit is there', () => {
  const vcpu = make();
  const UD = 6;
  const NM = 7;
  const XM = 19;
  test.each([
    ['ADDPS', ADDPS, 0n, BOTH, undefined],
    ['ADDPS', ADDPS, 0n, 0n, UD],
    ['ADDPS', ADDPS, EM, BOTH, UD],
    ['ADDPS', ADDPS, TS, BOTH, NM],
    ['ADDPS', ADDPS, TS | EM, BOTH, UD],
    ['LDMXCSR', LDMXCSR, TS, BOTH, NM],
    ['LDMXCSR', LDMXCSR, 0n, 0n, UD],
    ['DIVPS by zero', DIVPS, 0n, BOTH, XM],
    ['DIVPS by zero', DIVPS, 0n, OSFXSR, UD],
    ['PADDB', PADDB, 0n, 0n, undefined],
    ['PADDB', PADDB, EM, 0n, UD],
    ['PADDB', PADDB, TS, 0n, NM],
    ['EMMS', EMMS, TS | EM, 0n, UD],
    ['FADD', FADD, MP, 0n, undefined],
    ['FADD', FADD, EM, 0n, NM],
    ['FADD', FADD, TS, 0n, NM],
    ['FNINIT', FNINIT, TS, 0n, NM],
    ['FWAIT', FWAIT, TS, 0n, undefined],
    ['FWAIT', FWAIT, EM | MP, 0n, undefined],
    ['FWAIT', FWAIT, TS | MP, 0n, NM],
    ['FXSAVE', FXSAVE, 0n, 0n, undefined],
    ['FXSAVE', FXSAVE, TS, BOTH, NM],
    ['FXSAVE', FXSAVE, EM, BOTH, NM],
    ['MOVNTI', MOVNTI, TS | EM, 0n, undefined],
  ] as const)('%s %j: CR0 bits %d, CR4 bits %d gives %s', (name, code, cr0, cr4, vector) => {
    start(vcpu, code, {
      cr0: 0x10n | cr0,
      cr4,
      // Everything unmasked only where something is to be raised.
      mxcsr: name.includes('zero') ? 0 : 0x1f80,
      xmm: Array.from({ length: 16 }, (_, n) => ({ lo: n ? 0n : 0x3f800000n, hi: 0n })),
    });
    vcpu.run(icount(vcpu.icount + 1));
    if (vector === undefined) expect(Number(vcpu.registers().rip)).toBe(CODE + code.length);
    else expect(vectorOf(vcpu)).toBe(vector);
  });

  test('FXSAVE leaves the XMM registers out where CR4.OSFXSR is clear', () => {
    const marked = new Uint8Array(512).fill(0x5a);
    for (const [cr4, expected] of [
      [0n, 0x5a],
      [OSFXSR, 0x77],
    ] as const) {
      vcpu.ram.poke(OPERAND as Gpa, marked);
      const xmm = Array.from({ length: 16 }, () => ({ lo: 0x77n, hi: 0n }));
      start(vcpu, FXSAVE, { cr0: 0x10n, cr4, xmm });
      vcpu.run(icount(vcpu.icount + 1));
      expect(vcpu.ram.peek((OPERAND + 160) as Gpa, 1)[0]).toBe(expected);
      // XMM8 and up belong to 64-bit mode.
      expect(vcpu.ram.peek((OPERAND + 160 + 128) as Gpa, 1)[0]).toBe(0x5a);
    }
  });

  test('an instruction of a feature that the model lacks is #UD', () => {
    const older = make({ ...DEFAULT_CPU, features: ['FPU', 'MMX', 'SSE', 'SSE2'] });
    // pabsb xmm0, xmm1
    start(older, [0x66, 0x0f, 0x38, 0x1c, 0xc1], { cr0: 0x10n, cr4: BOTH });
    older.run(icount(older.icount + 1));
    expect(vectorOf(older)).toBe(UD);
  });
});

describe('operands in device memory', () => {
  /** Runs one instruction whose operand is at A0000H, and answers what it asks. */
  function accesses(code: readonly number[], registers: Partial<Registers>): string[] {
    const vcpu = make();
    start(vcpu, code, { cr0: 0x10n, cr4: BOTH, ...registers });
    const { segments } = vcpu.registers();
    const video = { selector: 0xa000, base: 0xa0000n, limit: 0xffff, rights: 0x93 };
    vcpu.setRegisters({ segments: segments.map((s, n) => (n === 3 ? video : s)) });
    const seen: string[] = [];
    for (;;) {
      const exit = vcpu.run(icount(1));
      if (exit.kind === 'until') break;
      if (exit.kind !== 'mmio') throw new Error(`unexpected ${exit.kind}`);
      seen.push(`${exit.dir} ${exit.gpa.toString(16)} ${exit.size}`);
      vcpu.enter(exit.dir === 'read' ? { kind: 'wide', value: 0x3f80_0000n } : NONE);
    }
    expect(Number(vcpu.registers().rip)).toBe(CODE + code.length);
    return seen;
  }

  const loads = ['read a2000 8', 'read a2008 8'];

  test('are read once, piece by piece', () => {
    // movups xmm0, [bx]
    expect(accesses([0x0f, 0x10, 0x07], {})).toEqual(loads);
  });

  test('are read once by a shortcut that does not hold', () => {
    // addps xmm0, [bx]: a NaN in XMM0
    const xmm = Array.from({ length: 16 }, () => ({ lo: 0x7fc0_0000n, hi: 0n }));
    expect(accesses([0x0f, 0x58, 0x07], { xmm })).toEqual(loads);
  });

  test('are written once', () => {
    // movups [bx], xmm0
    expect(accesses([0x0f, 0x11, 0x07], {})).toEqual(['write a2000 8', 'write a2008 8']);
  });
});
