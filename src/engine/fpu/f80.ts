/**
 * x87 arithmetic in generated code, for the operands programs have: zeros and normal numbers, results
 * that are normal, rounding to nearest at extended precision. Each function answers with a code, 0
 * where it does not apply and engine/float/x87 is asked instead; the two agree wherever both apply.
 * SDM Vol. 1 §4.8, §8.2.
 *
 * A number is its significand, an i64 with the integer bit on top, and its sign and exponent word.
 * Results of two parts are left at RESULT in memory.
 */

import * as L from '../vcpu/layout.ts';
import type { Code, Func, Val } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';

/** What a function says of its result: it is there; it was rounded; its magnitude was rounded up. */
export const DONE = 1;
export const INEXACT = 2;
export const UP = 4;

export const BIAS = 16383;
export const EXPONENT = 0x7fff;
export const SIGN = 0x8000;
const TOP_BIT = 1n << 63n;

export interface F80 {
  /** (significand, word) → 0: neither zero nor normal. 1: zero. 2: normal. */
  readonly kind: Func;
  /** (a's two, b's two) → code, result at RESULT. */
  readonly add: Func;
  readonly mul: Func;
  /** a / b. */
  readonly div: Func;
}

export const resultSignificand = (c: Code): Val => c.load('i64', 8, c.i32(0), L.F80_RESULT);
export const resultWord = (c: Code): Val => c.load('i32', 2, c.i32(0), L.F80_RESULT + 8);

export function setResult(c: Code, significand: Val, word: Val): void {
  c.store(8, c.i32(0), significand, L.F80_RESULT);
  c.store(2, c.i32(0), word, L.F80_RESULT + 8);
}

