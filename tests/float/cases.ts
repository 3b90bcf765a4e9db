/**
 * Seeded operands that sit where floating point breaks: zeros, denormals, infinities, NaNs with
 * payloads, both ends of the exponent range, ties, and pairs that nearly cancel.
 */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform unsigned 32-bit (mulberry32). */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Uniform in [0, n). */
  below(n: number): number {
    return this.u32() % n;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

/** The seed of a run: FLOAT_SEED, or a fixed one so that CI is repeatable. */
export const SEED = Number(process.env['FLOAT_SEED'] ?? 20240607);

/** Bits with long runs of ones and zeros, so that carries and ties happen. */
export function significand(r: Random, width: number): bigint {
  const mask = (1n << BigInt(width)) - 1n;
  switch (r.below(6)) {
    case 0:
      return r.u64() & mask;
    case 1:
      return (mask << BigInt(r.below(width + 1))) & mask;
    case 2:
      return mask >> BigInt(r.below(width + 1));
    case 3:
      return (1n << BigInt(r.below(width))) & mask;
    case 4:
      return ((1n << BigInt(r.below(width))) | (1n << BigInt(r.below(width)))) & mask;
    default:
      return (mask ^ (1n << BigInt(r.below(width)))) & mask;
  }
}

/** An exponent field for a format with `max` as its special one, clustered where it matters. */
export function exponentField(r: Random, max: number): number {
  const bias = max >> 1;
  switch (r.below(10)) {
    case 0:
      return 0;
    case 1:
      return max;
    case 2:
      return 1 + r.below(4);
    case 3:
      return max - 1 - r.below(4);
    case 4:
      return (bias >> 1) - 4 + r.below(8);
    case 5:
      return bias + (bias >> 1) - 4 + r.below(8);
    case 6:
    case 7:
      return bias - 4 + r.below(8);
    case 8:
      return Math.min(max - 1, bias - 8 + r.below(80));
    default:
      return r.below(max + 1);
  }
}

function encoded(r: Random, fraction: number, exponentBits: number): bigint {
  const field = exponentField(r, 2 ** exponentBits - 1);
  const sign = BigInt(r.below(2));
  return (
    (((sign << BigInt(exponentBits)) | BigInt(field)) << BigInt(fraction)) |
    significand(r, fraction)
  );
}

export const f64Bits = (r: Random): bigint => encoded(r, 52, 11);
export const f32Bits = (r: Random): bigint => encoded(r, 23, 8);

/** A neighbour of `bits`: near cancellation, near equality, or an exponent a little away. */
export function near(r: Random, bits: bigint, fraction: number, width: number): bigint {
  const sign = 1n << BigInt(width - 1);
  let other = bits;
  if (r.below(2)) other ^= sign;
  if (r.below(2)) other += BigInt(r.below(5) - 2);
  if (r.below(3) === 0) other += BigInt(r.below(2 * fraction) - fraction) << BigInt(fraction);
  return BigInt.asUintN(width, other);
}

/** x87 encodings, including those the 387 and later refuse. */
export function f80Bits(r: Random): bigint {
  const field = exponentField(r, 0x7fff);
  const sign = r.below(2) << 15;
  let sig = significand(r, 63);
  const valid = r.below(16) !== 0;
  if ((field !== 0) === valid) sig |= 1n << 63n;
  if (field === 0 && r.below(3) === 0) sig = 0n;
  if (field === 0x7fff && r.below(3) === 0) sig &= 1n << 63n;
  return (BigInt(sign | field) << 64n) | sig;
}
