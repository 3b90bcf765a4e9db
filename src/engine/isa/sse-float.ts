/**
 * SSE arithmetic: ADD SUB MUL DIV SQRT MIN MAX, scalar and packed, RCP and RSQRT. SDM Vol. 2, ADDPS
 * and its like; Vol. 1 chapters 10 and 11.
 */

import * as arith from '../float/sse/arith.ts';
import { rcpF32, rsqrtF32 } from '../float/sse/estimate.ts';
import type { Microcode } from '../microcode/microcode.ts';
import {
  type BinaryF32,
  type BinaryF64,
  scalarF32,
  scalarF64,
  vectorF32,
  vectorF64,
} from '../microcode/sse-float.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import {
  exactProduct,
  exactSum,
  finite,
  isZero,
  notTiny,
  plain,
  require,
  requireRounding,
} from './float-fast.ts';
import {
  apply,
  both,
  compare,
  either,
  F32,
  F32X4,
  F64,
  F64X2,
  type Lanes,
  operand,
  toBits,
} from './float-lanes.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';

type Emit = (e: Emitter, f: Lanes) => void;

/** Computes operand 0 with operand 1. */
const binary =
  (compute: (e: Emitter, f: Lanes, a: Val, b: Val) => Val): Emit =>
  (e, f) => {
    const b = operand(e, f, 1);
    const a = operand(e, f, 0);
    e.assign(0, toBits(e, f, compute(e, f, a, b)));
  };

const scalar = (f: Lanes): boolean => f.bytes !== 16;

/** A sum is denormal or zero only if it is exact. */
const sum = (op: 'add' | 'sub', sign: 1 | -1): Emit =>
  binary((e, f, a, b) => {
    const r = e.let(apply(e, f, op, a, b));
    require(e, f, both(e, f, finite(e, f, r), both(e, f, plain(e, f, a), plain(e, f, b))));
    requireRounding(e, scalar(f) ? exactSum(e, f, sign, a, b, r) : undefined);
    return r;
  });

const mul: Emit = binary((e, f, a, b) => {
  const r = e.let(apply(e, f, 'mul', a, b));
  const zero = either(e, f, isZero(e, f, a), isZero(e, f, b));
  const ranged = both(e, f, finite(e, f, r), either(e, f, notTiny(e, f, r), zero));
  require(e, f, both(e, f, ranged, both(e, f, plain(e, f, a), plain(e, f, b))));
  requireRounding(e, scalar(f) ? exactProduct(e, f, a, b, r) : undefined);
  return r;
});

const div: Emit = binary((e, f, a, b) => {
  const r = e.let(apply(e, f, 'div', a, b));
  const ranged = both(e, f, finite(e, f, r), either(e, f, notTiny(e, f, r), isZero(e, f, a)));
  require(e, f, both(e, f, ranged, both(e, f, plain(e, f, a), plain(e, f, b))));
  requireRounding(e, scalar(f) ? exactProduct(e, f, r, b, a) : undefined);
  return r;
});

const sqrt: Emit = (e, f) => {
  const b = operand(e, f, 1);
  const r = e.let(apply(e, f, 'sqrt', b));
  require(e, f, both(e, f, finite(e, f, r), plain(e, f, b)));
  requireRounding(e, scalar(f) ? exactProduct(e, f, r, r, b) : undefined);
  e.assign(0, toBits(e, f, r));
};

/** MIN, MAX: the second operand unless the first is less (greater). Raises nothing on plain numbers. */
const choose = (op: 'lt' | 'gt'): Emit =>
  binary((e, f, a, b) => {
    require(e, f, both(e, f, plain(e, f, a), plain(e, f, b)));
    const first = compare(e, f, op, a, b);
    return scalar(f) ? e.select(first, a, b) : simd.bitselect(e, first, a, b);
  });

/** The four forms of one opcode. */
export function fourForms(
  opcode: string,
  name: string,
  emit: Emit | undefined,
  single: BinaryF32,
  double: BinaryF64,
  immediate = '',
): Row[] {
  const row = (prefix: string, suffix: string, ops: string, f: Lanes, slow: Microcode): Row => ({
    enc: `${prefix} ${opcode} /r`,
    name: `${name}${suffix}`,
    ops: ops + immediate,
    unit: 'sse',
    ...(emit ? { emit: (e: Emitter) => emit(e, f), slow } : { microcode: slow, ends: false }),
    cite: `SDM 2 ${name}${suffix}`,
  });
  return [
    row('NP', 'PS', 'Vdq,Wdq', F32X4, vectorF32(single)),
    row('66', 'PD', 'Vdq,Wdq', F64X2, vectorF64(double)),
    row('F3', 'SS', 'Vd,Wd', F32, scalarF32(single)),
    row('F2', 'SD', 'Vq,Wq', F64, scalarF64(double)),
  ];
}

/** RCP and RSQRT have only single-precision forms. */
function estimate(opcode: string, name: string, op: (x: number) => number): Row[] {
  const rest = { unit: 'sse', ends: false } as const;
  return [
    {
      enc: `NP ${opcode} /r`,
      name: `${name}PS`,
      ops: 'Vdq,Wdq',
      microcode: vectorF32((_, b) => op(b)),
      ...rest,
      cite: `SDM 2B ${name}PS`,
    },
    {
      enc: `F3 ${opcode} /r`,
      name: `${name}SS`,
      ops: 'Vd,Wd',
      microcode: scalarF32((_, b) => op(b)),
      ...rest,
      cite: `SDM 2B ${name}SS`,
    },
  ];
}

export const sseFloat: readonly Row[] = [
  ...fourForms('0F 58', 'ADD', sum('add', 1), arith.addF32, arith.addF64),
  ...fourForms('0F 5C', 'SUB', sum('sub', -1), arith.subF32, arith.subF64),
  ...fourForms('0F 59', 'MUL', mul, arith.mulF32, arith.mulF64),
  ...fourForms('0F 5E', 'DIV', div, arith.divF32, arith.divF64),
  ...fourForms(
    '0F 51',
    'SQRT',
    sqrt,
    (_, b, env) => arith.sqrtF32(b, env),
    (_, b, env) => arith.sqrtF64(b, env),
  ),
  ...fourForms('0F 5D', 'MIN', choose('lt'), arith.minF32, arith.minF64),
  ...fourForms('0F 5F', 'MAX', choose('gt'), arith.maxF32, arith.maxF64),
  ...estimate('0F 52', 'RSQRT', rsqrtF32),
  ...estimate('0F 53', 'RCP', rcpF32),
];
