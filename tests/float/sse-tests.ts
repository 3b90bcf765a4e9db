/** Every SSE operation against the CPU the tests run on: results, MXCSR, EFLAGS and #XM;
 * for a fast and a slow test. */

import { afterAll, describe, expect, test } from 'vitest';
import type { SseEnv } from '../../src/engine/float/sse/env.ts';
import { settle, sseEnv } from '../../src/engine/float/sse/env.ts';
import type { Xmm } from '../../src/engine/float/sse/packed.ts';
import { f32Bits, f64Bits, near, Random, SEED } from './cases.ts';
import { buildHarness, warnSkipped } from './host/build.ts';
import { type Instruction, instructions } from './sse-instructions.ts';

const IN = 48;
const OUT = 32;
const EFLAGS = 0x8d5;

function half(r: Random, kind: Instruction['elements'], other?: bigint): bigint {
  if (kind === 'f64')
    return other !== undefined && r.below(3) === 0 ? near(r, other, 52, 64) : f64Bits(r);
  const lane = (shift: bigint) =>
    other !== undefined && r.below(3) === 0
      ? near(r, (other >> shift) & 0xffff_ffffn, 23, 32)
      : f32Bits(r);
  return (lane(32n) << 32n) | lane(0n);
}

/** RC, FTZ, DAZ and sticky flags at random; masks mostly all set, so that results are compared. */
function randomMxcsr(r: Random): number {
  const control = (r.u32() & 0xe040) | (r.below(8) === 0 ? r.u32() & 0x3f : 0);
  return control | (r.below(4) === 0 ? r.u32() & 0x1f80 : 0x1f80);
}

function makeCases(instruction: Instruction, count: number): Uint8Array {
  const r = new Random(SEED);
  const bytes = new DataView(new ArrayBuffer(count * IN));
  for (let i = 0; i < count; i++) {
    const at = i * IN;
    const a = { lo: half(r, instruction.elements), hi: half(r, instruction.elements) };
    const gpr = r.below(2) ? r.u64() : BigInt.asUintN(64, BigInt.asIntN(r.below(64) + 1, r.u64()));
    bytes.setUint32(at, randomMxcsr(r), true);
    bytes.setBigUint64(at + 8, gpr, true);
    bytes.setBigUint64(at + 16, a.lo, true);
    bytes.setBigUint64(at + 24, a.hi, true);
    bytes.setBigUint64(at + 32, half(r, instruction.elements, a.lo), true);
    bytes.setBigUint64(at + 40, half(r, instruction.elements, a.hi), true);
  }
  return new Uint8Array(bytes.buffer);
}

interface Outcome {
  readonly mxcsr: number;
  readonly trapped: boolean;
  readonly eflags: number;
  readonly gpr: bigint;
  readonly xmm: Xmm;
}

function ours(instruction: Instruction, input: DataView, at: number): Outcome {
  const env: SseEnv = sseEnv(input.getUint32(at, true));
  const before = {
    gpr: input.getBigUint64(at + 8, true),
    xmm: { lo: input.getBigUint64(at + 16, true), hi: input.getBigUint64(at + 24, true) },
    eflags: EFLAGS,
  };
  const b = { lo: input.getBigUint64(at + 32, true), hi: input.getBigUint64(at + 40, true) };
  const after = { ...before, ...instruction.run(before.xmm, b, before.gpr, env) };
  const trapped = settle(env);
  return { ...(trapped ? before : after), mxcsr: env.mxcsr, trapped };
}

function theirs(output: DataView, at: number): Outcome {
  const trapped = output.getUint16(at + 6, true) === 1;
  return {
    gpr: output.getBigUint64(at + 8, true),
    xmm: { lo: output.getBigUint64(at + 16, true), hi: output.getBigUint64(at + 24, true) },
    // The harness cannot see EFLAGS of a faulting instruction.
    eflags: trapped ? EFLAGS : output.getUint16(at + 4, true) & EFLAGS,
    mxcsr: output.getUint32(at, true),
    trapped,
  };
}

const show = (x: Outcome): string =>
  `xmm ${x.xmm.hi.toString(16)}_${x.xmm.lo.toString(16)} gpr ${x.gpr.toString(16)} ` +
  `mxcsr ${x.mxcsr.toString(16)} eflags ${x.eflags.toString(16)}${x.trapped ? ' #XM' : ''}`;

/** `cases` for each instruction; FLOAT_CASES for a longer hunt. */
export function sseTests(cases: number): void {
  const each = Number(process.env['FLOAT_CASES'] ?? cases);
  const harness = buildHarness('sse');
  if (typeof harness === 'string') warnSkipped(harness);

  describe.skipIf(typeof harness === 'string')(`SSE against the host, seed ${SEED}`, () => {
    if (typeof harness === 'string') return;
    afterAll(() => harness.remove());

    for (const instruction of instructions) {
      test(instruction.name, () => {
        const cases = makeCases(instruction, each);
        const results = harness.run([instruction.name], cases);
        expect(results.length).toBe(each * OUT);
        const input = new DataView(cases.buffer);
        const output = new DataView(results.buffer, results.byteOffset, results.length);
        const differences: string[] = [];
        for (let i = 0; i < each; i++) {
          const mine = show(ours(instruction, input, i * IN));
          const host = show(theirs(output, i * OUT));
          if (mine === host) continue;
          const word = (at: number) => input.getBigUint64(i * IN + at, true).toString(16);
          differences.push(
            `mxcsr ${input.getUint32(i * IN, true).toString(16)} gpr ${word(8)} ` +
              `a ${word(24)}_${word(16)} b ${word(40)}_${word(32)}\n  ours ${mine}\n  host ${host}`,
          );
        }
        expect(differences.slice(0, 5).join('\n'), `${differences.length} differ`).toBe('');
      });
    }
  });
}