export function defineF80(m: WasmModule): F80 {
  const kind = m.func('f80Kind', ['i64', 'i32'], ['i32'], (c) => {
    const [significand, word] = [c.param(0), c.param(1)];
    const exponent = c.let(c.and(word, EXPONENT));
    c.if(c.eqz(exponent), () => c.ret(c.eqz(significand)));
    const normal = c.and(c.lts(significand, 0), c.ne(exponent, EXPONENT));
    c.result(c.shl(normal, 1));
  });

  /** (high, low, exponent, sign) → code: rounds high.low to nearest and even, at RESULT. */
  const round = m.func('f80Round', ['i64', 'i64', 'i32', 'i32'], ['i32'], (c) => {
    const [low, sign] = [c.param(1), c.param(3)];
    const high = c.var('i64', c.param(0));
    const exponent = c.var('i32', c.param(2));
    c.if(c.lts(c.get(exponent), 1), () => c.ret(0));
    const half = c.i64(TOP_BIT);
    const odd = c.wrap(c.and(c.get(high), 1));
    const up = c.let(c.or(c.gtu(low, half), c.and(c.eq(low, c.i64(TOP_BIT)), odd)));
    c.set(high, c.add(c.get(high), c.extu(up)));
    c.if(c.eqz(c.get(high)), () => {
      c.set(high, c.i64(TOP_BIT));
      c.set(exponent, c.add(c.get(exponent), 1));
    });
    c.if(c.ges(c.get(exponent), EXPONENT), () => c.ret(0));
    setResult(c, c.get(high), c.or(c.get(exponent), sign));
    const inexact = c.shl(c.ne(low, c.i64(0)), 1);
    c.result(c.or(c.or(inexact, c.shl(up, 2)), DONE));
  });

  const exact = (c: Code, significand: Val, word: Val): void => {
    setResult(c, significand, word);
    c.ret(DONE);
  };

  /** Both operands' kinds; leaves if one is neither zero nor normal. */
  const kinds = (c: Code): readonly [Val, Val] => {
    const a = c.let(c.call(kind, c.param(0), c.param(1)));
    const b = c.let(c.call(kind, c.param(2), c.param(3)));
    c.if(c.eqz(c.mul(a, b)), () => c.ret(0));
    return [a, b];
  };

  const mul = m.func('f80Mul', ['i64', 'i32', 'i64', 'i32'], ['i32'], (c) => {
    const [a, aWord, b, bWord] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const [aKind, bKind] = kinds(c);
    const sign = c.let(c.and(c.xor(aWord, bWord), SIGN));
    c.if(c.ne(c.and(aKind, bKind), 2), () => exact(c, c.i64(0), sign));
    const { high, low } = product(c, a, b);
    const exponent = c.add(c.and(aWord, EXPONENT), c.and(bWord, EXPONENT));
    const e = c.var('i32', c.sub(exponent, BIAS - 1));
    // Two significands in [1, 2) make a product in [1, 4).
    c.if(c.ges(c.get(high), 0), () => {
      c.set(high, c.or(c.shl(c.get(high), 1), c.shru(c.get(low), 63)));
      c.set(low, c.shl(c.get(low), 1));
      c.set(e, c.sub(c.get(e), 1));
    });
    c.result(c.call(round, c.get(high), c.get(low), c.get(e), sign));
  });

  const div = m.func('f80Div', ['i64', 'i32', 'i64', 'i32'], ['i32'], (c) => {
    const [a, aWord, b, bWord] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const [aKind, bKind] = kinds(c);
    const sign = c.let(c.and(c.xor(aWord, bWord), SIGN));
    c.if(c.ne(bKind, 2), () => c.ret(0));
    c.if(c.ne(aKind, 2), () => exact(c, c.i64(0), sign));
    const exponent = c.sub(c.and(aWord, EXPONENT), c.and(bWord, EXPONENT));
    const e = c.var('i32', c.add(exponent, BIAS - 1));
    const high = c.var('i64', a);
    const low = c.var('i64');
    // So that the quotient has exactly 64 bits.
    c.if(c.geu(a, b), () => {
      c.set(high, c.shru(a, 1));
      c.set(low, c.shl(a, 63));
      c.set(e, c.add(c.get(e), 1));
    });
    const { quotient, remainder } = quotientOf(c, c.get(high), c.get(low), b);
    // The fraction of a unit that is left, as the halves that rounding looks at.
    const rest = c.sub(b, remainder);
    const above = c.gtu(remainder, rest);
    const fraction = c.or(c.shl(c.extu(above), 63), c.extu(c.ne(remainder, c.i64(0))));
    c.result(c.call(round, quotient, fraction, c.get(e), sign));
  });

  const add = m.func('f80Add', ['i64', 'i32', 'i64', 'i32'], ['i32'], (c) => {
    const [aKind, bKind] = kinds(c);
    const [a, aWord, b, bWord] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const differ = c.let(c.and(c.xor(aWord, bWord), SIGN));
    c.if(c.eq(aKind, 1), () => {
      // Zeros of different signs make +0.
      c.if(c.and(c.eq(bKind, 1), c.ne(differ, 0)), () => exact(c, c.i64(0), c.i32(0)));
      exact(c, b, bWord);
    });
    c.if(c.eq(bKind, 1), () => exact(c, a, aWord));
    const [big, bigWord] = [c.var('i64', a), c.var('i32', aWord)];
    const [small, smallWord] = [c.var('i64', b), c.var('i32', bWord)];
    const aExponent = c.let(c.and(aWord, EXPONENT));
    const bExponent = c.let(c.and(bWord, EXPONENT));
    const less = c.or(c.ltu(aExponent, bExponent), c.and(c.eq(aExponent, bExponent), c.ltu(a, b)));
    c.if(less, () => {
      c.set(big, b);
      c.set(bigWord, bWord);
      c.set(small, a);
      c.set(smallWord, aWord);
    });
    const exponent = c.var('i32', c.and(c.get(bigWord), EXPONENT));
    const sign = c.let(c.and(c.get(bigWord), SIGN));
    const distance = c.sub(c.get(exponent), c.and(c.get(smallWord), EXPONENT));
    const { high: smallHigh, low } = aligned(c, c.get(small), c.let(distance));
    const high = c.var('i64');
    c.if(
      differ,
      () => {
        const borrow = c.extu(c.ne(c.get(low), c.i64(0)));
        c.set(high, c.sub(c.sub(c.get(big), c.get(smallHigh)), borrow));
        c.set(low, c.neg(c.get(low)));
        c.if(c.eqz(c.or(c.get(high), c.get(low))), () => exact(c, c.i64(0), c.i32(0)));
        c.if(c.eqz(c.get(high)), () => {
          c.set(high, c.get(low));
          c.set(low, c.i64(0));
          c.set(exponent, c.sub(c.get(exponent), 64));
        });
        const n = c.let(c.clz(c.get(high)));
        c.if(c.ne(n, c.i64(0)), () => {
          const carried = c.shru(c.get(low), c.sub(c.i64(64), n));
          c.set(high, c.or(c.shl(c.get(high), n), carried));
          c.set(low, c.shl(c.get(low), n));
          c.set(exponent, c.sub(c.get(exponent), c.wrap(n)));
        });
      },
      () => {
        c.set(high, c.add(c.get(big), c.get(smallHigh)));
        c.if(c.ltu(c.get(high), c.get(big)), () => {
          const sticky = c.and(c.get(low), 1);
          const shifted = c.or(c.shru(c.get(low), 1), c.shl(c.get(high), 63));
          c.set(low, c.or(shifted, sticky));
          c.set(high, c.or(c.shru(c.get(high), 1), c.i64(TOP_BIT)));
          c.set(exponent, c.add(c.get(exponent), 1));
        });
      },
    );
    c.result(c.call(round, c.get(high), c.get(low), c.get(exponent), sign));
  });

  return { kind, add, mul, div };
}

