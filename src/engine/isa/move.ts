/**
 * Data movement that changes no flags: MOV (but for segment, control and debug registers) MOVZX MOVSX MOVSXD
 * MOVBE BSWAP LEA XLAT CMOVcc SETcc. SDM Vol. 2A/2B, by name.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { type Emitter, UD } from './emitter.ts';
import type { Row } from './row.ts';

function mov(e: Emitter): void {
  e.assign(0, e.value(1));
}

function lea(e: Emitter): void {
  const at = e.effective();
  e.assign(0, e.truncate(at, e.bytes(0)));
}

/** A narrower source as a value of the destination's type. */
function zeroExtended(e: Emitter): void {
  const value = e.value(1);
  e.assign(0, e.bytes(0) === 8 ? e.extu(value) : value);
}

function signExtended(e: Emitter): void {
  const wide = e.signed(e.value(1), e.bytes(1));
  e.assign(0, e.bytes(0) === 8 ? wide : e.wrap(wide));
}

/** The bytes of a 2-, 4- or 8-byte value in reverse. The value is `let`. */
export function byteSwap(e: Emitter, value: Val, bytes: number): Val {
  if (bytes === 2) return e.or(e.and(e.shru(value, 8), 0xff), e.shl(value, 8));
  if (bytes === 4) {
    return e.or(e.and(e.rotl(value, 8), 0x00ff00ff), e.and(e.rotr(value, 8), 0xff00ff00));
  }
  const pairs = e.i64(0x00ff00ff00ff00ffn);
  const bytesSwapped = e.let(e.or(e.shl(e.and(value, pairs), 8), e.and(e.shru(value, 8), pairs)));
  const words = e.i64(0x0000ffff0000ffffn);
  const wordsSwapped = e.or(
    e.shl(e.and(bytesSwapped, words), 16),
    e.and(e.shru(bytesSwapped, 16), words),
  );
  return e.rotl(wordsSwapped, 32);
}

/** With a 16-bit operand the result is undefined; processors give zero. */
function bswap(e: Emitter): void {
  const bytes = e.bytes(0);
  e.assign(0, bytes === 2 ? e.i32(0) : byteSwap(e, e.value(0), bytes));
}

function undefinedOpcode(e: Emitter): void {
  e.raise(UD);
}

function movbe(e: Emitter): void {
  e.assign(0, byteSwap(e, e.value(1), e.bytes(0)));
}

/** An offset cut to the address size. */
export function wrapOffset(e: Emitter, offset: Val): Val {
  const { addressSize } = e.variant;
  if (addressSize === 8) return offset;
  return e.and(offset, addressSize === 4 ? 0xffffffff : 0xffff);
}

function xlat(e: Emitter): void {
  const { addressSize } = e.variant;
  const table = e.extu(e.read(L.RBX, addressSize));
  const at = e.let(wrapOffset(e, e.add(table, e.extu(e.read(L.RAX, 1)))));
  e.write(L.RAX, 1, e.loadAt(e.linearOfOperandSegment(at, 1, false), 1));
}

/**
 * The source is read whatever the condition, so that it may fault, and a 32-bit destination is
 * written whatever the condition, which clears its upper half.
 */
function cmov(cc: number): (e: Emitter) => void {
  return (e) => {
    const value = e.value(1);
    const old = e.value(0);
    e.assign(0, e.select(e.condition(cc), value, old));
  };
}

function set(cc: number): (e: Emitter) => void {
  return (e) => e.assign(0, e.let(e.condition(cc)));
}

const CONDITIONS = 'O NO B NB Z NZ BE NBE S NS P NP L NL LE NLE'.split(' ');

/** One row for each of the sixteen conditions: `opcode` is that of condition 0. */
export function conditional(
  opcode: number,
  row: (enc: string, condition: string, cc: number) => Row,
): Row[] {
  return CONDITIONS.map((condition, cc) => {
    const byte = (opcode + cc).toString(16).padStart(2, '0').toUpperCase();
    return row(byte, condition, cc);
  });
}

