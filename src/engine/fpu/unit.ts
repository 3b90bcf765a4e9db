/**
 * The x87 register stack for generated code: pushes, pops, moves, conversions, comparisons. As in
 * f80.ts a function answers 0 where it does not apply, with nothing changed: an exception is pending
 * or would be raised unmasked, a register is empty that should not be or the other way round, an
 * operand is special, or FCW asks for another precision. SDM Vol. 1 §8.1; engine/float/x87 is exact.
 */

import * as L from '../vcpu/layout.ts';
import type { Code, Func, Type, Val } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';
import {
  BIAS,
  DONE,
  defineF80,
  EXPONENT,
  INEXACT,
  resultSignificand,
  resultWord,
  SIGN,
  setResult,
  UP,
} from './f80.ts';

/** What the rows of isa/x87-fast.ts call. ST(i) is given as 16 * i. All answer with a code. */
export const FPU_FUNCTIONS = {
  /** (significand, word): pushes. */
  fpuPush: ['i64', 'i32'],
  /** (bits of a double): pushes. */
  fpuPush64: ['i64'],
  /** (integer): pushes. */
  fpuPushInteger: ['i64'],
  /** (ST): pushes a copy. */
  fpuPushSt: ['i32'],
  /** (bits of a double), (integer): to RESULT, as an operand. */
  fpuUnpack64: ['i64'],
  fpuUnpackInteger: ['i64'],
  /** ST(0) as a double, as a float, at RESULT: code, for `fpuStored` once it is in memory. */
  fpuRound64: [],
  fpuRound32: [],
  /** (bytes, RC or -1 for FCW's): ST(0) as an integer at RESULT. */
  fpuRoundInteger: ['i32', 'i32'],
  /** (code, pops): the end of a store to memory. */
  fpuStored: ['i32', 'i32'],
  /** (ST, pops): FST ST(i). */
  fpuStoreSt: ['i32', 'i32'],
  /** (ST): FXCH. */
  fpuExchange: ['i32'],
  /** (and-mask, xor-mask) for the sign and exponent word of ST(0): FCHS, FABS. */
  fpuSign: ['i32', 'i32'],
  /** (operation) of ST(0) with RESULT. */
  fpuArithmetic: ['i32'],
  /** (operation, ST, to ST(i), pops). */
  fpuArithmeticSt: ['i32', 'i32', 'i32', 'i32'],
  /** (pops): ST(0) with RESULT; C3, C2, C0 in FSW. */
  fpuCompare: ['i32'],
  /** (ST, pops). */
  fpuCompareSt: ['i32', 'i32'],
  /** (ST, pops): code, and at RESULT the flags ZF, PF, CF. */
  fpuCompareFlags: ['i32', 'i32'],
  /** (FCW): FLDCW. */
  fpuControl: ['i32'],
} as const satisfies Record<string, readonly Type[]>;

export type Fpu = { readonly [K in keyof typeof FPU_FUNCTIONS]: Func };

/** ModRM.reg of the arithmetic opcodes. */
export const FADD = 0;
export const FMUL = 1;
export const FSUB = 4;
export const FSUBR = 5;
export const FDIV = 6;
export const FDIVR = 7;

const ES = 0x80;
const PE = 0x20;
const C1 = 0x200;
const C3_C2_C0 = 0x4500;
const C0 = 0x100;
const C3 = 0x4000;
const TOP_ONE = 0x800;
const TOP_MASK = 0x3800;
const MASKS = 0x3f;
const RC = 0xc00;
const RC_AND_PC = 0xf00;
/** Everything masked, extended precision, to nearest. */
const NEAREST_EXTENDED = 0x33f;
const EMPTY = 3;
const TOP_BIT = 1n << 63n;
const CF = 1;
const ZF = 0x40;

const fsw = (c: Code): Val => c.load('i32', 2, c.i32(0), L.FSW);
const setFsw = (c: Code, value: Val): void => c.store(2, c.i32(0), value, L.FSW);
const tags = (c: Code): Val => c.load('i32', 2, c.i32(0), L.FTW);
/** 16 * the physical register of ST(i), `st` being 16 * i and `status` FSW. */
const registerOf = (c: Code, status: Val, st: Val | number): Val =>
  c.and(c.add(c.and(c.shru(status, 7), 0x70), st), 0x70);
