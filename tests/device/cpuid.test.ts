import { describe, expect, test } from 'vitest';
import { cpuid, DEFAULT_CPU, FEATURES, type Feature } from '../../src/engine/cpuid.ts';

const ON = { apicEnabled: true, osxsave: false };
const leaf = (n: number, subleaf = 0, dynamic = ON) => cpuid(DEFAULT_CPU, n, subleaf, dynamic);
const text = (...registers: number[]) =>
  registers
    .flatMap((r) => [0, 8, 16, 24].map((shift) => String.fromCharCode((r >>> shift) & 0xff)))
    .join('');

test('the vendor, and the brand over three leaves', () => {
  const [max, ebx, ecx, edx] = leaf(0);
  expect([max, text(ebx, edx, ecx)]).toEqual([0x16, 'GenuineIntel']);
  const brand = [2, 3, 4].map((n) => text(...leaf(0x8000_0000 + n))).join('');
  expect(brand.replace(/\0+$/, '')).toBe('Retrovisor x86-64');
});

test('family 6, model 28, stepping 10: an Atom that does not speculate', () => {
  expect(leaf(1)[0].toString(16)).toBe('106ca');
});

test('every feature listed is announced, and no other', () => {
  const announced = (Object.keys(FEATURES) as Feature[]).filter((feature) => {
    const [at, register, bit] = FEATURES[feature];
    const index = ['eax', 'ebx', 'ecx', 'edx'].indexOf(register);
    return ((leaf(at)[index]! >>> bit) & 1) !== 0;
  });
  expect(new Set(announced)).toEqual(new Set(DEFAULT_CPU.features));
});

test('no two features share a bit', () => {
  const bits = Object.values(FEATURES).map((bit) => bit.join());
  expect(new Set(bits).size).toBe(bits.length);
});

test('the APIC flag follows IA32_APIC_BASE, OSXSAVE follows CR4', () => {
  expect((leaf(1)[3] >>> 9) & 1).toBe(1);
  expect((leaf(1, 0, { ...ON, apicEnabled: false })[3] >>> 9) & 1).toBe(0);
  expect((leaf(1, 0, { ...ON, osxsave: true })[2] >>> 27) & 1).toBe(1);
});

test('nothing is left to calibrate: TSC = crystal = 1 GHz', () => {
  expect(leaf(0x15)).toEqual([1, 1, 1_000_000_000, 0]);
  expect(leaf(0x16)).toEqual([1000, 1000, 100, 0]);
});

describe('leaves that are not there', () => {
  test('above the maximum the highest basic leaf answers, as Intel CPUs do', () => {
    for (const n of [0x17, 0x20, 0x4000_0000, 0x7fff_ffff, 0x8000_0009, 0xffff_ffff]) {
      expect([n, ...leaf(n)]).toEqual([n, ...leaf(0x16)]);
    }
  });

  test('the hypervisor bit is clear', () => {
    expect(leaf(1)[2] >>> 31).toBe(0);
  });

  test('subleaves past the last are zero', () => {
    expect(leaf(4, 3)).toEqual([0, 0, 0, 0]);
    expect(leaf(7, 1)).toEqual([0, 0, 0, 0]);
  });
});

test('every register of every leaf is an unsigned 32-bit number', () => {
  for (const base of [0, 0x8000_0000]) {
    for (let n = 0; n < 0x18; n++) {
      for (const value of leaf(base + n)) expect(value).toBe(value >>> 0);
    }
  }
});

test('leaf 4 multiplies out to the sizes it means', () => {
  const size = (subleaf: number) => {
    const [, ebx, ecx] = leaf(4, subleaf);
    return ((ebx >>> 22) + 1) * ((ebx & 0xfff) + 1) * (ecx + 1);
  };
  expect([0, 1, 2].map(size)).toEqual([32 << 10, 32 << 10, 512 << 10]);
});
