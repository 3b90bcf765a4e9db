/**
 * Every x87 encoding against the CPU the tests run on: registers, tags, FCW, FSW, FOP, EFLAGS and
 * memory, exactly. Transcendental instructions are in x87-transcendental.test.ts.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { Random, SEED } from './cases.ts';
import { buildHarness, warnSkipped } from './host/build.ts';
import { makeCase, RECORD } from './x87-cases.ts';
import { compareWithHost, ignoreStatus } from './x87-compare.ts';

/** Cases for each memory form; each register form, of which there are eight, gets a fifth. */
const CASES = Number(process.env['FLOAT_CASES'] ?? 2500);

const harness = buildHarness('x87');
if (typeof harness === 'string') warnSkipped(harness);

const TRANSCENDENTAL = new Set([0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff]);
const isTranscendental = (opcode: number, modrm: number): boolean =>
  opcode === 0xd9 && TRANSCENDENTAL.has(modrm);

/**
 * FCOMI and its like set C1 to 0 (SDM Vol. 2, FCOMI, "FPU Flags Affected"); AMD's processors leave
 * it alone. We do as the manual says, so C1 is not compared there.
 */
const isCompareFlags = (opcode: number, reg: number): boolean =>
  (opcode === 0xdb || opcode === 0xdf) && (reg === 5 || reg === 6);
const ignoreC1 = ignoreStatus(0x200);

function makeCases(opcode: number, modrms: readonly number[], each: number): Uint8Array {
  const r = new Random(SEED);
  const cases = new Uint8Array(modrms.length * each * RECORD);
  const view = new DataView(cases.buffer);
  modrms.forEach((modrm, form) => {
    for (let i = 0; i < each; i++) makeCase(r, view, (form * each + i) * RECORD, opcode, modrm);
  });
  return cases;
}

describe.skipIf(typeof harness === 'string')(`x87 against the host, seed ${SEED}`, () => {
  if (typeof harness === 'string') return;
  afterAll(() => harness.remove());

  const check = (cases: Uint8Array, forgive?: typeof ignoreC1): void => {
    const found = compareWithHost(harness.run, cases, forgive);
    expect(found.slice(0, 4).join('\n'), `${found.length} differ`).toBe('');
  };

  for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
    for (let reg = 0; reg < 8; reg++) {
      test(`${opcode.toString(16)} /${reg}, memory`, () => {
        check(makeCases(opcode, [reg << 3], CASES));
      });
      const registers = Array.from({ length: 8 }, (_, i) => 0xc0 | (reg << 3) | i).filter(
        (modrm) => !isTranscendental(opcode, modrm),
      );
      if (registers.length === 0) continue;
      test(`${opcode.toString(16)} /${reg}, registers`, () => {
        const forgive = isCompareFlags(opcode, reg) ? ignoreC1 : undefined;
        check(makeCases(opcode, registers, CASES / 5), forgive);
      });
    }
  }
});
