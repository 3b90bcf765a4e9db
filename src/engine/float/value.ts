/**
 * An unpacked floating-point value, the common currency of f32, f64, x87 extended and integers
 * (SDM Vol. 1 §4.8.3, §8.2.2).
 */

/** What an encoding is. Ordered so that `kind >= QNAN` means that arithmetic cannot be done. */
export type Kind = 0 | 1 | 2 | 3 | 4 | 5 | 6;
export const ZERO = 0;
/** Finite and not zero. */
export const NORMAL = 1;
/** Finite and not zero, below the smallest normal of its own format: raises #D. */
export const DENORMAL = 2;
export const INFINITE = 3;
export const QNAN = 4;
export const SNAN = 5;
/** x87 only: unnormal, pseudo-infinity, pseudo-NaN (SDM Vol. 1 Table 8-3). */
export const UNSUPPORTED = 6;

/**
 * Finite values are (-1)^sign * sig * 2^exp with an integer sig that need not be normalised. A
 * NaN's sig is its x87 significand, integer bit included; `exp` is then meaningless.
 */
export interface Value {
  readonly kind: Kind;
  readonly sign: 0 | 1;
  readonly sig: bigint;
  readonly exp: number;
}

/** What an invalid operation gives: the caller substitutes its format's default NaN. */
export const INVALID: Value = { kind: QNAN, sign: 1, sig: 0xc000_0000_0000_0000n, exp: 0 };

export const zero = (sign: 0 | 1): Value => ({ kind: ZERO, sign, sig: 0n, exp: 0 });
export const infinity = (sign: 0 | 1): Value => ({ kind: INFINITE, sign, sig: 0n, exp: 0 });
export const finite = (sign: 0 | 1, sig: bigint, exp: number): Value => ({
  kind: NORMAL,
  sign,
  sig,
  exp,
});

/** A two's complement integer as a value. */
export function fromInteger(n: bigint): Value {
  if (n === 0n) return zero(0);
  return n < 0n ? finite(1, -n, 0) : finite(0, n, 0);
}
