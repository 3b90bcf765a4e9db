/**
 * Multiplication and division: MUL IMUL DIV IDIV. SDM Vol. 2A/2B, by name.
 *
 * A quotient that does not fit is #DE, raised before anything changes. MUL and IMUL define CF and OF
 * alone, division no flag; we leave SF ZF PF of the low half after the one, all as they were after
 * the other.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { DE, type Emitter } from './emitter.ts';
import { CF, OF } from './flags.ts';
import type { Row } from './row.ts';
import { divideLong, multiplyHighSigned, multiplyHighUnsigned } from './wide.ts';

/** CF and OF both: the high half matters. */
const carryOverflow = (e: Emitter, matters: Val): Val =>
  e.select(matters, e.i32(CF | OF), e.i32(0));

/** Writes the double-width result of the one-operand forms: AX, or rDX:rAX. */
function setPair(e: Emitter, bytes: number, low: Val, high: Val): void {
  e.write(L.RAX, bytes, low);
  e.write(L.RDX, bytes, high);
}

function mul(e: Emitter): void {
  const bytes = e.bytes(0);
  const b = e.value(0);
  const a = e.read(L.RAX, bytes);
  if (bytes === 8) {
    const low = e.let(e.mul(a, b));
    const high = multiplyHighUnsigned(e, a, b);
    setPair(e, 8, low, high);
    e.flagsResult(low, carryOverflow(e, e.ne(high, 0)), 8);
    return;
  }
  const bits = bytes * 8;
  const product = e.let(e.mul(e.extu(a), e.extu(b)));
  if (bytes === 1) e.write(L.RAX, 2, e.wrap(product));
  else setPair(e, bytes, e.wrap(product), e.wrap(e.shru(product, bits)));
  e.flagsResult(e.wrap(product), carryOverflow(e, e.ne(e.shru(product, bits), 0)), bytes);
}

function imulWide(e: Emitter): void {
  const bytes = e.bytes(0);
  const b = e.value(0);
  const a = e.read(L.RAX, bytes);
  if (bytes === 8) {
    const low = e.let(e.mul(a, b));
    const high = multiplyHighSigned(e, a, b);
    setPair(e, 8, low, high);
    e.flagsResult(low, carryOverflow(e, e.ne(high, e.shrs(low, 63))), 8);
    return;
  }
  const product = e.let(e.mul(e.signed(a, bytes), e.signed(b, bytes)));
  if (bytes === 1) e.write(L.RAX, 2, e.wrap(product));
  else setPair(e, bytes, e.wrap(product), e.wrap(e.shru(product, bytes * 8)));
  const low = e.let(e.wrap(product));
  e.flagsResult(low, carryOverflow(e, e.ne(product, e.signed(low, bytes))), bytes);
}

/** The two- and three-operand forms: truncated, with CF and OF where that lost something. */
function imulTruncated(first: number): (e: Emitter) => void {
  return (e) => {
    const bytes = e.bytes(0);
    const a = e.value(first);
    const b = e.value(first + 1);
    if (bytes === 8) {
      const low = e.let(e.mul(a, b));
      const high = multiplyHighSigned(e, a, b);
      e.assign(0, low);
      e.flagsResult(low, carryOverflow(e, e.ne(high, e.shrs(low, 63))), 8);
      return;
    }
    const product = e.let(e.mul(e.signed(a, bytes), e.signed(b, bytes)));
    const low = e.let(e.wrap(product));
    e.assign(0, low);
    e.flagsResult(low, carryOverflow(e, e.ne(product, e.signed(low, bytes))), bytes);
  };
}

/** AX, DX:AX or EDX:EAX as one i64, zero-extended. */
function dividend(e: Emitter, bytes: number): Val {
  if (bytes === 1) return e.let(e.extu(e.read(L.RAX, 2)));
  const low = e.extu(e.read(L.RAX, bytes));
  return e.let(e.or(low, e.shl(e.extu(e.read(L.RDX, bytes)), bytes * 8)));
}

function setQuotient(e: Emitter, bytes: number, quotient: Val, remainder: Val): void {
  if (bytes === 1) {
    const ah = e.shl(e.and(e.wrap(remainder), 0xff), 8);
    e.write(L.RAX, 2, e.or(e.and(e.wrap(quotient), 0xff), ah));
  } else {
    setPair(e, bytes, e.wrap(quotient), e.wrap(remainder));
  }
}

function div(e: Emitter): void {
  const bytes = e.bytes(0);
  const divisor = e.value(0);
  if (bytes === 8) {
    divLong(e, divisor);
    return;
  }
  const by = e.let(e.extu(divisor));
  e.raiseIf(e.eqz(by), DE);
  const n = dividend(e, bytes);
  const quotient = e.let(e.divu(n, by));
  e.raiseIf(e.ne(e.shru(quotient, bytes * 8), 0), DE);
  setQuotient(e, bytes, quotient, e.let(e.remu(n, by)));
}

