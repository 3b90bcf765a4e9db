/**
 * Rotates: ROL ROR RCL RCR. SDM Vol. 2B "RCL/RCR/ROL/ROR". They change CF and OF only, and those not
 * if the masked count is zero. OF is undefined but for one bit; processors give it the one-bit rule.
 */

import type { Val } from '../wasm/code.ts';
import { type Emitter, typeOf } from './emitter.ts';
import { CF, OF } from './flags.ts';
import type { Row } from './row.ts';
import { group2, maskedCount, ofOfCarry, ofOfTop, unlessZero } from './shift.ts';

function setCfOf(e: Emitter, cf: Val, of: Val): void {
  const others = e.let(e.and(e.flagWord(), ~(CF | OF)));
  e.setFlags(e.or(others, e.or(cf, of)));
}

/** A narrow operand repeated through 32 bits, so that a 32-bit rotate turns it. */
function repeated(e: Emitter, a: Val, bytes: number): Val {
  if (bytes === 1) return e.mul(a, 0x01010101);
  return bytes === 2 ? e.mul(a, 0x00010001) : a;
}

function rol(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const count = maskedCount(e, 1, bytes);
  const r = e.let(e.rotl(repeated(e, to.old, bytes), count));
  to.put(r);
  unlessZero(e, count, () => {
    const cf = e.let(e.and(e.wrap(r), 1));
    setCfOf(e, cf, e.let(ofOfCarry(e, r, cf, bytes)));
  });
}

function ror(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const count = maskedCount(e, 1, bytes);
  const r = e.let(e.rotr(repeated(e, to.old, bytes), count));
  to.put(r);
  unlessZero(e, count, () => {
    const cf = e.let(e.and(e.wrap(e.shru(r, bytes * 8 - 1)), 1));
    setCfOf(e, cf, e.let(ofOfTop(e, r, cf, bytes)));
  });
}

/** The masked count modulo the operand's width and the carry; only narrow operands can exceed it. */
function throughCarry(e: Emitter, bytes: number): Val {
  const count = maskedCount(e, 1, bytes);
  if (bytes >= 4) return count;
  const bits = bytes * 8 + 1;
  return count.isConst ? e.i32(count.imm % bits) : e.let(e.remu(count, bits));
}

function rcl(e: Emitter): void {
  const bytes = e.bytes(0);
  const bits = bytes * 8;
  const to = e.open(0);
  const a = to.old;
  const count = throughCarry(e, bytes);
  const carry = e.let(e.extu(e.cf()));
  if (bytes < 8) {
    const n = e.let(e.extu(count));
    const x = e.let(e.or(e.extu(a), e.shl(carry, bits)));
    const turned = e.let(e.or(e.shl(x, n), e.shru(x, e.sub(e.i64(bits + 1), n))));
    const r = e.let(e.truncate(turned, bytes));
    to.put(r);
    unlessZero(e, count, () => {
      const cf = e.let(e.and(e.wrap(e.shru(turned, bits)), 1));
      setCfOf(e, cf, e.let(ofOfCarry(e, r, cf, bytes)));
    });
    return;
  }
  // 65 bits: the carry goes in at count - 1, and bit 64 - count comes out.
  const back = e.let(e.sub(e.i64(64), count));
  const low = e.or(e.shl(carry, e.sub(count, 1)), e.shru(e.shru(a, 1), back));
  const r = e.let(e.select(e.eqz(count), a, e.or(e.shl(a, count), low)));
  to.put(r);
  unlessZero(e, count, () => {
    const cf = e.let(e.and(e.wrap(e.shru(a, back)), 1));
    setCfOf(e, cf, e.let(ofOfCarry(e, r, cf, bytes)));
  });
}

function rcr(e: Emitter): void {
  const bytes = e.bytes(0);
  const bits = bytes * 8;
  const to = e.open(0);
  const a = to.old;
  const count = throughCarry(e, bytes);
  const carry = e.let(e.extu(e.cf()));
  const cfOut = (): Val => e.and(e.wrap(e.shru(a, e.sub(count, e.constant(typeOf(bytes), 1)))), 1);
  if (bytes < 8) {
    const n = e.let(e.extu(count));
    const x = e.let(e.or(e.extu(a), e.shl(carry, bits)));
    const turned = e.or(e.shru(x, n), e.shl(x, e.sub(e.i64(bits + 1), n)));
    const r = e.let(e.truncate(turned, bytes));
    to.put(r);
    unlessZero(e, count, () => setCfOf(e, e.let(cfOut()), e.let(ofOfTop(e, r, r, bytes))));
    return;
  }
  const back = e.let(e.sub(e.i64(64), count));
  const high = e.or(e.shl(carry, back), e.shl(e.shl(a, 1), back));
  const r = e.let(e.select(e.eqz(count), a, e.or(e.shru(a, count), high)));
  to.put(r);
  unlessZero(e, count, () => setCfOf(e, e.let(cfOut()), e.let(ofOfTop(e, r, r, bytes))));
}

const UNDEFINED = { one: '', more: 'O' };
const CITE = 'SDM 2B RCL/RCR/ROL/ROR';

export const rotates: readonly Row[] = [
  ...group2('ROL', 0, rol, UNDEFINED, CITE),
  ...group2('ROR', 1, ror, UNDEFINED, CITE),
  ...group2('RCL', 2, rcl, UNDEFINED, CITE),
  ...group2('RCR', 3, rcr, UNDEFINED, CITE),
];
