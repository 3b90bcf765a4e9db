/** 128-bit arithmetic out of 64-bit pieces, which is all that WebAssembly has. */

import type { Val, Var } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';

/** The high half of a 64 × 64 bit product, unsigned: four partial products. Both are `let`. */
export function multiplyHighUnsigned(e: Emitter, a: Val, b: Val): Val {
  const low = (v: Val): Val => e.and(v, 0xffffffff);
  const high = (v: Val): Val => e.shru(v, 32);
  const mid = e.let(e.add(e.mul(high(a), low(b)), high(e.mul(low(a), low(b)))));
  const mid2 = e.add(e.mul(low(a), high(b)), low(mid));
  return e.let(e.add(e.add(e.mul(high(a), high(b)), high(mid)), high(mid2)));
}

/** The high half, signed: a negative factor counts 2^64 too many of the other. */
export function multiplyHighSigned(e: Emitter, a: Val, b: Val): Val {
  const unsigned = multiplyHighUnsigned(e, a, b);
  const excess = e.add(e.and(e.shrs(a, 63), b), e.and(e.shrs(b, 63), a));
  return e.let(e.sub(unsigned, excess));
}

export interface Halves {
  readonly high: Var;
  readonly low: Var;
}

/**
 * Divides the unsigned 128 bits in `n` by `divisor`, which is greater than the high half. Leaves
 * the quotient in `n.low` and the remainder in `n.high`: 64 steps of restoring division.
 */
export function divideLong(e: Emitter, n: Halves, divisor: Val): void {
  const steps = e.var('i32', 64);
  e.loop((again) => {
    const out = e.let(e.shru(e.get(n.high), 63));
    e.set(n.high, e.or(e.shl(e.get(n.high), 1), e.shru(e.get(n.low), 63)));
    e.set(n.low, e.shl(e.get(n.low), 1));
    e.if(e.or(e.wrap(out), e.geu(e.get(n.high), divisor)), () => {
      e.set(n.high, e.sub(e.get(n.high), divisor));
      e.set(n.low, e.or(e.get(n.low), 1));
    });
    e.set(steps, e.sub(e.get(steps), 1));
    e.brIf(again, e.get(steps));
  });
}
