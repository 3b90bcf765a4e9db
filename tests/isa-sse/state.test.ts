/** FXSAVE, FXRSTOR and LDMXCSR against the host CPU. */

import { afterAll, describe, expect, test } from 'vitest';
import { mxcsr } from '../../src/engine/isa/mxcsr.ts';
import { Box } from '../isa/box.ts';
import { type Case, initialFx, WINDOW_A } from '../isa/case.ts';
import { encode } from '../isa/encode.ts';
import { type HostCpu, hostCpu, warnSkipped } from '../isa/host/step.ts';
import { bytes, Random, SEED, value } from '../isa/values.ts';
import { randomFx } from './cases.ts';
import { describeCase, differences, type Leniency } from './compare.ts';

const host = hostCpu();
if (typeof host === 'string') warnSkipped(host);
const cpu = host as HostCpu;

const CASES = 200;

/** Bits of MXCSR that no processor has: bit 17 is AMD's. */
const RESERVED = [18, 24, 31];

function randomMxcsr(r: Random): number {
  const value = r.below(0x10000);
  return r.below(4) === 0 ? (value | (1 << r.pick(RESERVED))) >>> 0 : value;
}

/** What an image or a control word in memory holds. */
function window(name: string, r: Random): Uint8Array {
  if (name === 'FXSAVE') return bytes(r, 512);
  const image = name === 'FXRSTOR' ? randomFx(r, { kind: 'f64', x87: true }) : bytes(r, 512);
  const view = new DataView(image.buffer);
  for (let at = name === 'FXRSTOR' ? 24 : 0; at < 512; at += 4) {
    if (name === 'LDMXCSR' || at === 24) view.setUint32(at, randomMxcsr(r), true);
  }
  return image;
}

function makeCase(name: string, r: Random): Case {
  const row = mxcsr.find((one) => one.name === name)!;
  const compatibility = r.below(4) === 0;
  const encoding = encode(row, r, { compatibility });
  const gpr = Array.from({ length: 16 }, (_, n) =>
    compatibility ? (n < 8 ? value(r, 4) : 0n) : value(r, 8),
  );
  const fx = randomFx(r, { kind: 'f64', x87: true });
  if (compatibility) fx.fill(0, 160 + 128, 160 + 256);
  const image = name !== 'LDMXCSR';
  const misaligned = image && r.below(8) === 0 ? 1 + r.below(15) : 0;
  const at = image ? WINDOW_A + misaligned : WINDOW_A + 4 * r.below(100);
  encoding.aim(BigInt(at), gpr);
  return {
    code: encoding.bytes,
    repeated: false,
    compatibility,
    rflags: 0x202,
    gpr,
    fx,
    a: window(name, r),
    b: bytes(r, 128),
  };
}

/** Where FXSAVE's image has the pointers that AMD does not keep, and MXCSR_MASK. */
const NOT_COMPARED: Leniency = {
  a: [
    [6, 24],
    [28, 32],
  ],
};

describe.skipIf(typeof host === 'string')('SSE state agrees with the host', () => {
  const box = new Box();
  afterAll(() => cpu.remove());

  test.each(['FXSAVE', 'FXRSTOR', 'LDMXCSR'])('%s', (name) => {
    const r = new Random(SEED + name.length);
    const cases = Array.from({ length: CASES }, () => makeCase(name, r));
    const wanted = cpu.run(cases);
    const differing = cases.flatMap((c, i) => {
      const lenient = name === 'FXSAVE' ? NOT_COMPARED : {};
      const lines = differences(wanted[i]!, box.run(c), c, lenient);
      return lines.length ? [describeCase(name, c, lines)] : [];
    });
    expect(differing.slice(0, 3).join('\n'), `${differing.length} cases differ`).toBe('');
  });

  test('FXSAVE64 keeps whole pointers, FXRSTOR64 restores them', () => {
    const fx = initialFx();
    const view = new DataView(fx.buffer);
    view.setUint16(6, 0x5d8, true);
    view.setBigUint64(8, 0x1234_5678_9abc_def0n, true);
    view.setBigUint64(16, 0xffff_8000_0000_1234n, true);
    const at = (code: number[], a: Uint8Array, before: Uint8Array): ReturnType<Box['run']> =>
      box.run({
        code: new Uint8Array(code),
        repeated: false,
        compatibility: false,
        rflags: 0x202,
        gpr: Array.from({ length: 16 }, () => BigInt(WINDOW_A)),
        fx: before,
        a,
        b: new Uint8Array(128),
      });
    // fxsave64 [rax]; fxrstor64 [rax]
    const saved = at([0x48, 0x0f, 0xae, 0x00], new Uint8Array(512), fx).a;
    expect(saved.slice(0, 24)).toEqual(fx.slice(0, 24));
    const restored = at([0x48, 0x0f, 0xae, 0x08], saved, initialFx()).fx;
    expect(restored.slice(0, 24)).toEqual(fx.slice(0, 24));
  });
});
