/** Decimal adjustment, outside 64-bit mode: AAA AAS AAM AAD DAA DAS. SDM Vol. 2A, by name. */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { DE, type Emitter } from './emitter.ts';
import { AF, CF } from './flags.ts';
import type { Row } from './row.ts';

/** Whether the low digit of AL needs adjusting: above 9, or a carry out of it. */
function lowDigit(e: Emitter, al: Val): Val {
  const half = e.and(e.flagWord(), AF);
  return e.let(e.or(e.gtu(e.and(al, 0xf), 9), e.ne(half, 0)));
}

/** AAA and AAS: one unpacked digit, with the carry going into or out of AH. */
function unpacked(sign: 1 | -1): (e: Emitter) => void {
  return (e) => {
    const ax = e.read(L.RAX, 2);
    const adjust = lowDigit(e, e.and(ax, 0xff));
    // AAA adds 106H to AX; AAS takes 6 from AX and then 1 from AH.
    const moved = e.add(ax, e.select(adjust, e.i32(sign * 0x106), e.i32(0)));
    const r = e.let(e.and(moved, 0xff0f));
    e.write(L.RAX, 2, r);
    e.flagsResult(r, e.select(adjust, e.i32(AF | CF), e.i32(0)), 1);
  };
}

/** DAA and DAS: two packed digits. */
function packed(sign: 1 | -1): (e: Emitter) => void {
  return (e) => {
    const al = e.read(L.RAX, 1);
    const carry = e.let(e.cf());
    const low = lowDigit(e, al);
    const high = e.let(e.or(e.gtu(al, 0x99), carry));
    const delta = e.add(e.select(low, e.i32(6), e.i32(0)), e.select(high, e.i32(0x60), e.i32(0)));
    const r = e.let(e.and(sign === 1 ? e.add(al, delta) : e.sub(al, delta), 0xff));
    // The low digit of DAS borrows from the high one below 6; DAA's cannot carry but with `high`.
    const borrow = sign === 1 ? e.i32(0) : e.and(low, e.ltu(al, 6));
    const cf = e.or(high, borrow);
    e.write(L.RAX, 1, r);
    e.flagsResult(r, e.or(cf, e.shl(low, 4)), 1);
  };
}

function aam(e: Emitter): void {
  const base = e.value(0);
  e.raiseIf(e.eqz(base), DE);
  const al = e.read(L.RAX, 1);
  const digit = e.let(e.remu(al, base));
  e.write(L.RAX, 2, e.or(e.shl(e.divu(al, base), 8), digit));
  e.flagsLogic(digit, 1);
}

function aad(e: Emitter): void {
  const base = e.value(0);
  const ax = e.read(L.RAX, 2);
  const sum = e.add(e.and(ax, 0xff), e.mul(e.shru(ax, 8), base));
  const r = e.let(e.and(sum, 0xff));
  e.write(L.RAX, 2, r);
  e.flagsLogic(r, 1);
}

export const decimal: readonly Row[] = (
  [
    { enc: '37', name: 'AAA', ops: '', emit: unpacked(1), undef: 'OSZP', cite: 'SDM 2A AAA' },
    { enc: '3F', name: 'AAS', ops: '', emit: unpacked(-1), undef: 'OSZP', cite: 'SDM 2A AAS' },
    { enc: '27', name: 'DAA', ops: '', emit: packed(1), undef: 'O', cite: 'SDM 2A DAA' },
    { enc: '2F', name: 'DAS', ops: '', emit: packed(-1), undef: 'O', cite: 'SDM 2A DAS' },
    { enc: 'D4 ib', name: 'AAM', ops: 'Ib', emit: aam, undef: 'OAC', cite: 'SDM 2A AAM' },
    { enc: 'D5 ib', name: 'AAD', ops: 'Ib', emit: aad, undef: 'OAC', cite: 'SDM 2A AAD' },
  ] as const
).map((row): Row => ({ ...row, only: 'legacy' }));
