/**
 * RCPSS and RSQRTSS: special operands as the host has them, the others within the error that the
 * manual allows (SDM Vol. 2, RCPSS, RSQRTSS).
 */

import { afterAll, describe, expect, test } from 'vitest';
import { rcpF32, rsqrtF32 } from '../../src/engine/float/sse/estimate.ts';
import { f32Bits, Random, SEED } from './cases.ts';
import { buildHarness, warnSkipped } from './host/build.ts';

const CASES = 20_000;
const MAX_ERROR = 1.5 * 2 ** -12;

const cell = new DataView(new ArrayBuffer(4));
function toNumber(bits: number): number {
  cell.setUint32(0, bits);
  return cell.getFloat32(0);
}

const operands = (): number[] => {
  const r = new Random(SEED);
  return Array.from({ length: CASES }, () => Number(f32Bits(r)));
};

const isNormal = (bits: number): boolean => {
  const field = (bits >>> 23) & 0xff;
  return field !== 0 && field !== 0xff;
};

for (const [name, estimate, exact] of [
  ['RCPSS', rcpF32, (x: number) => 1 / x],
  ['RSQRTSS', rsqrtF32, (x: number) => 1 / Math.sqrt(x)],
] as const) {
  test(`${name} is within 1.5 * 2^-12`, () => {
    let worst = 0;
    for (const bits of operands()) {
      const truth = exact(toNumber(bits));
      // Tiny results become zero; negative operands have no root.
      if (!isNormal(bits) || !(Math.abs(truth) >= 2 ** -126)) continue;
      const error = Math.abs(toNumber(estimate(bits)) / truth - 1);
      if (error > worst) worst = error;
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThanOrEqual(MAX_ERROR);
  });
}

const harness = buildHarness('sse');
if (typeof harness === 'string') warnSkipped(harness);

describe.skipIf(typeof harness === 'string')('special operands as on the host', () => {
  if (typeof harness === 'string') return;
  afterAll(() => harness.remove());

  for (const [name, estimate] of [
    ['rcpss', rcpF32],
    ['rsqrtss', rsqrtF32],
  ] as const) {
    test(name, () => {
      const special = operands().filter(
        (bits) => !isNormal(bits) || (name === 'rsqrtss' && bits >>> 31),
      );
      const cases = new DataView(new ArrayBuffer(special.length * 48));
      special.forEach((bits, i) => {
        // RC, FTZ and DAZ vary: the instructions must not care.
        cases.setUint32(i * 48, 0x1f80 | ((bits * 0x40) & 0xe040), true);
        cases.setUint32(i * 48 + 32, bits, true);
      });
      const host = harness.run([name], new Uint8Array(cases.buffer));
      const results = new DataView(host.buffer, host.byteOffset, host.length);
      special.forEach((bits, i) => {
        const theirs = results.getUint32(i * 32 + 16, true);
        expect(`${bits.toString(16)} -> ${estimate(bits).toString(16)}`).toBe(
          `${bits.toString(16)} -> ${theirs.toString(16)}`,
        );
      });
    });
  }
});