function divLong(e: Emitter, divisor: Val): void {
  const high = e.var('i64', e.read(L.RDX, 8));
  const low = e.var('i64', e.read(L.RAX, 8));
  // Also catches a divisor of zero.
  e.raiseIf(e.geu(e.get(high), divisor), DE);
  e.if(
    e.eqz(e.get(high)),
    () => {
      e.set(high, e.remu(e.get(low), divisor));
      e.set(low, e.divu(e.get(low), divisor));
    },
    () => divideLong(e, { high, low }, divisor),
  );
  setPair(e, 8, e.get(low), e.get(high));
}

function idiv(e: Emitter): void {
  const bytes = e.bytes(0);
  const divisor = e.value(0);
  if (bytes === 8) {
    idivLong(e, divisor);
    return;
  }
  const by = e.let(e.signed(divisor, bytes));
  e.raiseIf(e.eqz(by), DE);
  const wide = dividend(e, bytes);
  const n = e.let(bytes === 4 ? wide : e.signed(e.wrap(wide), bytes * 2));
  // The one i64 quotient that WebAssembly cannot divide is too large anyway.
  if (bytes === 4) e.raiseIf(e.and(e.eq(by, -1), e.eq(n, e.i64(-(1n << 63n)))), DE);
  const quotient = e.let(e.divs(n, by));
  e.raiseIf(e.ne(quotient, e.signed(e.wrap(quotient), bytes)), DE);
  setQuotient(e, bytes, quotient, e.let(e.rems(n, by)));
}

/** Divides magnitudes, then gives quotient and remainder their signs. */
function idivLong(e: Emitter, divisor: Val): void {
  const rdx = e.let(e.read(L.RDX, 8));
  const rax = e.let(e.read(L.RAX, 8));
  const negative = e.let(e.shrs(rdx, 63));
  const flips = e.let(e.xor(negative, e.shrs(divisor, 63)));
  const magnitude = (v: Val, sign: Val): Val => e.sub(e.xor(v, sign), sign);
  const by = e.let(magnitude(divisor, e.let(e.shrs(divisor, 63))));
  const low = e.var('i64', magnitude(rax, negative));
  // 128-bit negation: the low half borrows unless it is zero.
  const borrow = e.and(negative, e.extu(e.ne(rax, 0)));
  const high = e.var('i64', e.sub(magnitude(rdx, negative), borrow));
  e.raiseIf(e.geu(e.get(high), by), DE);
  e.if(
    e.eqz(e.get(high)),
    () => {
      e.set(high, e.remu(e.get(low), by));
      e.set(low, e.divu(e.get(low), by));
    },
    () => divideLong(e, { high, low }, by),
  );
  const limit = e.sub(e.i64((1n << 63n) - 1n), flips);
  e.raiseIf(e.gtu(e.get(low), limit), DE);
  setPair(e, 8, magnitude(e.get(low), flips), magnitude(e.get(high), negative));
}

const MUL = { name: 'MUL', emit: mul, undef: 'SZAP', cite: 'SDM 2B MUL' } as const;
const IMUL = { name: 'IMUL', undef: 'SZAP', cite: 'SDM 2A IMUL' } as const;
const DIV = { name: 'DIV', emit: div, undef: 'OSZAPC', cite: 'SDM 2A DIV' } as const;
const IDIV = { name: 'IDIV', emit: idiv, undef: 'OSZAPC', cite: 'SDM 2A IDIV' } as const;

export const muldiv: readonly Row[] = [
  { enc: 'F6 /4', ops: 'Eb', ...MUL },
  { enc: 'F7 /4', ops: 'Ev', ...MUL },
  { enc: 'F6 /5', ops: 'Eb', emit: imulWide, ...IMUL },
  { enc: 'F7 /5', ops: 'Ev', emit: imulWide, ...IMUL },
  { enc: '0F AF /r', ops: 'Gv,Ev', emit: imulTruncated(0), ...IMUL },
  { enc: '6B /r ib', ops: 'Gv,Ev,Ibs', emit: imulTruncated(1), ...IMUL },
  { enc: '69 /r iz', ops: 'Gv,Ev,Iz', emit: imulTruncated(1), ...IMUL },
  { enc: 'F6 /6', ops: 'Eb', ...DIV },
  { enc: 'F7 /6', ops: 'Ev', ...DIV },
  { enc: 'F6 /7', ops: 'Eb', ...IDIV },
  { enc: 'F7 /7', ops: 'Ev', ...IDIV },
];
