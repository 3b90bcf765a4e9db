/**
 * Bits of a word: BT BTS BTR BTC BSF BSR POPCNT TZCNT LZCNT CRC32. SDM Vol. 2A/2B, by
 * name.
 */

import type { Val } from '../wasm/code.ts';
import { type Emitter, type Opened, typeOf } from './emitter.ts';
import { CF, ZF } from './flags.ts';
import { wrapOffset } from './move.ts';
import type { Row } from './row.ts';

type BitOp = (e: Emitter, old: Val, mask: Val) => Val;

/** Changes CF alone: processors leave the flags that the manual calls undefined. */
function setCarry(e: Emitter, bit: Val): void {
  e.setFlags(e.or(e.and(e.flagWord(), ~CF), bit));
}

/**
 * A bit offset in a register reaches beyond a memory operand: it is signed, and picks the word of
 * the operand's size in which the bit lies.
 */
function wordOfBit(e: Emitter, offset: Val, write: boolean): Val {
  const bytes = e.bytes(0);
  const shift = bytes === 8 ? 6 : bytes === 4 ? 5 : 4;
  const words = e.shrs(e.signed(offset, bytes), shift);
  const delta = e.shl(words, shift - 3);
  const at = e.let(wrapOffset(e, e.add(e.effective(), delta)));
  return e.linearOfOperandSegment(at, bytes, write);
}

function bitOp(change: BitOp | undefined): (e: Emitter) => void {
  return (e) => {
    const bytes = e.bytes(0);
    const given = e.value(1);
    const offset = bytes === 8 ? e.let(e.extu(given)) : given;
    const far = e.isMemory(0) && e.operand(1).kind === 'reg';
    const to = ((): Opened => {
      if (!far) return change ? e.open(0) : { old: e.value(0), put: () => {} };
      const at = wordOfBit(e, offset, change !== undefined);
      return change ? e.modify(at, bytes) : { old: e.loadAt(at, bytes), put: () => {} };
    })();
    const bit = e.let(e.and(offset, bytes * 8 - 1));
    const carry = e.let(e.and(e.wrap(e.shru(to.old, bit)), 1));
    if (change) to.put(change(e, to.old, e.shl(e.constant(typeOf(bytes), 1), bit)));
    setCarry(e, carry);
  };
}

/** BSF and BSR leave the destination as it is where the source is zero; ZF tells. */
function scan(index: (e: Emitter, value: Val, bytes: number) => Val): (e: Emitter) => void {
  return (e) => {
    const bytes = e.bytes(0);
    const value = e.value(1);
    e.if(e.ne(value, 0), () => e.assign(0, index(e, value, bytes)));
    e.flagsLogic(value, bytes);
  };
}

const bsf = scan((e, value) => e.ctz(value));
const bsr = scan((e, value, bytes) => e.xor(e.clz(value), bytes === 8 ? 63 : 31));

/** TZCNT and LZCNT: CF for a source of zero, ZF for a result of zero. */
function count(of: (e: Emitter, value: Val, bytes: number) => Val): (e: Emitter) => void {
  return (e) => {
    const bytes = e.bytes(0);
    const value = e.value(1);
    const r = e.let(of(e, value, bytes));
    e.assign(0, r);
    e.setFlags(e.or(e.eqz(value), e.shl(e.eqz(r), 6)));
  };
}

// A bit above a 16-bit operand stops the count there.
const tzcnt = count((e, value, bytes) => e.ctz(bytes === 2 ? e.or(value, 0x10000) : value));
const lzcnt = count((e, value, bytes) => (bytes === 2 ? e.sub(e.clz(value), 16) : e.clz(value)));

function popcnt(e: Emitter): void {
  const value = e.value(1);
  e.assign(0, e.popcnt(value));
  e.setFlags(e.select(e.eqz(value), e.i32(ZF), e.i32(0)));
}

/** The Castagnoli polynomial 11EDC6F41H, bits reflected. */
const CRC32C = 0x82f63b78;

function crcOf(e: Emitter, crc: Val, data: Val, bits: number): Val {
  const state = e.var('i32', e.xor(crc, data));
  const left = e.var('i32', bits);
  e.loop((again) => {
    const feedback = e.and(e.sub(e.i32(0), e.and(e.get(state), 1)), CRC32C);
    e.set(state, e.xor(e.shru(e.get(state), 1), feedback));
    e.set(left, e.sub(e.get(left), 1));
    e.brIf(again, e.get(left));
  });
  return e.get(state);
}

function crc32(e: Emitter): void {
  const bytes = e.bytes(1);
  const data = e.value(1);
  const start = e.let(e.wrap(e.value(0)));
  let crc = crcOf(e, start, e.wrap(data), Math.min(bytes, 4) * 8);
  if (bytes === 8) crc = crcOf(e, crc, e.wrap(e.shru(data, 32)), 32);
  e.assign(0, e.bytes(0) === 8 ? e.extu(crc) : crc);
}

/** A bit instruction's two encodings: `Ev,Gv` and `Ev,Ib`. */
function bitRows(name: string, opcode: string, n: number, change: BitOp | undefined): Row[] {
  const row = { name, emit: bitOp(change), undef: 'OSAP', cite: `SDM 2A ${name}` };
  const lock = change ? { lock: true as const } : {};
  return [
    { enc: `0F ${opcode} /r`, ops: 'Ev,Gv', ...row, ...lock },
    { enc: `0F BA /${n} ib`, ops: 'Ev,Ib', ...row, ...lock },
  ];
}

const SCAN = { ops: 'Gv,Ev', undef: 'OSAPC' } as const;
const COUNT = { ops: 'Gv,Ev', undef: 'OSAP' } as const;
const CRC32 = { name: 'CRC32', emit: crc32, feature: 'SSE4.2', cite: 'SDM 2A CRC32' } as const;

export const bit: readonly Row[] = [
  ...bitRows('BT', 'A3', 4, undefined),
  ...bitRows('BTS', 'AB', 5, (e, old, mask) => e.or(old, mask)),
  ...bitRows('BTR', 'B3', 6, (e, old, mask) => e.and(old, e.not(mask))),
  ...bitRows('BTC', 'BB', 7, (e, old, mask) => e.xor(old, mask)),
  { enc: '0F BC /r', name: 'BSF', emit: bsf, ...SCAN, cite: 'SDM 2A BSF' },
  { enc: '0F BD /r', name: 'BSR', emit: bsr, ...SCAN, cite: 'SDM 2A BSR' },
  // Without these features the prefix is ignored, and BSF and BSR run.
  {
    enc: 'F3 0F BC /r',
    name: 'TZCNT',
    emit: tzcnt,
    ...COUNT,
    feature: 'BMI1',
    cite: 'SDM 2B TZCNT',
  },
  {
    enc: 'F3 0F BD /r',
    name: 'LZCNT',
    emit: lzcnt,
    ...COUNT,
    feature: 'LZCNT',
    cite: 'SDM 2A LZCNT',
  },
  {
    enc: 'F3 0F B8 /r',
    name: 'POPCNT',
    ops: 'Gv,Ev',
    emit: popcnt,
    feature: 'POPCNT',
    cite: 'SDM 2B POPCNT',
  },
  { enc: 'F2 0F 38 F0 /r', ops: 'Gy,Eb', ...CRC32 },
  { enc: 'F2 0F 38 F1 /r', ops: 'Gy,Ev', ...CRC32 },
];
