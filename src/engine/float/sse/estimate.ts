/**
 * RCPSS and RSQRTSS (SDM Vol. 2). Silicon reads these from tables that differ between makers; Intel
 * promises a relative error of at most 1.5 * 2^-12 and nothing more.
 *
 * QUIRK, frozen: the exact reciprocal (or reciprocal square root) rounded to nearest even to 12
 * significant bits, which is an error of at most 2^-12. Recordings depend on it.
 *
 * Neither raises exceptions or looks at MXCSR: denormal operands count as zero, tiny results
 * become zero.
 */

import { divide, squareRootOf } from '../arith.ts';
import { NEAREST } from '../flags.ts';
import { F32, round } from '../round.ts';
import { finite, INFINITE, QNAN, type Value, ZERO } from '../value.ts';
import { MXCSR_DAZ } from './env.ts';
import { infinityBits, SINGLE, unpack, zeroBits } from './format.ts';

const ESTIMATE = { precision: 12, emin: F32.emin, emax: F32.emax };
const DELIVERY = { rounding: NEAREST, unmasked: 0, flush: true };
const ONE = finite(0, 1n, 0);

function encode(v: Value): number {
  const r = round(ESTIMATE, DELIVERY, v.sign, v.sig, v.exp);
  if (r.sig === 0n) return Number(zeroBits(SINGLE, v.sign));
  const field = r.exp + 11 + 127;
  return ((v.sign << 31) | (field << 23) | (Number(r.sig & 0x7ffn) << 12)) >>> 0;
}

export function rcpF32(a: number): number {
  const x = unpack(SINGLE, BigInt(a), MXCSR_DAZ);
  if (x.kind >= QNAN) return Number(BigInt(a) | SINGLE.quiet);
  if (x.kind === ZERO) return Number(infinityBits(SINGLE, x.sign));
  if (x.kind === INFINITE) return Number(zeroBits(SINGLE, x.sign));
  return encode(divide({ ...ONE, sign: x.sign ? 1 : 0 }, { ...x, sign: 0 }));
}

export function rsqrtF32(a: number): number {
  const x = unpack(SINGLE, BigInt(a), MXCSR_DAZ);
  if (x.kind >= QNAN) return Number(BigInt(a) | SINGLE.quiet);
  if (x.kind === ZERO) return Number(infinityBits(SINGLE, x.sign));
  if (x.sign) return Number(SINGLE.defaultNan);
  if (x.kind === INFINITE) return 0;
  // 1/sqrt(x) = sqrt(x)/x: the root carries 68 bits, far more than a 12-bit tie could turn on.
  return encode(divide(squareRootOf(x), x));
}
