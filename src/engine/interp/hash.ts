/**
 * The hash of a page of RAM, as part of the state hash: 64 bits of multiply and rotate over
 * its 512 words, seeded by the page's number, so that equal pages in different places
 * differ. It detects accidents, not adversaries. A page of zeros hashes to zero, so that untouched
 * RAM costs nothing.
 */

import type { Func } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';

const K1 = 0x9e3779b97f4a7c15n;
const K2 = 0xbf58476d1ce4e5b9n;

export function definePageHash(m: WasmModule): Func {
  return m.func('pageHash', ['i32', 'i32'], ['i64'], (c) => {
    const [pointer, page] = [c.param(0), c.param(1)];
    const seed = (n: number): ReturnType<typeof c.i64> =>
      c.mul(c.extu(c.add(c.mul(page, 4), n)), c.i64(K1));
    const sums = [0, 1, 2, 3].map((n) => c.var('i64', seed(n)));
    const any = c.var('i64', 0);
    const at = c.var('i32', pointer);
    const end = c.let(c.add(pointer, 4096));
    c.loop((again) => {
      sums.forEach((sum, n) => {
        const word = c.let(c.load('i64', 8, c.get(at), n * 8));
        c.set(any, c.or(c.get(any), word));
        c.set(sum, c.mul(c.rotl(c.xor(c.get(sum), word), 29), c.i64(n % 2 ? K2 : K1)));
      });
      c.set(at, c.add(c.get(at), 32));
      c.brIf(again, c.ltu(c.get(at), end));
    });
    c.if(c.eqz(c.get(any)), () => c.ret(c.i64(0)));
    let folded = c.get(sums[0]!);
    for (const sum of sums.slice(1))
      folded = c.mul(c.xor(c.rotl(folded, 31), c.get(sum)), c.i64(K2));
    const mixed = c.let(folded);
    c.result(c.xor(mixed, c.shru(mixed, 32)));
  });
}
