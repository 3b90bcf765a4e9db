/**
 * AES-NI and PCLMULQDQ. SDM Vol. 2A and 2B, by name; Vol. 1 §12.13 for what a round is made of. The
 * S-boxes (FIPS 197 §5.1.1) are looked up in sixteen vectors of sixteen bytes: WebAssembly's swizzle
 * gives zero for an index beyond its vector, so that exactly one of the sixteen answers.
 */

import type { Code, Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { aligned, sseRow } from './vector.ts';

// --- the S-boxes ------------------------------------------------------------------------------------

/** Multiplication modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0x80; bit; bit >>= 1) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
    if (b & bit) product ^= a;
  }
  return product;
}

function substitution(): number[] {
  return Array.from({ length: 256 }, (_, x) => {
    // The inverse is x to the 254th.
    let inverse = 1;
    for (let i = 0; i < 254; i++) inverse = multiply(inverse, x);
    let s = 0x63;
    for (let turn = 0; turn < 5; turn++) s ^= (inverse << turn) | (inverse >> (8 - turn));
    return s & 0xff;
  });
}

const SBOX = substitution();
const INVERSE_SBOX = SBOX.map((_, x) => SBOX.indexOf(x));

function substitute(c: Code, box: readonly number[], v: Val): Val {
  const x = c.let(v);
  let result: Val | undefined;
  for (let at = 0; at < 256; at += 16) {
    const index = at ? c.op('v128', simd.SUB[1], x, simd.repeat(1, BigInt(at))) : x;
    const found = simd.swizzle(c, simd.constant(box.slice(at, at + 16)), index);
    result = c.let(result ? c.op('v128', simd.OR, result, found) : found);
  }
  return result!;
}

// --- rows and columns: byte 4c + r is row r of column c ----------------------------------------------

const SHIFT_ROWS = simd.IOTA.map((i) => (((i >> 2) + (i & 3)) & 3) * 4 + (i & 3));
const INVERSE_SHIFT_ROWS = simd.IOTA.map((i) => (((i >> 2) - (i & 3)) & 3) * 4 + (i & 3));
/** Every byte is the one `n` rows below it in its column. */
const rotated = (n: number): number[] => simd.IOTA.map((i) => (i & ~3) | ((i + n) & 3));

const permute = (c: Code, v: Val, to: readonly number[]): Val => {
  const x = c.let(v);
  return c.shuffle(x, x, to);
};

const xor = (c: Code, a: Val, b: Val): Val => c.op('v128', simd.XOR, a, b);

/** Every byte times x in the field. */
function timesX(c: Code, v: Val): Val {
  const x = c.let(v);
  const carries = c.op('v128', simd.LT_S[1], x, simd.nothing());
  const reduction = c.op('v128', simd.AND, carries, simd.repeat(1, 0x1bn));
  return xor(c, c.op('v128', simd.ADD[1], x, x), reduction);
}

/** 2·a[r] + 3·a[r+1] + a[r+2] + a[r+3] in each column. */
function mixColumns(c: Code, v: Val): Val {
  const a = c.let(v);
  const next = c.let(permute(c, a, rotated(1)));
  const rest = xor(c, permute(c, a, rotated(2)), permute(c, a, rotated(3)));
  return xor(c, timesX(c, xor(c, a, next)), xor(c, next, rest));
}

/** The inverse's matrix is MixColumns' times one that adds 4·(a[r] + a[r+2]). */
function inverseMixColumns(c: Code, v: Val): Val {
  const a = c.let(v);
  const pairs = timesX(c, timesX(c, xor(c, a, permute(c, a, rotated(2)))));
  return mixColumns(c, xor(c, a, pairs));
}

const encryptLast: simd.Binary = (c, a, key) =>
  xor(c, substitute(c, SBOX, permute(c, a, SHIFT_ROWS)), key);
const encrypt: simd.Binary = (c, a, key) =>
  xor(c, mixColumns(c, substitute(c, SBOX, permute(c, a, SHIFT_ROWS))), key);
const decryptLast: simd.Binary = (c, a, key) =>
  xor(c, substitute(c, INVERSE_SBOX, permute(c, a, INVERSE_SHIFT_ROWS)), key);
const decrypt: simd.Binary = (c, a, key) =>
  xor(c, inverseMixColumns(c, substitute(c, INVERSE_SBOX, permute(c, a, INVERSE_SHIFT_ROWS))), key);

/** SubWord of dwords 1 and 3, each beside its RotWord, to which the round constant is added. */
function keyGenerationAssist(e: Emitter): void {
  const words = substitute(e, SBOX, aligned(e, 1));
  const placed = permute(e, words, [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12]);
  const odd = simd.repeat(8, 0xffff_ffff_0000_0000n);
  const constants = e.op('v128', simd.AND, simd.splat(e, 4, e.value(2)), odd);
  e.assign(0, xor(e, placed, constants));
}

// --- PCLMULQDQ --------------------------------------------------------------------------------------

/** Bits 0 and 4 of the immediate choose the quadwords; their product has no carries. */
function carrylessMultiply(e: Emitter): void {
  const source = aligned(e, 1);
  const imm = e.value(2);
  const destination = e.let(e.value(0));
  const quadword = (v: Val, bit: number): Val =>
    e.let(e.select(e.and(imm, bit), simd.extract(e, 8, 1, v), simd.extract(e, 8, 0, v)));
  const a = quadword(destination, 1);
  const b = e.var('i64', quadword(source, 0x10));
  const low = e.var('i64', 0);
  const high = e.var('i64', 0);
  const n = e.var('i64', 0);
  e.block((out) => {
    e.loop((again) => {
      e.brIf(out, e.eqz(e.get(b)));
      // The lowest bit of what is left of b.
      e.set(n, e.ctz(e.get(b)));
      e.set(b, e.and(e.get(b), e.sub(e.get(b), 1)));
      e.set(low, e.xor(e.get(low), e.shl(a, e.get(n))));
      // a >> 64 - n, which for n = 0 is nothing: WebAssembly's shift counts are modulo 64.
      const over = e.shru(e.shru(a, 1), e.sub(e.i64(63), e.get(n)));
      e.set(high, e.xor(e.get(high), over));
      e.br(again);
    });
  });
  e.assign(0, simd.replace(e, 8, 1, simd.zeroExtend(e, e.get(low)), e.get(high)));
}

const round = (opcode: string, name: string, compute: simd.Binary): Row =>
  sseRow(`66 0F 38 ${opcode} /r`, name, compute, { cite: `SDM 2A ${name}`, feature: 'AESNI' });

export const aes: readonly Row[] = [
  round('DB', 'AESIMC', (c, _, b) => inverseMixColumns(c, b)),
  round('DC', 'AESENC', encrypt),
  round('DD', 'AESENCLAST', encryptLast),
  round('DE', 'AESDEC', decrypt),
  round('DF', 'AESDECLAST', decryptLast),
  {
    enc: '66 0F 3A DF /r ib',
    name: 'AESKEYGENASSIST',
    ops: 'Vdq,Wdq,Ib',
    unit: 'sse',
    emit: keyGenerationAssist,
    feature: 'AESNI',
    cite: 'SDM 2A AESKEYGENASSIST',
  },
  {
    enc: '66 0F 3A 44 /r ib',
    name: 'PCLMULQDQ',
    ops: 'Vdq,Wdq,Ib',
    unit: 'sse',
    emit: carrylessMultiply,
    feature: 'PCLMULQDQ',
    cite: 'SDM 2B PCLMULQDQ',
  },
];