/** Bit of the tag word at which a register's tag begins. */
const tagShift = (c: Code, register: Val): Val => c.shru(register, 3);
const isEmpty = (c: Code, register: Val): Val =>
  c.eq(c.and(c.shru(tags(c), tagShift(c, register)), EMPTY), EMPTY);
const significandOf = (c: Code, register: Val): Val => c.load('i64', 8, register, L.X87);
const wordOf = (c: Code, register: Val): Val => c.load('i32', 2, register, L.X87 + 8);
const refuse = (c: Code, condition: Val): void => c.if(condition, () => c.ret(0));

function write(c: Code, register: Val, significand: Val, word: Val): void {
  c.store(8, register, significand, L.X87);
  c.store(2, register, word, L.X87 + 8);
}

/** FSW, once no exception is pending. */
function status(c: Code): Val {
  const value = c.let(fsw(c));
  refuse(c, c.and(value, ES));
  return value;
}

/** ST(i), which must be in use. */
function used(c: Code, value: Val, st: Val | number): Val {
  const register = c.let(registerOf(c, value, st));
  refuse(c, isEmpty(c, register));
  return register;
}

/** Marks ST(0) empty and goes on to the next; `value` is the new FSW but for that. */
function popped(c: Code, value: Val): Val {
  const register = c.let(registerOf(c, value, 0));
  const tag = c.shl(c.i32(EMPTY), tagShift(c, register));
  c.store(2, c.i32(0), c.or(tags(c), tag), L.FTW);
  const top = c.and(c.add(value, TOP_ONE), TOP_MASK);
  return c.or(c.and(value, 0xffff & ~TOP_MASK), top);
}

/** Sets FSW, popped so often. */
function finish(c: Code, value: Val, pops: Val): void {
  const left = c.var('i32', pops);
  const now = c.var('i32', value);
  c.block((done) =>
    c.loop((again) => {
      c.brIf(done, c.eqz(c.get(left)));
      c.set(now, popped(c, c.get(now)));
      c.set(left, c.sub(c.get(left), 1));
      c.br(again);
    }),
  );
  setFsw(c, c.get(now));
}

/** FSW with what a code says of a result: PE, and C1. */
function rounded(c: Code, value: Val, code: Val): Val {
  const pe = c.mul(c.and(c.shru(code, 1), 1), PE);
  const c1 = c.mul(c.and(c.shru(code, 2), 1), C1);
  return c.or(c.or(c.and(value, 0xffff & ~C1), pe), c1);
}

