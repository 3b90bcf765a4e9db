/** Without its feature an instruction is what older processors make of its bytes. */

import { describe, expect, test } from 'vitest';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import { ROWS } from '../../src/engine/isa/index.ts';

const CODE64 = {
  codeSize: 8,
  stackSize: 8,
  flat: false,
  em: false,
  ts: false,
  osfxsr: true,
} as const;

function name(code: readonly number[], without: string): string {
  const decoder = new Decoder(ROWS, (feature) => feature !== without);
  const bytes = new Uint8Array([...code, 0, 0, 0, 0, 0, 0]);
  const decoded = decoder.decode(bytes, 0, bytes.length, CODE64, 0);
  if (decoded === 'more') return 'more';
  return 'fault' in decoded ? `#${decoded.fault}` : decoded.row.name;
}

describe.each([
  ['LZCNT', [0xf3, 0x0f, 0xbd, 0xc1], 'BSR'],
  ['BMI1', [0xf3, 0x0f, 0xbc, 0xc1], 'BSF'],
  ['POPCNT', [0xf3, 0x0f, 0xb8, 0xc1], '#6'],
  ['MOVBE', [0x0f, 0x38, 0xf0, 0x01], '#6'],
  ['SSE4.2', [0xf2, 0x0f, 0x38, 0xf1, 0xc1], '#6'],
  ['CMPXCHG16B', [0x48, 0x0f, 0xc7, 0x09], '#6'],
  ['CLFSH', [0x0f, 0xae, 0x39], '#6'],
])('%s', (feature, code, otherwise) => {
  test(`its bytes are ${otherwise} without it`, () => {
    expect(name(code, feature)).toBe(otherwise);
    expect(name(code, 'no such feature')).not.toBe(otherwise);
  });
});

describe('decoding', () => {
  test.each([
    ['90 is NOP', [0x90], 'NOP'],
    ['F3 90 is PAUSE', [0xf3, 0x90], 'PAUSE'],
    ['41 90 exchanges R8', [0x41, 0x90], 'XCHG'],
    ['ENDBR64 is a hint', [0xf3, 0x0f, 0x1e, 0xfa], 'NOP'],
    ['40+r is REX in 64-bit code', [0x40, 0x90], 'NOP'],
    ['BOUND is gone in 64-bit code', [0x62, 0x00], '#6'],
  ])('%s', (_, code, expected) => {
    expect(name(code, '')).toBe(expected);
  });
});