const low32 = (c: Code, x: Val): Val => c.and(x, c.i64(0xffffffff));

/** The 128 bits of a * b. */
function product(c: Code, a: Val, b: Val) {
  const [a0, a1] = [c.let(low32(c, a)), c.let(c.shru(a, 32))];
  const [b0, b1] = [c.let(low32(c, b)), c.let(c.shru(b, 32))];
  const p00 = c.let(c.mul(a0, b0));
  const p01 = c.let(c.mul(a0, b1));
  const p10 = c.let(c.mul(a1, b0));
  const middle = c.let(c.add(c.add(c.shru(p00, 32), low32(c, p01)), low32(c, p10)));
  const low = c.var('i64', c.or(low32(c, p00), c.shl(middle, 32)));
  const carries = c.add(c.add(c.shru(p01, 32), c.shru(p10, 32)), c.shru(middle, 32));
  const high = c.var('i64', c.add(c.mul(a1, b1), carries));
  return { high, low };
}

/**
 * high.low / d and the remainder, where high < d and d has its top bit set: two digits of 32 bits by
 * Knuth's algorithm D (The Art of Computer Programming, Vol. 2, §4.3.1).
 */
function quotientOf(c: Code, high: Val, low: Val, d: Val): { quotient: Val; remainder: Val } {
  const [d1, d0] = [c.let(c.shru(d, 32)), c.let(low32(c, d))];
  const digit = (rest: Val, next: Val): { q: Val; rest: Val } => {
    const q = c.var('i64', c.divu(rest, d1));
    const r = c.var('i64', c.sub(rest, c.mul(c.get(q), d1)));
    c.loop((again) => {
      const tooLarge = c.or(
        c.gtu(c.get(q), c.i64(0xffffffff)),
        c.gtu(c.mul(c.get(q), d0), c.or(c.shl(c.get(r), 32), next)),
      );
      c.if(tooLarge, () => {
        c.set(q, c.sub(c.get(q), 1));
        c.set(r, c.add(c.get(r), d1));
        c.brIf(again, c.leu(c.get(r), c.i64(0xffffffff)));
      });
    });
    const left = c.sub(c.or(c.shl(rest, 32), next), c.mul(c.get(q), d));
    return { q: c.get(q), rest: c.let(left) };
  };
  const first = digit(c.let(high), c.let(c.shru(low, 32)));
  const second = digit(first.rest, c.let(low32(c, low)));
  return {
    quotient: c.let(c.or(c.shl(first.q, 32), second.q)),
    remainder: second.rest,
  };
}

/** x shifted right by `distance` into 128 bits; what falls out below is kept as the lowest bit. */
function aligned(c: Code, x: Val, distance: Val) {
  const value = c.let(x);
  const high = c.var('i64');
  const low = c.var('i64');
  const by: Val = c.let(c.extu(distance));
  c.if(
    c.ltu(distance, 64),
    () => {
      c.set(high, c.shru(value, by));
      // Shifts are modulo 64: by none at all nothing falls out.
      c.if(distance, () => c.set(low, c.shl(value, c.sub(c.i64(64), by))));
    },
    () => {
      c.set(low, c.i64(1));
      c.if(c.ltu(distance, 128), () => {
        const rest = c.let(c.shru(value, c.sub(by, 64)));
        const back = c.shl(rest, c.sub(by, 64));
        c.set(low, c.or(rest, c.extu(c.ne(back, value))));
      });
    },
  );
  return { high, low };
}
