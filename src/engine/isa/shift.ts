/**
 * Shifts: SHL SHR SAR SHLD SHRD. SDM Vol. 2B "SAL/SAR/SHL/SHR", "SHLD", "SHRD".
 *
 * A count that is zero after masking leaves all flags alone. Where the manual leaves a flag
 * undefined we do what processors do: CF is the last bit out even past the operand's width, and OF
 * follows the one-bit rule for every count.
 */

import type { Val } from '../wasm/code.ts';
import { signAsOf } from './arith.ts';
import { type Emitter, type Opened, typeOf } from './emitter.ts';
import type { Row } from './row.ts';

/** The count operand, masked to 5 bits, or 6 for a 64-bit operand, in the operand's type. */
export function maskedCount(e: Emitter, i: number, bytes: number): Val {
  const mask = bytes === 8 ? 63 : 31;
  const kind = e.operand(i).kind;
  if (kind === 'one') return e.constant(typeOf(bytes), 1);
  const count = e.and(e.wrap(e.value(i)), mask);
  return e.let(bytes === 8 ? e.extu(count) : count);
}

/** Runs `flags` unless the count is zero. The JIT knows immediate counts: any may be zero. */
export function unlessZero(e: Emitter, count: Val, flags: () => void): void {
  if (!count.isConst) e.if(e.ne(count, 0), flags);
  else if (count.t === 'i64' ? count.big !== 0n : count.imm !== 0) flags();
}

/** One operation: the result, then CF and OF as bits of a flag word, for a count that is not 0. */
interface Shift {
  readonly result: (e: Emitter, a: Val, count: Val, bytes: number) => Val;
  readonly cf: (e: Emitter, a: Val, count: Val, bytes: number) => Val;
  readonly of: (e: Emitter, r: Val, cf: Val, bytes: number) => Val;
}

/** OF where the sign differs from the carry: shifts to the left. */
export const ofOfCarry = (e: Emitter, r: Val, cf: Val, bytes: number): Val =>
  e.xor(signAsOf(e, r, bytes), e.shl(cf, 11));
/** OF where the two top bits differ: shifts to the right. */
export const ofOfTop = (e: Emitter, r: Val, _cf: Val, bytes: number): Val =>
  signAsOf(e, e.xor(r, e.shl(r, 1)), bytes);

const SHL: Shift = {
  result: (e, a, count) => e.shl(a, count),
  // A narrow operand shifted by up to 31 still has its bit 8 or 16 in 32 bits.
  cf: (e, a, count, bytes) =>
    bytes < 4
      ? e.and(e.shru(e.shl(a, count), bytes * 8), 1)
      : e.and(e.wrap(e.shru(a, e.sub(e.constant(a.t, bytes * 8), count))), 1),
  of: ofOfCarry,
};

const SHR: Shift = {
  result: (e, a, count) => e.shru(a, count),
  cf: (e, a, count) => e.and(e.wrap(e.shru(a, e.sub(count, 1))), 1),
  of: ofOfTop,
};

const widen = (e: Emitter, a: Val, bytes: number): Val =>
  bytes === 1 ? e.sext8(a) : bytes === 2 ? e.sext16(a) : a;

const SAR: Shift = {
  result: (e, a, count, bytes) => e.shrs(widen(e, a, bytes), count),
  cf: (e, a, count, bytes) => e.and(e.wrap(e.shrs(widen(e, a, bytes), e.sub(count, 1))), 1),
  of: (e) => e.i32(0),
};

function shift(how: Shift): (e: Emitter) => void {
  return (e) => {
    const bytes = e.bytes(0);
    const to = e.open(0);
    const count = maskedCount(e, 1, bytes);
    const r = e.let(how.result(e, to.old, count, bytes));
    to.put(r);
    unlessZero(e, count, () => {
      const cf = e.let(how.cf(e, to.old, count, bytes));
      e.flagsResult(r, e.or(cf, how.of(e, r, cf, bytes)), bytes);
    });
  };
}

/** Finishes SHLD and SHRD. */
function double(
  e: Emitter,
  to: Opened,
  count: Val,
  r: Val,
  cf: () => Val,
  of: (e: Emitter, r: Val, cf: Val, bytes: number) => Val,
): void {
  const bytes = e.bytes(0);
  to.put(r);
  unlessZero(e, count, () => {
    const carry = e.let(cf());
    e.flagsResult(r, e.or(carry, of(e, r, carry, bytes)), bytes);
  });
}

