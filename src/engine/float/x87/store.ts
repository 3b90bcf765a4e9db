/**
 * Stores to memory: FST m32/m64, FSTP m80, FIST(P), FISTTP, FBSTP, and FBLD, their inverse in BCD
 * (SDM Vol. 2; Vol. 1 §8.2.1, Tables 4-1 and 4-4). Each works out first what to write, so that a
 * page fault finds the state untouched, and changes the state only when the write went through.
 */

import { EXCEPTIONS, IE, OE, PE, type Rounding, UE } from '../flags.ts';
import { F32, F64, round, roundToMultiple, type Target } from '../round.ts';
import { INFINITE, QNAN, SNAN, UNSUPPORTED, type Value, ZERO } from '../value.ts';
import { DEFAULT_NAN, toBits, unpack } from './format.ts';
import {
  C1,
  isEmpty,
  pop,
  raise,
  roundingOf,
  SF,
  setCondition,
  st,
  type X87State,
} from './state.ts';

export interface Writer {
  write(value: bigint, size: number): void;
}

interface Store {
  readonly bits: bigint;
  readonly flags: number;
  readonly up: boolean;
}

/** What ST(0) becomes; `indefinite` is what an empty register, or an invalid one, stores. */
function store(
  s: X87State,
  mem: Writer,
  size: number,
  pops: boolean,
  indefinite: bigint,
  convert: (x: Value) => Store,
): void {
  const result = isEmpty(s, 0)
    ? { bits: indefinite, flags: IE | SF, up: false }
    : convert(unpack(st(s, 0)));
  // Precision alone does not stop a store to memory; the others, unmasked, do (§8.5).
  const stops = result.flags & ~s.fcw & EXCEPTIONS & ~PE;
  if (stops === 0) mem.write(result.bits, size);
  // With #O or #U unmasked nothing was rounded into memory, so the result is not inexact either.
  setCondition(s, C1, result.up && stops === 0 ? C1 : 0);
  raise(s, stops === 0 ? result.flags : result.flags & ~PE);
  if (pops && stops === 0) pop(s);
}

function toFormat(v: Value, target: Target, exponentBits: number, fcw: number): Store {
  const fraction = target.precision - 1;
  const special = 2 ** exponentBits - 1;
  const join = (field: number, low: bigint): bigint =>
    (BigInt((v.sign << exponentBits) | field) << BigInt(fraction)) | low;
  switch (v.kind) {
    case UNSUPPORTED:
      return { bits: indefiniteOf(fraction, exponentBits), flags: IE, up: false };
    case QNAN:
    case SNAN: {
      const payload = BigInt.asUintN(fraction, v.sig >> BigInt(63 - fraction));
      const quiet = 1n << BigInt(fraction - 1);
      return { bits: join(special, payload | quiet), flags: v.kind === SNAN ? IE : 0, up: false };
    }
    case INFINITE:
      return { bits: join(special, 0n), flags: 0, up: false };
    case ZERO:
      return { bits: join(0, 0n), flags: 0, up: false };
    default: {
      const delivery = {
        rounding: ((fcw >> 10) & 3) as Rounding,
        unmasked: ~fcw & (OE | UE),
        flush: false,
      };
      const r = round(target, delivery, v.sign, v.sig, v.exp);
      if (r.infinite) return { bits: join(special, 0n), flags: r.flags, up: r.up };
      const field = r.sig >> BigInt(fraction) ? r.exp - (target.emin - fraction) + 1 : 0;
      const bits = join(field & special, BigInt.asUintN(fraction, r.sig));
      return { bits, flags: r.flags, up: r.up };
    }
  }
}

const indefiniteOf = (fraction: number, exponentBits: number): bigint =>
  ((1n << BigInt(exponentBits + 2)) - 1n) << BigInt(fraction - 1);

export function fstM32(s: X87State, mem: Writer, pops: boolean): void {
  store(s, mem, 4, pops, indefiniteOf(23, 8), (v) => toFormat(v, F32, 8, s.fcw));
}

export function fstM64(s: X87State, mem: Writer, pops: boolean): void {
  store(s, mem, 8, pops, indefiniteOf(52, 11), (v) => toFormat(v, F64, 11, s.fcw));
}

/** FSTP m80 stores any encoding as it is. */
export function fstpM80(s: X87State, mem: Writer): void {
  const bits = toBits(st(s, 0));
  store(s, mem, 10, true, toBits(DEFAULT_NAN), () => ({ bits, flags: 0, up: false }));
}

/** The integer nearest to v in direction `rounding`, unless it is outside [-limit - 1, limit]. */
function toInteger(v: Value, lowest: bigint, highest: bigint, rounding: Rounding) {
  if (v.kind === ZERO) return { n: 0n, flags: 0, up: false };
  if (v.kind >= INFINITE || v.exp > 64) return undefined;
  const r = roundToMultiple(v.sign, v.sig, v.exp, 0, rounding);
  const n = v.sign ? -r.sig : r.sig;
  return n < lowest || n > highest ? undefined : { n, flags: r.flags, up: r.up };
}

/** FIST, FISTP, and with RC overridden to truncate FISTTP. */
export function fist(
  s: X87State,
  mem: Writer,
  size: 2 | 4 | 8,
  rounding: Rounding,
  pops: boolean,
): void {
  const limit = 1n << BigInt(size * 8 - 1);
  store(s, mem, size, pops, limit, (v) => {
    const integer = toInteger(v, -limit, limit - 1n, rounding);
    if (integer === undefined) return { bits: limit, flags: IE, up: false };
    return {
      bits: BigInt.asUintN(size * 8, integer.n),
      flags: integer.flags,
      up: integer.up,
    };
  });
}

const BCD_LIMIT = 10n ** 18n;
const BCD_SIGN = 1n << 79n;
const BCD_INDEFINITE = 0xffff_c000_0000_0000_0000n;

export function fbstp(s: X87State, mem: Writer): void {
  store(s, mem, 10, true, BCD_INDEFINITE, (v) => {
    const integer = toInteger(v, 1n - BCD_LIMIT, BCD_LIMIT - 1n, roundingOf(s));
    if (integer === undefined) return { bits: BCD_INDEFINITE, flags: IE, up: false };
    // Eighteen digits read as hexadecimal are packed BCD. Minus zero keeps its sign.
    const magnitude = integer.n < 0n ? -integer.n : integer.n;
    const bits = BigInt(`0x${magnitude}`) | (v.sign ? BCD_SIGN : 0n);
    return { bits, flags: integer.flags, up: integer.up };
  });
}

/** The value of a packed BCD operand. Digits above 9 are undefined; they count as 10..15 here. */
export function unpackBcd(bits: bigint): { readonly sign: 0 | 1; readonly magnitude: bigint } {
  let magnitude = 0n;
  for (let digit = 17n; digit >= 0n; digit--) {
    magnitude = magnitude * 10n + ((bits >> (digit * 4n)) & 0xfn);
  }
  return { sign: bits & BCD_SIGN ? 1 : 0, magnitude };
}
