/**
 * Elementary functions in binary fixed point: a real number r is the bigint r * 2^bits. Every
 * function is off by a few hundred units of the last place at most; callers ask for 128 bits more
 * than they keep.
 */

import { squareRoot } from '../bits.ts';

/** arctan(1/n), n > 1. */
function arctanInverse(n: bigint, bits: number): bigint {
  const square = n * n;
  let power = (1n << BigInt(bits)) / n;
  let sum = power;
  for (let k = 3n, sign = -1n; power !== 0n; k += 2n, sign = -sign) {
    power /= square;
    sum += (sign * power) / k;
  }
  return sum;
}

const constants = new Map<string, bigint>();

/** Constants are computed once for each width. */
function once(name: string, bits: number, compute: () => bigint): bigint {
  const key = `${name} ${bits}`;
  let value = constants.get(key);
  if (value === undefined) {
    value = compute();
    constants.set(key, value);
  }
  return value;
}

/** Machin's formula. */
export const pi = (bits: number): bigint =>
  once('pi', bits, () => 16n * arctanInverse(5n, bits) - 4n * arctanInverse(239n, bits));

export const ln2 = (bits: number): bigint =>
  once('ln2', bits, () => 2n * artanh((1n << BigInt(bits)) / 3n, bits));

/** z + z^3/3 + z^5/5 + ..., for |z| of about a third at most. */
function artanh(z: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (z * z) >> shift;
  let power = z;
  let sum = z;
  for (let k = 3n; power !== 0n && power !== -1n; k += 2n) {
    power = (power * square) >> shift;
    sum += power / k;
  }
  return sum;
}

/** ln(1 + f) for f in about [-0.3, 0.5]. */
export function lnPlus1(f: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  // ln(m) = 2 artanh((m - 1) / (m + 1)).
  return 2n * artanh((f << shift) / (f + (2n << shift)), bits);
}

/** e^t - 1 for |t| < 1. */
export function expMinus1(t: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  let term = t;
  let sum = t;
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    term = ((term * t) >> shift) / k;
    sum += term;
  }
  return sum;
}

/** The series common to sine and cosine, from a first term on, for |r| < 1. */
function alternating(first: bigint, k: bigint, r: bigint, bits: number): bigint {
  const square = (r * r) >> BigInt(bits);
  let term = first;
  let sum = first;
  let n = k;
  while (term !== 0n && term !== -1n) {
    term = -((term * square) >> BigInt(bits)) / (n * (n + 1n));
    sum += term;
    n += 2n;
  }
  return sum;
}

export const sine = (r: bigint, bits: number): bigint => alternating(r, 2n, r, bits);
export const cosine = (r: bigint, bits: number): bigint =>
  alternating(1n << BigInt(bits), 1n, r, bits);

/** arctan(t) for 0 <= t <= 1. */
export function arctan(t: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const one = 1n << shift;
  // arctan(t) = 2 arctan(t / (1 + sqrt(1 + t^2))); thrice brings t below an eighth.
  let reduced = t;
  for (let i = 0; i < 3; i++) {
    const root = squareRoot((one << shift) + reduced * reduced);
    reduced = (reduced << shift) / (one + root);
  }
  const square = (reduced * reduced) >> shift;
  let power = reduced;
  let sum = reduced;
  for (let k = 3n, sign = -1n; power !== 0n; k += 2n, sign = -sign) {
    power = (power * square) >> shift;
    sum += (sign * power) / k;
  }
  return 8n * sum;
}
