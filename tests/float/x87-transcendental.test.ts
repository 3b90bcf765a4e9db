/**
 * The eight transcendental x87 instructions against the host: results within one ulp (SDM Vol. 1
 * §8.3.10 promises no more), everything else exactly, but for C1, which says how that ulp fell.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { f80Bits, near, Random, SEED, significand } from './cases.ts';
import { buildHarness, warnSkipped } from './host/build.ts';
import { FSW_AT, makeCase, RECORD, REGISTERS_AT, type Shape } from './x87-cases.ts';
import { compareWithHost, type Forgive } from './x87-compare.ts';

const CASES = Number(process.env['FLOAT_CASES'] ?? 2500);

const harness = buildHarness('x87');
if (typeof harness === 'string') warnSkipped(harness);

const C1 = 0x200;
const SF = 0x40;
const PE = 0x20;

/** A positive or negative number with its exponent in [2^low, 2^high). */
function within(r: Random, low: number, high: number, sign = r.below(2)): bigint {
  const field = 16383 + low + r.below(high - low);
  return (BigInt((sign << 15) | field) << 64n) | (1n << 63n) | significand(r, 63);
}

const ONE = (0x3fffn << 64n) | (1n << 63n);
const HALF_PI_64 = 0xc90fdaa22168c235n;

/** A 64-bit number next to a multiple of pi/2, where argument reduction shows. */
function nearQuadrant(r: Random): bigint {
  const product = HALF_PI_64 * BigInt(1 + r.below(2 ** 31));
  const length = product.toString(2).length;
  const sig = product >> BigInt(length - 64);
  const field = 16383 + length - 64;
  return near(r, (BigInt((r.below(2) << 15) | field) << 64n) | sig, 63, 80);
}

const angle: Shape = (r) => {
  switch (r.below(4)) {
    case 0:
      return [nearQuadrant(r)];
    case 1:
      return [within(r, -70, 64)];
    case 2:
      return [within(r, -4, 4)];
    default:
      return [f80Bits(r)];
  }
};

const instructions: readonly { name: string; modrm: number; shape: Shape }[] = [
  {
    name: 'F2XM1',
    modrm: 0xf0,
    shape: (r) => [r.below(4) ? within(r, r.below(2) ? -8 : -140, 0) : f80Bits(r)],
  },
  {
    name: 'FYL2X',
    modrm: 0xf1,
    shape: (r) => {
      const x = [near(r, ONE, 63, 80), within(r, -70, 70, 0), f80Bits(r)][r.below(3)] as bigint;
      return [x, r.below(2) ? within(r, -70, 70) : f80Bits(r)];
    },
  },
  { name: 'FPTAN', modrm: 0xf2, shape: angle },
  {
    name: 'FPATAN',
    modrm: 0xf3,
    shape: (r) => {
      const x = r.below(2) ? within(r, -20, 20) : f80Bits(r);
      return [x, [near(r, x, 63, 80), within(r, -20, 20), f80Bits(r)][r.below(3)] as bigint];
    },
  },
  {
    name: 'FYL2XP1',
    modrm: 0xf9,
    shape: (r) => {
      const x = [within(r, -4, -2), within(r, -140, -2), f80Bits(r)][r.below(3)] as bigint;
      return [x, r.below(2) ? within(r, -70, 70) : f80Bits(r)];
    },
  },
  { name: 'FSINCOS', modrm: 0xfb, shape: angle },
  { name: 'FSIN', modrm: 0xfe, shape: angle },
  { name: 'FCOS', modrm: 0xff, shape: angle },
];

/** A register as an integer in which neighbouring numbers differ by one. */
function ordinal(view: DataView, at: number): bigint {
  const high = view.getUint16(at + 8, true);
  const sig = view.getBigUint64(at, true);
  const magnitude = (BigInt(high & 0x7fff) << 63n) + BigInt.asUintN(63, sig);
  return high & 0x8000 ? -magnitude : magnitude;
}

/** Makes results that differ by one ulp equal, and C1 with them. */
const oneUlp: Forgive = (ours, host, at) => {
  const top = (record: DataView) => record.getUint16(at + FSW_AT, true);
  for (let i = 0; i < 2; i++) {
    const register = at + REGISTERS_AT + 10 * i;
    const distance = ordinal(ours, register) - ordinal(host, register);
    if (distance !== 1n && distance !== -1n) continue;
    ours.setBigUint64(register, host.getBigUint64(register, true), true);
    ours.setUint16(register + 8, host.getUint16(register + 8, true), true);
  }
  const indefinite = host.getUint16(at + REGISTERS_AT + 8, true) === 0xffff;
  if ((top(host) & PE) !== 0 && !((top(host) & SF) !== 0 && indefinite)) {
    for (const record of [ours, host]) {
      record.setUint16(at + FSW_AT, top(record) & ~C1, true);
    }
  }
};

describe.skipIf(typeof harness === 'string')(
  `transcendental x87 against the host, seed ${SEED}`,
  () => {
    if (typeof harness === 'string') return;
    afterAll(() => harness.remove());

    for (const { name, modrm, shape } of instructions) {
      test(name, () => {
        const r = new Random(SEED);
        const cases = new Uint8Array(CASES * RECORD);
        const view = new DataView(cases.buffer);
        for (let i = 0; i < CASES; i++) makeCase(r, view, i * RECORD, 0xd9, modrm, shape);
        const found = compareWithHost(harness.run, cases, oneUlp);
        expect(found.slice(0, 8).join('\n'), `${found.length} differ`).toBe('');
      });
    }
  },
);
