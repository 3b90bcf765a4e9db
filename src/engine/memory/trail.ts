/**
 * The trail: which linear pages have been read, written and executed since some moment, as filters
 * that may say yes wrongly and never no. An access that is not in a fast TLB comes through the slow
 * path, which notes its page here; once the fast TLBs have been dropped, nothing is accessed unseen.
 */

import * as L from '../vcpu/layout.ts';
import type { Func } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';

/** 2^64 divided by the golden ratio: neighbouring pages land far apart (Fibonacci hashing). */
const SPREAD = 0x9e3779b97f4a7c15n;
const SHIFT = 64 - L.TRAIL_BITS_LOG2;

/** (kind: offset of its filter, gva) notes the page. */
export function defineTrail(m: WasmModule): Func {
  return m.func('trail', ['i32', 'i64'], [], (c) => {
    const spread = c.mul(c.shru(c.param(1), 12), c.i64(SPREAD));
    const bit = c.let(c.wrap(c.shru(spread, SHIFT)));
    const at = c.let(c.add(c.shru(bit, 3), c.param(0)));
    const mask = c.shl(c.i32(1), c.and(bit, 7));
    c.store(1, at, c.or(c.load('i32', 1, at), mask));
  });
}

/** Whether a filter of one kind may hold the page of an address. */
export function mayHold(filter: Uint8Array, gva: bigint): boolean {
  const spread = BigInt.asUintN(64, (BigInt.asUintN(64, gva) >> 12n) * SPREAD);
  const bit = Number(spread >> BigInt(SHIFT));
  return (filter[bit >>> 3]! & (1 << (bit & 7))) !== 0;
}