/**
 * A 16-bit operand with a count above 16 is undefined; processors go on with the first operand's
 * bits again, as if the three words a:b:a were shifted.
 */
function shld(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const a = to.old;
  const b = e.value(1);
  const count = maskedCount(e, 2, bytes);
  if (bytes === 2) {
    const wide = e.let(e.or(e.shl(e.extu(e.or(e.shl(a, 16), b)), 16), e.extu(a)));
    const moved = e.let(e.shl(wide, e.extu(count)));
    const r = e.let(e.and(e.wrap(e.shru(moved, 32)), 0xffff));
    double(e, to, count, r, () => e.and(e.wrap(e.shru(moved, 48)), 1), ofOfCarry);
    return;
  }
  const bits = bytes * 8;
  // b >> (bits - count) without a shift by the whole width when count is 0.
  const low = e.shru(e.shru(b, 1), e.xor(count, bits - 1));
  const r = e.let(e.or(e.shl(a, count), low));
  const cf = (): Val => e.and(e.wrap(e.shru(a, e.sub(e.constant(a.t, bits), count))), 1);
  double(e, to, count, r, cf, ofOfCarry);
}

function shrd(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const a = to.old;
  const b = e.value(1);
  const count = maskedCount(e, 2, bytes);
  if (bytes === 2) {
    const wide = e.let(e.or(e.extu(e.or(e.shl(b, 16), a)), e.shl(e.extu(a), 32)));
    const r = e.let(e.and(e.wrap(e.shru(wide, e.extu(count))), 0xffff));
    const cf = (): Val => e.and(e.wrap(e.shru(wide, e.sub(e.extu(count), 1))), 1);
    double(e, to, count, r, cf, ofOfTop);
    return;
  }
  const bits = bytes * 8;
  const high = e.shl(e.shl(b, 1), e.xor(count, bits - 1));
  const r = e.let(e.or(e.shru(a, count), high));
  double(e, to, count, r, () => e.and(e.wrap(e.shru(a, e.sub(count, 1))), 1), ofOfTop);
}

/** The six encodings of one operation of group 2. */
export function group2(
  name: string,
  n: number,
  emit: (e: Emitter) => void,
  undef: { one: string; more: string },
  cite: string,
): Row[] {
  const one = { name, emit, cite, ...(undef.one ? { undef: undef.one } : {}) };
  const more = { name, emit, cite, ...(undef.more ? { undef: undef.more } : {}) };
  return [
    { enc: `D0 /${n}`, ops: 'Eb,1', ...one },
    { enc: `D1 /${n}`, ops: 'Ev,1', ...one },
    { enc: `C0 /${n} ib`, ops: 'Eb,Ib', ...more },
    { enc: `C1 /${n} ib`, ops: 'Ev,Ib', ...more },
    { enc: `D2 /${n}`, ops: 'Eb,CL', ...more },
    { enc: `D3 /${n}`, ops: 'Ev,CL', ...more },
  ];
}

const UNDEFINED = { one: 'A', more: 'OA' };
const CITE = 'SDM 2B SAL/SAR/SHL/SHR';

export const shifts: readonly Row[] = [
  ...group2('SHL', 4, shift(SHL), UNDEFINED, CITE),
  ...group2('SHR', 5, shift(SHR), UNDEFINED, CITE),
  // SAL, an alias of SHL outside the SDM's opcode map (AMD APM Vol. 3, table A-6).
  ...group2('SHL', 6, shift(SHL), UNDEFINED, CITE),
  ...group2('SAR', 7, shift(SAR), { one: 'A', more: 'OA' }, CITE),
  {
    enc: '0F A4 /r ib',
    name: 'SHLD',
    ops: 'Ev,Gv,Ib',
    emit: shld,
    undef: 'OA',
    cite: 'SDM 2B SHLD',
  },
  { enc: '0F A5 /r', name: 'SHLD', ops: 'Ev,Gv,CL', emit: shld, undef: 'OA', cite: 'SDM 2B SHLD' },
  {
    enc: '0F AC /r ib',
    name: 'SHRD',
    ops: 'Ev,Gv,Ib',
    emit: shrd,
    undef: 'OA',
    cite: 'SDM 2B SHRD',
  },
  { enc: '0F AD /r', name: 'SHRD', ops: 'Ev,Gv,CL', emit: shrd, undef: 'OA', cite: 'SDM 2B SHRD' },
];
