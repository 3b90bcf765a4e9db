/**
 * What rows of MMX and SSE have in common: aligned memory operands, the x87 state that MMX
 * instructions leave behind, and rows that exist on both register files.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { type Emitter, GP, MF } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';

/** Operand i, 16 bytes; in memory it must be aligned, else #GP(0). SDM Vol. 1 §4.1.1. */
export function aligned(e: Emitter, i: number): Val {
  if (!e.isMemory(i)) return e.let(e.value(i));
  return e.loadAt(alignedAddress(e, false), 16);
}

/** Writes 16 bytes to operand i, which must be aligned if it is in memory. */
export function assignAligned(e: Emitter, i: number, value: Val): void {
  if (!e.isMemory(i)) {
    e.assign(i, value);
    return;
  }
  e.storeAt(alignedAddress(e, true), 16, value);
}

function alignedAddress(e: Emitter, write: boolean): Val {
  const at = e.let(e.linear(16, write));
  e.raiseIf(e.and(e.wrap(at), 15), GP);
  return at;
}

/** Operand i of 2, 4, 8 or 16 bytes as a vector with zeros above; memory needs no alignment. */
export function widened(e: Emitter, i: number): Val {
  const value = e.value(i);
  return e.let(value.t === 'v128' ? value : simd.zeroExtend(e, value));
}

/** FSW.ES: an unmasked x87 exception is pending. */
const FSW_ES = 0x80;
const FSW_TOP = 0x3800;

/** Before anything else of an MMX instruction: a pending x87 exception is taken. SDM Vol. 3A §13.5. */
export function checkX87(e: Emitter): void {
  e.raiseIf(e.and(e.load('i32', 2, e.i32(L.FSW)), FSW_ES), MF);
}

/**
 * What every MMX instruction does to the x87 state, once nothing can fault any more: TOP becomes 0
 * and all registers valid. SDM Vol. 3A Table 13-1.
 */
export function touchX87(e: Emitter, tags = 0): void {
  const fsw = e.and(e.load('i32', 2, e.i32(L.FSW)), 0xffff & ~FSW_TOP);
  e.store(2, e.i32(L.FSW), fsw);
  e.store(2, e.i32(L.FTW), e.i32(tags));
}

/** Writes an MMX register: sign and exponent of the x87 register under it become ones. */
export function assignMmx(e: Emitter, i: number, value: Val): void {
  const o = e.operand(i);
  if (o.kind !== 'mmx') throw new Error(`${e.variant.row.name}: operand ${i} is no MMX register`);
  e.assign(i, value);
  e.store(2, e.pointer({ operand: o.field }), e.i32(0xffff), 8);
}

/** xmm1 := compute(xmm1, xmm2/m128). */
export function sseRow(enc: string, name: string, compute: simd.Binary, more: More): Row {
  return {
    enc,
    name,
    ops: 'Vdq,Wdq',
    unit: 'sse',
    emit: (e) => {
      const b = aligned(e, 1);
      e.assign(0, compute(e, e.let(e.value(0)), b));
    },
    ...more,
  };
}

/** mm1 := low half of compute(mm1, mm2/m64), both operands standing in both halves of a vector. */
export function mmxRow(enc: string, name: string, compute: simd.Binary, more: More): Row {
  return {
    enc,
    name,
    ops: 'Pq,Qq',
    unit: 'mmx',
    emit: (e) => {
      checkX87(e);
      const b = e.let(simd.splat(e, 8, e.extu(e.value(1))));
      const a = e.let(simd.splat(e, 8, e.value(0)));
      const r = e.let(simd.extract(e, 8, 0, compute(e, a, b)));
      touchX87(e);
      assignMmx(e, 0, r);
    },
    ...more,
  };
}

export interface More {
  readonly cite: string;
  /** Where the operands are not the usual two. */
  readonly ops?: string;
  readonly feature?: NonNullable<Row['feature']>;
}

/** How the MMX form of a computation that mixes the two halves follows from the SSE form. */
export type Halves = 'apart' | 'joined';

/**
 * The MMX and the SSE form of one opcode. `apart`: the low half of the result depends on the low
 * halves of the operands in both. `joined`: the SSE form makes one half of the result of each
 * operand, as the MMX form makes one quarter of a vector that holds both.
 */
export function both(
  opcode: string,
  name: string,
  compute: simd.Binary,
  halves: Halves = 'apart',
  features: { mmx?: NonNullable<Row['feature']>; sse?: NonNullable<Row['feature']> } = {},
): Row[] {
  const half: simd.Binary =
    halves === 'apart'
      ? compute
      : (c, a, b) => {
          const ab = c.let(simd.joinLow(c, a, b));
          return compute(c, ab, ab);
        };
  const cite = `SDM 2B ${name}`;
  const only = (feature: Row['feature']): More => (feature ? { cite, feature } : { cite });
  return [
    mmxRow(`NP ${opcode} /r`, name, half, only(features.mmx)),
    sseRow(`66 ${opcode} /r`, name, compute, only(features.sse)),
  ];
}
