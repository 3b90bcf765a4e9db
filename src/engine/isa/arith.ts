/**
 * Addition and subtraction: ADD ADC SUB SBB CMP INC DEC NEG. SDM Vol. 2A/2B, by name.
 *
 * ADD, SUB, CMP and NEG leave their operands for the lazy flags. With a carry coming in the operands
 * no longer tell the carry going out, so ADC and SBB work it out; INC and DEC keep the old one.
 */

import type { Val } from '../wasm/code.ts';
import { type Emitter, typeOf } from './emitter.ts';
import type { Row } from './row.ts';

/** The encodings that the eight operations of opcodes 00 to 3F and of group 1 have in common. */
export function group1(
  name: string,
  n: number,
  emit: (e: Emitter) => void,
  rest: Pick<Row, 'lock' | 'undef' | 'cite'>,
): Row[] {
  const { lock, ...notes } = rest;
  const opcode = (low: number): string => (n * 8 + low).toString(16).padStart(2, '0').toUpperCase();
  const common = { name, emit, ...notes };
  const locked = lock ? { lock } : {};
  return [
    { enc: `${opcode(0)} /r`, ops: 'Eb,Gb', ...common, ...locked },
    { enc: `${opcode(1)} /r`, ops: 'Ev,Gv', ...common, ...locked },
    { enc: `${opcode(2)} /r`, ops: 'Gb,Eb', ...common },
    { enc: `${opcode(3)} /r`, ops: 'Gv,Ev', ...common },
    { enc: `${opcode(4)} ib`, ops: 'AL,Ib', ...common },
    { enc: `${opcode(5)} iz`, ops: 'rAX,Iz', ...common },
    { enc: `80 /${n} ib`, ops: 'Eb,Ib', ...common, ...locked },
    { enc: `81 /${n} iz`, ops: 'Ev,Iz', ...common, ...locked },
    // An alias of 80 that AMD64 took away.
    { enc: `82 /${n} ib`, ops: 'Eb,Ib', only: 'legacy', ...common, ...locked },
    { enc: `83 /${n} ib`, ops: 'Ev,Ibs', ...common, ...locked },
  ];
}

function add(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const b = e.value(1);
  const r = e.let(e.add(to.old, b));
  to.put(r);
  e.flagsAdd(to.old, b, r, bytes);
}

function sub(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const b = e.value(1);
  const r = e.let(e.sub(to.old, b));
  to.put(r);
  e.flagsSub(to.old, b, r, bytes);
}

function cmp(e: Emitter): void {
  const a = e.value(0);
  const b = e.value(1);
  e.flagsSub(a, b, e.sub(a, b), e.bytes(0));
}

/** Bit `bytes * 8 - 1` of an operand value as bit 11 of an i32, where RFLAGS has OF. */
export function signAsOf(e: Emitter, value: Val, bytes: number): Val {
  const top = bytes * 8 - 1;
  const moved = top < 11 ? e.shl(value, 11 - top) : e.shru(value, top - 11);
  return e.and(e.wrap(moved), 0x800);
}

/** OF and AF of r = a ± b (± carry), where `ofSign` has OF as its sign bit. */
function ofAf(e: Emitter, a: Val, b: Val, r: Val, ofSign: Val, bytes: number): Val {
  const af = e.and(e.wrap(e.xor(e.xor(a, b), r)), 0x10);
  return e.or(signAsOf(e, ofSign, bytes), af);
}

function adc(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const a = to.old;
  const b = e.value(1);
  const t = typeOf(bytes);
  const carry = e.let(t === 'i64' ? e.extu(e.cf()) : e.cf());
  const partial = e.let(e.add(a, carry));
  const r = e.let(e.add(partial, b));
  const cf =
    bytes < 4 ? e.let(e.shru(r, bytes * 8)) : e.let(e.or(e.ltu(partial, carry), e.ltu(r, partial)));
  to.put(r);
  const of = e.and(e.xor(a, r), e.xor(b, r));
  e.flagsResult(r, e.or(cf, ofAf(e, a, b, r, of, bytes)), bytes);
}

function sbb(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const a = to.old;
  const b = e.value(1);
  const t = typeOf(bytes);
  const borrow = e.let(t === 'i64' ? e.extu(e.cf()) : e.cf());
  const partial = e.let(e.sub(a, b));
  const r = e.let(e.sub(partial, borrow));
  const cf =
    bytes < 4
      ? e.let(e.and(e.shru(r, bytes * 8), 1))
      : e.let(e.or(e.ltu(a, b), e.ltu(partial, borrow)));
  to.put(r);
  const of = e.and(e.xor(a, b), e.xor(a, r));
  e.flagsResult(r, e.or(cf, ofAf(e, a, b, r, of, bytes)), bytes);
}

/** INC and DEC: OF SF ZF AF PF as of adding or subtracting 1; CF stays. */
function step(by: 1 | -1): (e: Emitter) => void {
  return (e) => {
    const bytes = e.bytes(0);
    const to = e.open(0);
    const a = to.old;
    const r = e.let(e.add(a, by));
    const cf = e.let(e.cf());
    to.put(r);
    // The sign changed in the one direction in which it cannot without overflow.
    const of = by === 1 ? e.and(e.not(a), r) : e.and(a, e.not(r));
    const af = e.and(e.wrap(e.xor(a, r)), 0x10);
    e.flagsResult(r, e.or(cf, e.or(signAsOf(e, of, bytes), af)), bytes);
  };
}

function neg(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const zero = e.constant(typeOf(bytes), 0);
  const r = e.let(e.sub(zero, to.old));
  to.put(r);
  e.flagsSub(zero, to.old, r, bytes);
}

const inc = step(1);
const dec = step(-1);

export const arith: readonly Row[] = [
  ...group1('ADD', 0, add, { lock: true, cite: 'SDM 2A ADD' }),
  ...group1('ADC', 2, adc, { lock: true, cite: 'SDM 2A ADC' }),
  ...group1('SBB', 3, sbb, { lock: true, cite: 'SDM 2B SBB' }),
  ...group1('SUB', 5, sub, { lock: true, cite: 'SDM 2B SUB' }),
  ...group1('CMP', 7, cmp, { cite: 'SDM 2A CMP' }),
  { enc: 'FE /0', name: 'INC', ops: 'Eb', emit: inc, lock: true, cite: 'SDM 2A INC' },
  { enc: 'FF /0', name: 'INC', ops: 'Ev', emit: inc, lock: true, cite: 'SDM 2A INC' },
  { enc: '40+r', name: 'INC', ops: 'Zv', emit: inc, only: 'legacy', cite: 'SDM 2A INC' },
  { enc: 'FE /1', name: 'DEC', ops: 'Eb', emit: dec, lock: true, cite: 'SDM 2A DEC' },
  { enc: 'FF /1', name: 'DEC', ops: 'Ev', emit: dec, lock: true, cite: 'SDM 2A DEC' },
  { enc: '48+r', name: 'DEC', ops: 'Zv', emit: dec, only: 'legacy', cite: 'SDM 2A DEC' },
  { enc: 'F6 /3', name: 'NEG', ops: 'Eb', emit: neg, lock: true, cite: 'SDM 2B NEG' },
  { enc: 'F7 /3', name: 'NEG', ops: 'Ev', emit: neg, lock: true, cite: 'SDM 2B NEG' },
];
