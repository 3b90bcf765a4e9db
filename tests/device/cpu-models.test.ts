/** The CPU models: nothing announced that is not there, nothing there that is not announced. */

import { describe, expect, test } from 'vitest';
import { CPU_MODELS, cpuModel } from '../../src/engine/cpu-models.ts';
import { cpuid, DEFAULT_CPU, FEATURES, type Feature } from '../../src/engine/cpuid.ts';
import { createVcpu } from '../../src/engine/create.ts';
import { ROWS } from '../../src/engine/isa/index.ts';
import { type Gpa, icount } from '../../src/engine/units.ts';

const DYNAMIC = { apicEnabled: true, osxsave: false };

/** Features that bring no instruction: bits of control registers, MSRs, devices, promises. */
const WITHOUT_ROWS = new Set<Feature>([
  ...(['VME', 'DE', 'PSE', 'PAE', 'APIC', 'MTRR', 'PGE', 'PAT', 'PSE-36', 'PCID', 'SMEP'] as const),
  ...(['TSC-Deadline', 'ARAT', 'NX', 'Page1GB', 'Invariant TSC', 'ERMS', 'UMIP'] as const),
  // Always there; the bit is about 64-bit mode.
  ...(['LAHF-SAHF', 'PREFETCHW'] as const),
]);

test('every feature of every model has rows, or is known to need none', () => {
  const withRows = new Set(ROWS.map((row) => row.feature));
  for (const { name, features } of CPU_MODELS) {
    const missing = features.filter((f) => !withRows.has(f) && !WITHOUT_ROWS.has(f));
    expect([name, missing]).toEqual([name, []]);
  }
});

test('every feature that rows have is in some model', () => {
  const offered = new Set(CPU_MODELS.flatMap((m) => m.features));
  expect(ROWS.filter((r) => r.feature && !offered.has(r.feature)).map((r) => r.name)).toEqual([]);
});

describe.each(CPU_MODELS.map((m) => [m.name, m] as const))('%s', (_, model) => {
  test('announces its features and no other', () => {
    const announced = (Object.keys(FEATURES) as Feature[]).filter((feature) => {
      const [leaf, register, bit, subleaf = 0] = FEATURES[feature] as readonly [
        number,
        string,
        number,
        number?,
      ];
      const registers = cpuid(model, leaf, subleaf, DYNAMIC);
      return ((registers[['eax', 'ebx', 'ecx', 'edx'].indexOf(register)]! >>> bit) & 1) !== 0;
    });
    expect(new Set(announced)).toEqual(new Set(model.features));
  });

  test('gives its signature at reset', () => {
    const vcpu = createVcpu({ memoryBytes: 1 << 20, cpu: model });
    expect(vcpu.registers().gpr[2]).toBe(BigInt(cpuid(model, 1, 0, DYNAMIC)[0]));
  });
});

/** jmp $ */
const WAIT = new Uint8Array([0xeb, 0xfe]);

/** Runs one instruction in real mode; whether it ended in #UD. */
function isUndefined(name: string, code: readonly number[]): boolean {
  const vcpu = createVcpu({ memoryBytes: 1 << 20, cpu: cpuModel(name)! });
  vcpu.ram.poke((6 * 4) as Gpa, new Uint8Array([0, 0x10, 0, 0]));
  vcpu.ram.poke(0x1000 as Gpa, WAIT);
  vcpu.ram.poke(0x7c00 as Gpa, new Uint8Array(code));
  vcpu.setRegisters({
    rip: 0x7c00n,
    cr0: 0x10n,
    segments: vcpu.registers().segments.map((s) => ({ ...s, base: 0n, selector: 0, rights: 0x93 })),
  });
  vcpu.run(icount(vcpu.icount + 1));
  return vcpu.registers().rip === 0x1000n;
}

test.each([
  ['486', 'RDTSC', [0x0f, 0x31], true],
  ['486', 'CMOVZ', [0x0f, 0x44, 0xc1], true],
  ['486', 'BSWAP', [0x0f, 0xc8], false],
  ['pentium', 'RDTSC', [0x0f, 0x31], false],
  ['pentium', 'CMOVZ', [0x0f, 0x44, 0xc1], true],
  ['pentium', 'PADDB', [0x0f, 0xfc, 0xc1], true],
  ['x86-64', 'PADDB', [0x0f, 0xfc, 0xc1], false],
  ['x86-64', 'POPCNT', [0xf3, 0x0f, 0xb8, 0xc1], true],
  ['v2', 'POPCNT', [0xf3, 0x0f, 0xb8, 0xc1], false],
] as const)('on %s %s is undefined or not', (model, _, code, expected) => {
  expect(isUndefined(model, code)).toBe(expected);
});

test('CR4 and IA32_EFER have what the model has', () => {
  const names = CPU_MODELS.map((m) => m.name);
  expect(names).toEqual(['486', 'pentium', 'x86-64', 'v2', 'kvm', 'max']);
  expect(cpuModel('v2')).toBe(DEFAULT_CPU);
  // mov cr4, eax
  const faults = (name: string, cr4: bigint): boolean => {
    const vcpu = createVcpu({ memoryBytes: 1 << 20, cpu: cpuModel(name)! });
    vcpu.ram.poke((13 * 4) as Gpa, new Uint8Array([0, 0x10, 0, 0]));
    vcpu.ram.poke(0x1000 as Gpa, WAIT);
    vcpu.ram.poke(0x7c00 as Gpa, new Uint8Array([0x0f, 0x22, 0xe0]));
    vcpu.setRegisters({
      rip: 0x7c00n,
      gpr: [cr4, ...new Array<bigint>(15).fill(0x8000n)],
      segments: vcpu
        .registers()
        .segments.map((s) => ({ ...s, base: 0n, selector: 0, rights: 0x93 })),
    });
    vcpu.run(icount(vcpu.icount + 1));
    return vcpu.registers().rip === 0x1000n;
  };
  const OSXSAVE = 1n << 18n;
  const PAE = 1n << 5n;
  expect([faults('v2', OSXSAVE), faults('max', OSXSAVE)]).toEqual([true, false]);
  expect([faults('pentium', PAE), faults('x86-64', PAE)]).toEqual([true, false]);
});