export function defineFpu(m: WasmModule): Fpu {
  const f80 = defineF80(m);
  const functions: Partial<Record<keyof Fpu, Func>> = {};
  const define = (name: keyof Fpu, write: (c: Code, params: readonly Val[]) => void): Func => {
    const params = FPU_FUNCTIONS[name];
    const func = m.func(name, params, ['i32'], (c) =>
      write(
        c,
        params.map((_, i) => c.param(i)),
      ),
    );
    functions[name] = func;
    return func;
  };

  const push = define('fpuPush', (c, [significand, word]) => {
    const value = status(c);
    const top = c.let(c.and(c.sub(value, TOP_ONE), TOP_MASK));
    const register = c.let(c.shru(top, 7));
    refuse(c, c.eqz(isEmpty(c, register)));
    write(c, register, significand!, word!);
    const tag = c.xor(c.shl(c.i32(EMPTY), tagShift(c, register)), 0xffff);
    c.store(2, c.i32(0), c.and(tags(c), tag), L.FTW);
    setFsw(c, c.or(c.and(value, 0xffff & ~(TOP_MASK | C1)), top));
    c.result(c.i32(DONE));
  });

  const unpack64 = define('fpuUnpack64', (c, [bits]) => {
    const sign = c.let(c.shl(c.wrap(c.shru(bits!, 63)), 15));
    const exponent = c.let(c.and(c.wrap(c.shru(bits!, 52)), 0x7ff));
    const fraction = c.let(c.shl(bits!, 12));
    c.if(c.eqz(exponent), () => {
      refuse(c, c.ne(fraction, c.i64(0)));
      setResult(c, c.i64(0), sign);
      c.ret(DONE);
    });
    refuse(c, c.eq(exponent, 0x7ff));
    const significand = c.or(c.shru(fraction, 1), c.i64(TOP_BIT));
    setResult(c, significand, c.or(c.add(exponent, BIAS - 1023), sign));
    c.result(c.i32(DONE));
  });

  const unpackInteger = define('fpuUnpackInteger', (c, [integer]) => {
    c.if(c.eqz(integer!), () => {
      setResult(c, c.i64(0), c.i32(0));
      c.ret(DONE);
    });
    const negative = c.let(c.lts(integer!, 0));
    const magnitude = c.let(c.select(negative, c.neg(integer!), integer!));
    const n = c.let(c.clz(magnitude));
    const exponent = c.sub(c.i32(BIAS + 63), c.wrap(n));
    setResult(c, c.shl(magnitude, n), c.or(exponent, c.shl(negative, 15)));
    c.result(c.i32(DONE));
  });

  const pushUnpacked = (name: keyof Fpu, unpack: Func): void => {
    define(name, (c, [bits]) => {
      refuse(c, c.eqz(c.call(unpack, bits!)));
      c.result(c.call(push, resultSignificand(c), resultWord(c)));
    });
  };
  pushUnpacked('fpuPush64', unpack64);
  pushUnpacked('fpuPushInteger', unpackInteger);

  define('fpuPushSt', (c, [st]) => {
    const register = used(c, status(c), st!);
    c.result(c.call(push, significandOf(c, register), wordOf(c, register)));
  });

  /** ST(0), zero or normal: its parts, `zero` having been dealt with. */
  const number = (c: Code, zero: (sign: Val) => void): { significand: Val; word: Val } => {
    const register = used(c, status(c), 0);
    const significand = c.let(significandOf(c, register));
    const word = c.let(wordOf(c, register));
    const kind = c.let(c.call(f80.kind, significand, word));
    refuse(c, c.eqz(kind));
    c.if(c.eq(kind, 1), () => zero(c.shru(word, 15)));
    return { significand, word };
  };

  /** To a format of fewer bits. */
  const narrow = (name: keyof Fpu, fraction: number, exponentBits: number): void => {
    define(name, (c) => {
      const fcw = c.load('i32', 2, c.i32(0), L.FCW);
      refuse(c, c.ne(c.and(fcw, RC | MASKS), MASKS));
      const bits = fraction + exponentBits;
      const { significand, word } = number(c, (sign) => {
        setResult(c, c.shl(c.extu(sign), bits), c.i32(0));
        c.ret(DONE);
      });
      const largest = 2 ** exponentBits - 1;
      const biased = c.sub(c.and(word, EXPONENT), BIAS - (largest >> 1));
      const exponent = c.let(biased);
      refuse(c, c.or(c.lts(exponent, 1), c.ges(exponent, largest)));
      const dropped = 63 - fraction;
      const mask = (1n << BigInt(fraction)) - 1n;
      const kept = c.and(c.shru(significand, dropped), c.i64(mask));
      const whole = c.let(c.or(kept, c.shl(c.extu(exponent), fraction)));
      const rest = c.let(c.and(significand, c.i64((1n << BigInt(dropped)) - 1n)));
      const half = c.i64(1n << BigInt(dropped - 1));
      const even = c.and(c.eq(rest, half), c.wrap(c.and(whole, 1)));
      const up = c.let(c.or(c.gtu(rest, half), even));
      const result = c.let(c.add(whole, c.extu(up)));
      refuse(c, c.eq(c.wrap(c.shru(result, fraction)), largest));
      const sign = c.shl(c.extu(c.shru(word, 15)), bits);
      setResult(c, c.or(result, sign), c.i32(0));
      const inexact = c.mul(c.ne(rest, c.i64(0)), INEXACT);
      c.result(c.or(c.or(inexact, c.mul(up, UP)), DONE));
    });
  };
  narrow('fpuRound64', 52, 11);
  narrow('fpuRound32', 23, 8);

  define('fpuRoundInteger', (c, [bytes, mode]) => {
    const fcw = c.let(c.load('i32', 2, c.i32(0), L.FCW));
    refuse(c, c.ne(c.and(fcw, MASKS), MASKS));
    const { significand, word } = number(c, () => {
      setResult(c, c.i64(0), c.i32(0));
      c.ret(DONE);
    });
    const exponent = c.let(c.sub(c.and(word, EXPONENT), BIAS));
    const negative = c.let(c.shru(word, 15));
    refuse(c, c.gts(exponent, 62));
    const high = c.var('i64');
    const low = c.var('i64', c.i64(1));
    c.if(
      c.ges(exponent, 0),
      () => {
        const by = c.let(c.extu(c.sub(c.i32(63), exponent)));
        c.set(high, c.shru(significand, by));
        c.set(low, c.shl(significand, c.sub(c.i64(64), by)));
      },
      () => c.if(c.eq(exponent, -1), () => c.set(low, significand)),
    );
    const inexact = c.let(c.ne(c.get(low), c.i64(0)));
    const half = c.i64(TOP_BIT);
    const odd = c.wrap(c.and(c.get(high), 1));
    const nearest = c.or(c.gtu(c.get(low), half), c.and(c.eq(c.get(low), half), odd));
    const up = c.var('i32');
    const rounding = c.select(c.lts(mode!, 0), c.and(c.shru(fcw, 10), 3), mode!);
    c.switch(c.let(rounding), [
      () => c.set(up, nearest),
      () => c.set(up, c.and(inexact, negative)),
      () => c.set(up, c.and(inexact, c.eqz(negative))),
      () => c.set(up, 0),
    ]);
    const n = c.let(c.add(c.get(high), c.extu(c.get(up))));
    const limit = c.shl(c.i64(1), c.extu(c.sub(c.shl(bytes!, 3), 1)));
    refuse(c, c.geu(n, c.add(limit, c.extu(negative))));
    setResult(c, c.select(negative, c.neg(n), n), c.i32(0));
    c.result(c.or(c.or(c.mul(inexact, INEXACT), c.mul(c.get(up), UP)), DONE));
  });

  define('fpuStored', (c, [code, pops]) => {
    finish(c, rounded(c, fsw(c), code!), pops!);
    c.result(c.i32(DONE));
  });

  define('fpuStoreSt', (c, [st, pops]) => {
    const value = status(c);
    const from = used(c, value, 0);
    const to = c.let(registerOf(c, value, st!));
    write(c, to, significandOf(c, from), wordOf(c, from));
    const tag = c.xor(c.shl(c.i32(EMPTY), tagShift(c, to)), 0xffff);
    c.store(2, c.i32(0), c.and(tags(c), tag), L.FTW);
    finish(c, c.and(value, 0xffff & ~C1), pops!);
    c.result(c.i32(DONE));
  });

  define('fpuExchange', (c, [st]) => {
    const value = status(c);
    const a = used(c, value, 0);
    const b = used(c, value, st!);
    const significand = c.let(significandOf(c, a));
    const word = c.let(wordOf(c, a));
    write(c, a, significandOf(c, b), wordOf(c, b));
    write(c, b, significand, word);
    setFsw(c, c.and(value, 0xffff & ~C1));
    c.result(c.i32(DONE));
  });

  define('fpuSign', (c, [kept, flipped]) => {
    const value = status(c);
    const register = used(c, value, 0);
    const word = c.xor(c.and(wordOf(c, register), kept!), flipped!);
    c.store(2, register, word, L.X87 + 8);
    setFsw(c, c.and(value, 0xffff & ~C1));
    c.result(c.i32(DONE));
  });

  // (operation, a's two, b's two) → code. Opcodes name the reversed forms by the bit below.
  const five: readonly Type[] = ['i32', 'i64', 'i32', 'i64', 'i32'];
  const operate = m.func('fpuOperate', five, ['i32'], (c) => {
    const operation = c.param(0);
    const fcw = c.load('i32', 2, c.i32(0), L.FCW);
    refuse(c, c.ne(c.and(fcw, RC_AND_PC | MASKS), NEAREST_EXTENDED));
    const [a, aWord, b, bWord] = [c.param(1), c.param(2), c.param(3), c.param(4)];
    const minus = (word: Val): Val => c.xor(word, SIGN);
    c.switch(operation, [
      () => c.ret(c.call(f80.add, a, aWord, b, bWord)),
      () => c.ret(c.call(f80.mul, a, aWord, b, bWord)),
      () => c.ret(0),
      () => c.ret(0),
      () => c.ret(c.call(f80.add, a, aWord, b, minus(bWord))),
      () => c.ret(c.call(f80.add, b, bWord, a, minus(aWord))),
      () => c.ret(c.call(f80.div, a, aWord, b, bWord)),
      () => c.ret(c.call(f80.div, b, bWord, a, aWord)),
    ]);
    c.unreachable();
  });

  define('fpuArithmetic', (c, [operation]) => {
    const value = status(c);
    const at = used(c, value, 0);
    const a = significandOf(c, at);
    const code = c.call(operate, operation!, a, wordOf(c, at), resultSignificand(c), resultWord(c));
    const known = c.let(code);
    refuse(c, c.eqz(known));
    write(c, at, resultSignificand(c), resultWord(c));
    setFsw(c, rounded(c, value, known));
    c.result(c.i32(DONE));
  });

  define('fpuArithmeticSt', (c, [operation, st, toSt, pops]) => {
    const value = status(c);
    const a = used(c, value, 0);
    const b = used(c, value, st!);
    const code = c.call(
      operate,
      operation!,
      significandOf(c, a),
      wordOf(c, a),
      significandOf(c, b),
      wordOf(c, b),
    );
    const known = c.let(code);
    refuse(c, c.eqz(known));
    write(c, c.let(c.select(toSt!, b, a)), resultSignificand(c), resultWord(c));
    finish(c, c.let(rounded(c, value, known)), pops!);
    c.result(c.i32(DONE));
  });

  /** (a's two, b's two) → 0, or 1 + C3 or C0 as they stand in FSW. */
  const relate = m.func('fpuRelate', ['i64', 'i32', 'i64', 'i32'], ['i32'], (c) => {
    const [a, aWord, b, bWord] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const aKind = c.let(c.call(f80.kind, a, aWord));
    const bKind = c.let(c.call(f80.kind, b, bWord));
    refuse(c, c.eqz(c.mul(aKind, bKind)));
    const bothZero = c.eq(c.and(aKind, bKind), 1);
    const identical = c.and(c.eq(a, b), c.eq(aWord, bWord));
    c.if(c.or(bothZero, identical), () => c.ret(1 + C3));
    const less = c.var('i32', c.shru(aWord, 15));
    c.if(c.eqz(c.and(c.xor(aWord, bWord), SIGN)), () => {
      const smaller = c.or(c.ltu(aWord, bWord), c.and(c.eq(aWord, bWord), c.ltu(a, b)));
      c.set(less, c.xor(smaller, c.get(less)));
    });
    c.result(c.add(c.mul(c.get(less), C0), 1));
  });

  const condition = (c: Code, value: Val, relation: Val): Val =>
    c.or(c.and(value, 0xffff & ~(C3_C2_C0 | C1)), c.sub(relation, 1));

  define('fpuCompare', (c, [pops]) => {
    const value = status(c);
    const at = used(c, value, 0);
    const b = [resultSignificand(c), resultWord(c)] as const;
    const relation = c.let(c.call(relate, significandOf(c, at), wordOf(c, at), ...b));
    refuse(c, c.eqz(relation));
    finish(c, condition(c, value, relation), pops!);
    c.result(c.i32(DONE));
  });

  const relateSt = (c: Code, value: Val, st: Val): Val => {
    const a = used(c, value, 0);
    const b = used(c, value, st);
    const second = [significandOf(c, b), wordOf(c, b)] as const;
    const relation = c.let(c.call(relate, significandOf(c, a), wordOf(c, a), ...second));
    refuse(c, c.eqz(relation));
    return relation;
  };

  define('fpuCompareSt', (c, [st, pops]) => {
    const value = status(c);
    finish(c, condition(c, value, relateSt(c, value, st!)), pops!);
    c.result(c.i32(DONE));
  });

  define('fpuCompareFlags', (c, [st, pops]) => {
    const value = status(c);
    const relation = relateSt(c, value, st!);
    const equal = c.mul(c.ne(c.and(relation, C3), 0), ZF);
    const less = c.mul(c.ne(c.and(relation, C0), 0), CF);
    setResult(c, c.extu(c.or(equal, less)), c.i32(0));
    finish(c, c.and(value, 0xffff & ~C1), pops!);
    c.result(c.i32(DONE));
  });

  define('fpuControl', (c, [fcw]) => {
    const value = status(c);
    refuse(c, c.and(c.and(value, MASKS), c.xor(fcw!, MASKS)));
    c.store(2, c.i32(0), c.or(c.and(fcw!, FCW_WRITABLE), FCW_ALWAYS), L.FCW);
    c.result(c.i32(DONE));
  });

  return functions as Fpu;
}

/** Bits of FCW that FLDCW changes, and the one that reads as one. */
const FCW_WRITABLE = 0x1f3f;
const FCW_ALWAYS = 0x40;
