/** CMPSS/CMPSD with SSE's eight predicates, COMIS and UCOMIS (SDM Vol. 2, CMPSD, COMISD). */

import { DE, IE } from '../flags.ts';
import { DENORMAL, QNAN, SNAN } from '../value.ts';
import { compareBits } from './arith.ts';
import type { SseEnv } from './env.ts';
import { DOUBLE, type Format, SINGLE, unpack } from './format.ts';

import { compareFast, numberOfF32, numberOfF64 } from './shortcut.ts';

const LESS = -1;
const EQUAL = 0;
const GREATER = 1;
const UNORDERED = 2;

/** `signalling`: a quiet NaN is #IA too. */
function relate(f: Format, a: bigint, b: bigint, signalling: boolean, env: SseEnv): number {
  const x = unpack(f, a, env.mxcsr);
  const y = unpack(f, b, env.mxcsr);
  if (x.kind >= QNAN || y.kind >= QNAN) {
    if (signalling || x.kind === SNAN || y.kind === SNAN) env.flags |= IE;
    return UNORDERED;
  }
  if (x.kind === DENORMAL || y.kind === DENORMAL) env.flags |= DE;
  return compareBits(a, x, b, y);
}

function relateF64(a: bigint, b: bigint, signalling: boolean, env: SseEnv): number {
  const order = compareFast(numberOfF64(a), numberOfF64(b));
  return order ?? relate(DOUBLE, a, b, signalling, env);
}
function relateF32(a: number, b: number, signalling: boolean, env: SseEnv): number {
  const order = compareFast(numberOfF32(a), numberOfF32(b));
  return order ?? relate(SINGLE, BigInt(a), BigInt(b), signalling, env);
}

/** LT, LE and their negations signal on quiet NaNs; EQ, UNORD and theirs do not (Table 3-1). */
const signals = (predicate: number): boolean => (predicate & 3) === 1 || (predicate & 3) === 2;

/** imm8 of CMPcc: EQ, LT, LE, UNORD, NEQ, NLT, NLE, ORD. */
function holds(predicate: number, order: number): boolean {
  const negated = (predicate & 4) !== 0;
  switch (predicate & 3) {
    case 0:
      return (order === EQUAL) !== negated;
    case 1:
      return (order === LESS) !== negated;
    case 2:
      return (order === LESS || order === EQUAL) !== negated;
    default:
      return (order === UNORDERED) !== negated;
  }
}

/** All ones where the predicate holds, else zero. */
export const cmpF64 = (predicate: number, a: bigint, b: bigint, env: SseEnv): bigint =>
  holds(predicate, relateF64(a, b, signals(predicate), env)) ? 0xffff_ffff_ffff_ffffn : 0n;
export const cmpF32 = (predicate: number, a: number, b: number, env: SseEnv): number =>
  holds(predicate, relateF32(a, b, signals(predicate), env)) ? 0xffff_ffff : 0;

/** EFLAGS bits that COMIS and FCOMI set; OF, SF and AF become 0. */
export const CF = 0x01;
export const PF = 0x04;
export const ZF = 0x40;

function orderFlags(order: number): number {
  switch (order) {
    case UNORDERED:
      return ZF | PF | CF;
    case LESS:
      return CF;
    case GREATER:
      return 0;
    default:
      return ZF;
  }
}

/** ZF, PF and CF as EFLAGS holds them. If #XM is due, EFLAGS must be left as it was. */
export const comiF64 = (a: bigint, b: bigint, env: SseEnv): number =>
  orderFlags(relateF64(a, b, true, env));
export const ucomiF64 = (a: bigint, b: bigint, env: SseEnv): number =>
  orderFlags(relateF64(a, b, false, env));
export const comiF32 = (a: number, b: number, env: SseEnv): number =>
  orderFlags(relateF32(a, b, true, env));
export const ucomiF32 = (a: number, b: number, env: SseEnv): number =>
  orderFlags(relateF32(a, b, false, env));
