/**
 * Every x87 encoding against the CPU the tests run on: registers, tags, FCW, FSW, FOP, EFLAGS and
 * memory, exactly. Transcendental instructions are in x87-transcendental.test.ts.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { Random, SEED } from './cases.ts';
import { buildHarness, warnSkipped } from './host/build.ts';
import { describeRecord, makeCase, RECORD, runOurs } from './x87-cases.ts';

const SCALE = Number(process.env['FLOAT_CASES'] ?? 5000);
const MEMORY_CASES = SCALE / 2;
const REGISTER_CASES = SCALE / 10;

const harness = buildHarness('x87');
if (typeof harness === 'string') warnSkipped(harness);

const TRANSCENDENTAL = new Set([0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff]);
const isTranscendental = (opcode: number, modrm: number): boolean =>
  opcode === 0xd9 && TRANSCENDENTAL.has(modrm);

function differences(opcode: number, modrms: readonly number[], count: number): string[] {
  if (typeof harness === 'string') throw new Error('no harness');
  const r = new Random(SEED);
  const total = modrms.length * count;
  const cases = new Uint8Array(total * RECORD);
  const input = new DataView(cases.buffer);
  for (let i = 0; i < total; i++) {
    makeCase(r, input, i * RECORD, opcode, modrms[Math.floor(i / count)] as number);
  }
  const results = harness.run([], cases);
  expect(results.length).toBe(cases.length);
  const host = new DataView(results.buffer, results.byteOffset, results.length);
  const ours = new DataView(cases.slice().buffer);
  const found: string[] = [];
  for (let i = 0; i < total; i++) {
    const at = i * RECORD;
    runOurs(ours, at);
    const mine = describeRecord(ours, at, false);
    const theirs = describeRecord(host, at, false);
    if (mine === theirs) continue;
    const name = `${opcode.toString(16)} ${input.getUint8(at + 1).toString(16)}`;
    found.push(
      `${name}\n  case ${describeRecord(input, at, true)}\n  ours ${mine}\n  host ${theirs}`,
    );
  }
  return found;
}

describe.skipIf(typeof harness === 'string')(`x87 against the host, seed ${SEED}`, () => {
  if (typeof harness === 'string') return;
  afterAll(() => harness.remove());

  for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
    for (let reg = 0; reg < 8; reg++) {
      const memory = reg << 3;
      test(`${opcode.toString(16)} /${reg}, memory`, () => {
        const found = differences(opcode, [memory], MEMORY_CASES);
        expect(found.slice(0, 4).join('\n'), `${found.length} differ`).toBe('');
      });
      const registers = Array.from({ length: 8 }, (_, i) => 0xc0 | memory | i).filter(
        (modrm) => !isTranscendental(opcode, modrm),
      );
      test(`${opcode.toString(16)} /${reg}, registers`, () => {
        const found = differences(opcode, registers, REGISTER_CASES);
        expect(found.slice(0, 4).join('\n'), `${found.length} differ`).toBe('');
      });
    }
  }
});
