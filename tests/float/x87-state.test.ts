/** What needs no host: page faults, memory layouts, and the kernel's integers. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitLength, squareRoot } from '../../src/engine/float/bits.ts';
import { executeX87, type X87Environment } from '../../src/engine/float/x87/execute.ts';
import {
  fxrstor,
  fxsave,
  loadEnvironment,
  storeEnvironment,
} from '../../src/engine/float/x87/image.ts';
import { createX87State, type X87State } from '../../src/engine/float/x87/state.ts';
import { Random, SEED } from './cases.ts';
import { makeCase, RECORD, stateOf } from './x87-cases.ts';

class PageFault extends Error {}
const fault = (): never => {
  throw new PageFault();
};

const faulting: X87Environment = {
  eflags: 0,
  read: fault,
  write: fault,
  readBlock: fault,
  writeBlock: fault,
  setAx: fault,
};

function copy(s: X87State): X87State {
  return { ...s, registers: [...s.registers] };
}

describe('a page fault leaves the state as it was', () => {
  const r = new Random(SEED);
  const view = new DataView(new ArrayBuffer(RECORD));
  for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
    test(`${opcode.toString(16)}, memory forms`, () => {
      let faults = 0;
      for (let i = 0; i < 800; i++) {
        const modrm = (i & 7) << 3;
        makeCase(r, view, 0, opcode, modrm);
        const s = stateOf(view, 0);
        const before = copy(s);
        const format = { wide: true, real: false };
        const insn = { opcode, modrm, ip: 1n, cs: 2, dp: 3n, ds: 4, format };
        try {
          executeX87(s, insn, faulting);
        } catch (error) {
          expect(error).toBeInstanceOf(PageFault);
          expect(s).toEqual(before);
          faults++;
        }
      }
      expect(faults).toBeGreaterThan(100);
    });
  }
});

function sample(): X87State {
  const s = createX87State();
  s.fcw = 0x027f;
  s.fsw = 0x2a41;
  s.valid = 0b0110_0000;
  s.registers[5] = { significand: 1n << 63n, signExponent: 0x3fff };
  s.fip = 0x12345n;
  s.fcs = 0x0010;
  s.fdp = 0x6789an;
  s.fds = 0x0018;
  s.fop = 0x5ab;
  return s;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('FNSTENV layouts (SDM Vol. 1 Figures 8-9..8-12)', () => {
  // R5 valid and R6 zero, the others empty: tag word D3FFh.
  test('32-bit protected', () => {
    const image = new Uint8Array(28);
    storeEnvironment(sample(), { wide: true, real: false }, image);
    expect(hex(image)).toBe(
      '7f02ffff' + '412affff' + 'ffd3ffff' + '45230100' + '1000ab05' + '9a780600' + '1800ffff',
    );
  });

  test('16-bit protected', () => {
    const image = new Uint8Array(14);
    storeEnvironment(sample(), { wide: false, real: false }, image);
    expect(hex(image)).toBe('7f02' + '412a' + 'ffd3' + '4523' + '1000' + '9a78' + '1800');
  });

  test('32-bit real: linear addresses, 16 bits at a time', () => {
    const image = new Uint8Array(28);
    storeEnvironment(sample(), { wide: true, real: true }, image);
    // 12345h + 10h * 16 = 12445h; 6789Ah + 18h * 16 = 67A1Ah.
    expect(hex(image)).toBe(
      '7f02ffff' + '412affff' + 'ffd3ffff' + '4524ffff' + 'ab150000' + '1a7affff' + '00600000',
    );
  });

  test('16-bit real', () => {
    const image = new Uint8Array(14);
    storeEnvironment(sample(), { wide: false, real: true }, image);
    expect(hex(image)).toBe('7f02' + '412a' + 'ffd3' + '4524' + 'ab15' + '1a7a' + '0060');
  });

  test.each([
    [true, false],
    [true, true],
    [false, true],
  ])('what FNSTENV stores FLDENV loads (wide %s, real %s)', (wide, real) => {
    const s = sample();
    const first = new Uint8Array(28);
    storeEnvironment(s, { wide, real }, first);
    const t = createX87State();
    t.registers[5] = s.registers[5]!;
    loadEnvironment(t, { wide, real }, first);
    const second = new Uint8Array(28);
    storeEnvironment(t, { wide, real }, second);
    expect(hex(second)).toBe(hex(first));
  });
});

describe('FXSAVE', () => {
  test('puts the abridged tags and ST(0)..ST(7) where Table 10-2 has them', () => {
    const image = fxsave(sample(), true);
    expect(hex(image.subarray(0, 24))).toBe(
      '7f02' + '412a' + '60' + '00' + 'ab05' + '4523010000000000' + '9a78060000000000',
    );
    // TOP is 5, so ST(0) is R5.
    expect(hex(image.subarray(32, 48))).toBe('0000000000000080ff3f' + '000000000000');
    expect(hex(fxsave(sample(), false).subarray(8, 24))).toBe(
      '45230100' + '10000000' + '9a780600' + '18000000',
    );
  });

  test('FXRSTOR of any image gives it back', () => {
    const r = new Random(SEED);
    const view = new DataView(new ArrayBuffer(RECORD));
    for (let i = 0; i < 200; i++) {
      makeCase(r, view, 0, 0xd9, 0xd0);
      const s = stateOf(view, 0);
      const t = createX87State();
      fxrstor(t, false, fxsave(s, false));
      expect(t).toEqual(s);
    }
  });
});

describe('integers', () => {
  const wide = fc.bigInt({ min: 0n, max: (1n << 900n) - 1n });

  test('bitLength counts the digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 3000n) - 1n }), fc.nat(2999), (x, k) => {
        for (const n of [x, 1n << BigInt(k), (1n << BigInt(k)) - 1n]) {
          expect(bitLength(n)).toBe(n === 0n ? 0 : n.toString(2).length);
        }
      }),
      { seed: SEED },
    );
  });

  test('squareRoot is the floor', () => {
    fc.assert(
      fc.property(wide, (x) => {
        for (const n of [x, x * x, x * x + 1n, x === 0n ? 0n : x * x - 1n]) {
          if (n >= 1n << 1000n) continue;
          const root = squareRoot(n);
          expect(root * root <= n && (root + 1n) * (root + 1n) > n).toBe(true);
        }
      }),
      { seed: SEED },
    );
  });
});
