/**
 * Every x87 encoding against the CPU the tests run on: registers, tags, FCW, FSW, FOP, EFLAGS and
 * memory, exactly; for a fast and a slow test. Transcendental instructions are in
 * x87-transcendental.test.ts.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { isDefined, isWaiting } from '../../src/engine/float/x87/execute.ts';
import { hasPendingException } from '../../src/engine/float/x87/state.ts';
import { Random, SEED } from './cases.ts';
import { buildHarness, warnSkipped } from './host/build.ts';
import {
  FCW_AT,
  FSW_AT,
  makeCase,
  NARROW,
  RECORD,
  runOurs,
  stateOf,
  TRAP_AT,
} from './x87-cases.ts';
import { compareWithHost, ignoreStatus } from './x87-compare.ts';

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

const SIGILL = 4;
const SIGFPE = 8;

function runEachOurs(view: DataView, count: number): void {
  for (let i = 0; i < count; i++) runOurs(view, i * RECORD);
}

function makeCases(opcode: number, modrms: readonly number[], each: number): Uint8Array {
  const r = new Random(SEED);
  const cases = new Uint8Array(modrms.length * each * RECORD);
  const view = new DataView(cases.buffer);
  modrms.forEach((modrm, form) => {
    for (let i = 0; i < each; i++) makeCase(r, view, (form * each + i) * RECORD, opcode, modrm);
  });
  return cases;
}

/** `cases` for each memory form; each register form, of which there are eight, gets a fifth. */
export function x87Tests(cases: number): void {
  const each = Number(process.env['FLOAT_CASES'] ?? cases);
  const harness = buildHarness('x87');
  if (typeof harness === 'string') warnSkipped(harness);

  describe.skipIf(typeof harness === 'string')(`x87 against the host, seed ${SEED}`, () => {
    if (typeof harness === 'string') return;
    afterAll(() => harness.remove());

    const check = (cases: Uint8Array, forgive?: typeof ignoreC1): void => {
      const found = compareWithHost(harness.run, cases, forgive);
      expect(found.slice(0, 4).join('\n'), `${found.length} differ`).toBe('');
    };

    // FLDENV, FNSTENV, FRSTOR, FNSAVE.
    for (const [opcode, reg] of [
      [0xd9, 4],
      [0xd9, 6],
      [0xdd, 4],
      [0xdd, 6],
    ] as const) {
      test(`${opcode.toString(16)} /${reg}, 16-bit layout`, () => {
        const cases = makeCases(opcode, [reg << 3], each / 5);
        const view = new DataView(cases.buffer);
        for (let at = 0; at < cases.length; at += RECORD)
          view.setUint32(at + TRAP_AT, NARROW, true);
        check(cases);
      });
    }

    test('a pending exception stops the waiting instructions and no others', () => {
      const r = new Random(SEED);
      const encodings: [number, number][] = [];
      for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
        for (let reg = 0; reg < 8; reg++) encodings.push([opcode, reg << 3]);
        for (let modrm = 0xc0; modrm <= 0xff; modrm++) encodings.push([opcode, modrm]);
      }
      const cases = new Uint8Array(encodings.length * RECORD);
      const view = new DataView(cases.buffer);
      encodings.forEach(([opcode, modrm], i) => {
        makeCase(r, view, i * RECORD, opcode, modrm);
        // A flag set and its mask clear.
        const fcw = view.getUint16(i * RECORD + FCW_AT, true);
        const fsw = view.getUint16(i * RECORD + FSW_AT, true);
        view.setUint16(i * RECORD + FCW_AT, fcw & ~1, true);
        view.setUint16(i * RECORD + FSW_AT, fsw | 1, true);
        expect(hasPendingException(stateOf(view, i * RECORD))).toBe(true);
      });
      const host = harness.run([], cases);
      const results = new DataView(host.buffer, host.byteOffset, host.length);
      runEachOurs(view, encodings.length);
      encodings.forEach(([opcode, modrm], i) => {
        const undefinedOpcode = view.getUint32(i * RECORD + TRAP_AT, true) !== 0;
        expect(isDefined(opcode, modrm)).toBe(!undefinedOpcode);
        const expected = undefinedOpcode ? SIGILL : isWaiting(opcode, modrm) ? SIGFPE : 0;
        const name = `${opcode.toString(16)} ${modrm.toString(16)}`;
        expect(`${name}: ${results.getUint32(i * RECORD + TRAP_AT, true)}`).toBe(
          `${name}: ${expected}`,
        );
      });
    });

    for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
      for (let reg = 0; reg < 8; reg++) {
        test(`${opcode.toString(16)} /${reg}, memory`, () => {
          check(makeCases(opcode, [reg << 3], each));
        });
        const registers = Array.from({ length: 8 }, (_, i) => 0xc0 | (reg << 3) | i).filter(
          (modrm) => !isTranscendental(opcode, modrm),
        );
        if (registers.length === 0) continue;
        test(`${opcode.toString(16)} /${reg}, registers`, () => {
          const forgive = isCompareFlags(opcode, reg) ? ignoreC1 : undefined;
          check(makeCases(opcode, registers, each / 5), forgive);
        });
      }
    }
  });
}
