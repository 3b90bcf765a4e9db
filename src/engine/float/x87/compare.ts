/** FCOM, FUCOM, FCOMI, FUCOMI, FTST and FXAM (SDM Vol. 2; Vol. 1 §8.1.3.1, §8.3.6). */

import { add, negate } from '../arith.ts';
import { DE, IE, NEAREST } from '../flags.ts';
import {
  DENORMAL,
  INFINITE,
  INVALID,
  QNAN,
  SNAN,
  UNSUPPORTED,
  type Value,
  ZERO,
  zero,
} from '../value.ts';
import { unpack } from './format.ts';
import { isNan } from './nan.ts';
import {
  C0,
  C1,
  C2,
  C3,
  isEmpty,
  raise,
  setCondition,
  st,
  stackUnderflow,
  type X87State,
} from './state.ts';

type Order = 'less' | 'equal' | 'greater' | 'unordered';

/** FSW's C3, C2, C0 and, shifted down by eight, EFLAGS' ZF, PF, CF: the same bits by design. */
const ORDER_BITS: Readonly<Record<Order, number>> = {
  greater: 0,
  less: C0,
  equal: C3,
  unordered: C3 | C2 | C0,
};

/** EFLAGS that FCOMI writes: ZF, PF, CF; it clears OF, SF and AF. */
const EFLAGS_WRITTEN = 0x8d5;

interface Comparison {
  readonly order: Order;
  readonly flags: number;
}

/** `quiet`: the FUCOM kind, for which a quiet NaN is no exception. */
function relate(x: Value, y: Value, quiet: boolean): Comparison {
  if (isNan(x) || isNan(y)) {
    const signals = !quiet || x.kind > QNAN || y.kind > QNAN;
    return { order: 'unordered', flags: signals ? IE : 0 };
  }
  const flags = x.kind === DENORMAL || y.kind === DENORMAL ? DE : 0;
  const difference = add(x, negate(y), NEAREST);
  // Like infinities: infinity minus infinity is the one difference that has no value.
  if (difference === INVALID || difference.kind === ZERO) return { order: 'equal', flags };
  return { order: difference.sign ? 'less' : 'greater', flags };
}

interface Outcome {
  readonly order: Order;
  /** An unmasked exception, which keeps the stack from being popped and nothing else. */
  readonly stopped: boolean;
}

/** Compares ST(0) with `y`, which is undefined for an empty register. */
function compareTop(s: X87State, y: Value | undefined, quiet: boolean): Outcome {
  if (isEmpty(s, 0) || y === undefined) {
    return { order: 'unordered', stopped: !stackUnderflow(s) };
  }
  setCondition(s, C1, 0);
  const { order, flags } = relate(unpack(st(s, 0)), y, quiet);
  return { order, stopped: raise(s, flags) !== 0 };
}

const operand = (s: X87State, i: number): Value | undefined =>
  isEmpty(s, i) ? undefined : unpack(st(s, i));

/** True if no unmasked exception stopped it, so that FCOMP and its like pop. */
export function fcomMemory(s: X87State, y: Value): boolean {
  return conclude(s, compareTop(s, y, false));
}

export function fcom(s: X87State, i: number, quiet: boolean): boolean {
  return conclude(s, compareTop(s, operand(s, i), quiet));
}

/**
 * QUIRK: the manual has an unmasked #IA leave the condition codes (and EFLAGS) alone; processors
 * set them to "unordered" all the same.
 */
function conclude(s: X87State, { order, stopped }: Outcome): boolean {
  setCondition(s, C3 | C2 | C0, ORDER_BITS[order]);
  return !stopped;
}

/** FCOMI and FUCOMI: the new EFLAGS, and whether the comparison may pop. */
export function fcomi(
  s: X87State,
  i: number,
  quiet: boolean,
  eflags: number,
): { readonly eflags: number; readonly pops: boolean } {
  const { order, stopped } = compareTop(s, operand(s, i), quiet);
  return { eflags: (eflags & ~EFLAGS_WRITTEN) | (ORDER_BITS[order] >> 8), pops: !stopped };
}

export function ftst(s: X87State): void {
  conclude(s, compareTop(s, zero(0), false));
}

/** Classes as FXAM encodes them in C3, C2, C0; C1 is the sign, of an empty register too. */
export function fxam(s: X87State): void {
  const register = st(s, 0);
  const sign = register.signExponent & 0x8000 ? C1 : 0;
  const code = isEmpty(s, 0) ? C3 | C0 : classCode(unpack(register));
  setCondition(s, C3 | C2 | C1 | C0, code | sign);
}

function classCode(x: Value): number {
  switch (x.kind) {
    case UNSUPPORTED:
      return 0;
    case QNAN:
    case SNAN:
      return C0;
    case INFINITE:
      return C2 | C0;
    case ZERO:
      return C3;
    case DENORMAL:
      return C3 | C2;
    default:
      return C2;
  }
}
