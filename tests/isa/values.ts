/** Integers that sit where instructions break: ends of ranges, single bits, runs of ones. */

import { Random } from '../float/cases.ts';

export { Random };

/** The seed of a run: ISA_SEED, or a fixed one so that CI is repeatable. */
export const SEED = Number(process.env['ISA_SEED'] ?? 20240607);

/** An unsigned integer of `bytes` bytes. */
export function value(r: Random, bytes: number): bigint {
  const bits = bytes * 8;
  const all = (1n << BigInt(bits)) - 1n;
  const bit = 1n << BigInt(r.below(bits));
  switch (r.below(8)) {
    case 0:
      return BigInt(r.below(4));
    case 1:
      return all - BigInt(r.below(4));
    case 2:
      return (bit - BigInt(r.below(3))) & all;
    case 3:
      return (all ^ bit) & all;
    case 4:
      return (all << BigInt(r.below(bits))) & all;
    case 5:
      // The sign bits of the narrower widths.
      return (r.pick([0x7fn, 0x80n, 0x7fffn, 0x8000n, 0x7fffffffn, 0x80000000n]) + bit) & all;
    default:
      return r.u64() & all;
  }
}

export function bytes(r: Random, count: number): Uint8Array {
  const out = new Uint8Array(count);
  const view = new DataView(out.buffer);
  for (let at = 0; at < count; at += 8) view.setBigUint64(at, value(r, 8), true);
  return out;
}