const MOV = { name: 'MOV', emit: mov, cite: 'SDM 2B MOV' } as const;
const MOVZX = { name: 'MOVZX', emit: zeroExtended, cite: 'SDM 2B MOVZX' } as const;
const MOVSX = { name: 'MOVSX', emit: signExtended, cite: 'SDM 2B MOVSX/MOVSXD' } as const;
const MOVBE = { name: 'MOVBE', emit: movbe, feature: 'MOVBE', cite: 'SDM 2B MOVBE' } as const;

export const move: readonly Row[] = [
  { enc: '88 /r', ops: 'Eb,Gb', ...MOV },
  { enc: '89 /r', ops: 'Ev,Gv', ...MOV },
  { enc: '8A /r', ops: 'Gb,Eb', ...MOV },
  { enc: '8B /r', ops: 'Gv,Ev', ...MOV },
  { enc: 'A0', ops: 'AL,Ob', ...MOV },
  { enc: 'A1', ops: 'rAX,Ov', ...MOV },
  { enc: 'A2', ops: 'Ob,AL', ...MOV },
  { enc: 'A3', ops: 'Ov,rAX', ...MOV },
  { enc: 'B0+r ib', ops: 'Zb,Ib', ...MOV },
  { enc: 'B8+r', ops: 'Zv,Iv', ...MOV },
  { enc: 'C6 /0 ib', ops: 'Eb,Ib', ...MOV },
  { enc: 'C7 /0 iz', ops: 'Ev,Iz', ...MOV },
  { enc: '0F B6 /r', ops: 'Gv,Eb', ...MOVZX },
  { enc: '0F B7 /r', ops: 'Gv,Ew', ...MOVZX },
  { enc: '0F BE /r', ops: 'Gv,Eb', ...MOVSX },
  { enc: '0F BF /r', ops: 'Gv,Ew', ...MOVSX },
  {
    enc: '63 /r',
    name: 'MOVSXD',
    ops: 'Gv,Ed',
    emit: signExtended,
    only: '64',
    cite: 'SDM 2B MOVSX/MOVSXD',
  },
  { enc: '0F 38 F0 /r', ops: 'Gv,Mv', ...MOVBE },
  { enc: '0F 38 F1 /r', ops: 'Mv,Gv', ...MOVBE },
  // F2 makes it CRC32; F3 makes it nothing.
  {
    enc: 'F3 0F 38 F0 /r',
    ops: 'Gv,Ev',
    name: 'UD',
    emit: undefinedOpcode,
    ends: true,
    cite: 'SDM 2D A.4',
  },
  {
    enc: 'F3 0F 38 F1 /r',
    ops: 'Ev,Gv',
    name: 'UD',
    emit: undefinedOpcode,
    ends: true,
    cite: 'SDM 2D A.4',
  },
  { enc: '0F C8+r', name: 'BSWAP', ops: 'Zv', emit: bswap, cite: 'SDM 2A BSWAP' },
  { enc: '8D /r', name: 'LEA', ops: 'Gv,M', emit: lea, cite: 'SDM 2A LEA' },
  { enc: 'D7', name: 'XLAT', ops: '', emit: xlat, cite: 'SDM 2C XLAT/XLATB' },
  ...conditional(
    0x40,
    (byte, condition, cc): Row => ({
      enc: `0F ${byte} /r`,
      name: `CMOV${condition}`,
      ops: 'Gv,Ev',
      emit: cmov(cc),
      cite: 'SDM 2A CMOVcc',
    }),
  ),
  ...conditional(
    0x90,
    (byte, condition, cc): Row => ({
      enc: `0F ${byte} /r`,
      name: `SET${condition}`,
      ops: 'Eb',
      emit: set(cc),
      cite: 'SDM 2B SETcc',
    }),
  ),
];
