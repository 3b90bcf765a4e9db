/** x87 states and operands for one instruction, and running them through our own executor. */

import { executeX87, type X87Environment } from '../../src/engine/float/x87/execute.ts';
import { loadAll, storeAll } from '../../src/engine/float/x87/image.ts';
import { createX87State, type X87State } from '../../src/engine/float/x87/state.ts';
import { f32Bits, f64Bits, f80Bits, near, type Random, significand } from './cases.ts';

/** Layout of a case and of a result; see host/x87.c. */
export const RECORD = 248;
export const EFLAGS_AT = 2;
export const TRAP_AT = 4;
export const IMAGE_AT = 8;
export const FCW_AT = 8;
export const FSW_AT = 12;
export const AX_AT = 116;
export const MEM_AT = 120;
/** At TRAP_AT of a case: run the instruction with an operand-size prefix. */
export const NARROW = 1;
const IMAGE_SIZE = 108;
export const REGISTERS_AT = IMAGE_AT + 28;
const EFLAGS = 0x8d5;
const FORMAT = { wide: true, real: false };

function put80(view: DataView, at: number, bits: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, bits), true);
  view.setUint16(at + 8, Number(bits >> 64n), true);
}

/** FCW with random RC and PC; masks are mostly all set, else any. */
function controlWord(r: Random): number {
  const masks = r.below(3) ? 0x3f : r.below(64);
  return 0x40 | (r.below(16) << 8) | masks;
}

function integerBits(r: Random, width: number): bigint {
  if (r.below(4) === 0) return BigInt(r.below(3) - 1);
  return BigInt.asIntN(r.below(width) + 1, significand(r, width));
}

/** Values that the integer stores and FRNDINT care about: around ties and around their limits. */
function nearInteger(r: Random): bigint {
  const exponent = 16383 - 2 + r.below(70);
  const sign = r.below(2) << 15;
  return (BigInt(sign | exponent) << 64n) | (1n << 63n) | significand(r, 63);
}

/** Small integers, for FSCALE. */
function smallInteger(r: Random): bigint {
  const exponent = 16383 + r.below(17);
  return (BigInt((r.below(2) << 15) | exponent) << 64n) | (1n << 63n) | significand(r, 63);
}

function register(r: Random, previous: bigint): bigint {
  switch (r.below(6)) {
    case 0:
      return near(r, previous, 63, 80);
    case 1:
      return nearInteger(r);
    case 2:
      return smallInteger(r);
    default:
      return f80Bits(r);
  }
}

const bcd = (r: Random): bigint => {
  let bits = r.below(2) ? 1n << 79n : 0n;
  for (let digit = 0n; digit < 18n; digit++) bits |= BigInt(r.below(10)) << (4n * digit);
  return bits;
};

/** An operand of the type that this opcode loads; stores do not look at it. */
function memoryOperand(r: Random, opcode: number, reg: number): bigint {
  switch (opcode) {
    case 0xd8:
      return f32Bits(r);
    case 0xd9:
      return reg === 5 ? BigInt(r.u32() & 0xffff) : f32Bits(r);
    case 0xda:
      return BigInt.asUintN(32, integerBits(r, 32));
    case 0xdb:
      return reg === 5 ? f80Bits(r) : BigInt.asUintN(32, integerBits(r, 32));
    case 0xdc:
    case 0xdd:
      return f64Bits(r);
    case 0xde:
      return BigInt.asUintN(16, integerBits(r, 16));
    default:
      return reg === 4 ? bcd(r) : BigInt.asUintN(64, integerBits(r, 64));
  }
}

/** How the two topmost registers are drawn, where the general mix would seldom meet the domain. */
export type Shape = (r: Random) => readonly bigint[];

function writeImage(r: Random, view: DataView, at: number, shape?: Shape): void {
  const fcw = controlWord(r);
  // No exception may be pending before the instruction.
  const fsw = (r.u32() & 0x7f00) | (r.below(128) & (0x40 | (fcw & 0x3f)));
  const top = (fsw >> 11) & 7;
  let tags = 0;
  const emptiness = r.below(4);
  for (let i = 0; i < 8; i++) {
    const empty = emptiness === 0 ? r.below(2) === 0 : emptiness === 1 ? false : i >= 4;
    if (empty) tags |= 3 << (2 * ((top + i) & 7));
  }
  view.setUint32(at, fcw, true);
  view.setUint32(at + 4, fsw, true);
  view.setUint32(at + 8, tags, true);
  view.setUint32(at + 12, r.u32(), true);
  view.setUint32(at + 16, r.u32() & 0x7ffffff, true);
  view.setUint32(at + 20, r.u32(), true);
  view.setUint32(at + 24, r.u32() & 0xffff, true);
  let previous = f80Bits(r);
  const shaped = shape?.(r) ?? [];
  for (let i = 0; i < 8; i++) {
    previous = shaped[i] ?? register(r, previous);
    put80(view, at + 28 + 10 * i, previous);
  }
}

export function makeCase(
  r: Random,
  view: DataView,
  at: number,
  opcode: number,
  modrm: number,
  shape?: Shape,
): void {
  view.setUint8(at, opcode);
  view.setUint8(at + 1, modrm);
  view.setUint16(at + EFLAGS_AT, r.u32() & EFLAGS, true);
  writeImage(r, view, at + IMAGE_AT, shape);
  if (modrm >= 0xc0) return;
  const reg = (modrm >> 3) & 7;
  if ((opcode === 0xd9 || opcode === 0xdd) && reg === 4) writeImage(r, view, at + MEM_AT);
  else put80(view, at + MEM_AT, memoryOperand(r, opcode, reg));
}

/** The state that a case or a result holds. */
export function stateOf(view: DataView, at: number): X87State {
  const s = createX87State();
  loadAll(s, FORMAT, new Uint8Array(view.buffer, view.byteOffset + at + IMAGE_AT, IMAGE_SIZE));
  return s;
}

/** Runs a case in place, as the host harness does. */
export function runOurs(view: DataView, at: number): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, RECORD);
  const opcode = view.getUint8(at);
  const modrm = view.getUint8(at + 1);
  const narrow = view.getUint32(at + TRAP_AT, true) === NARROW;
  const s = stateOf(view, at);
  const env: X87Environment = {
    eflags: view.getUint16(at + EFLAGS_AT, true),
    read: (size) => {
      let value = 0n;
      for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[MEM_AT + i]!);
      return value;
    },
    write: (value, size) => {
      for (let i = 0; i < size; i++) {
        bytes[MEM_AT + i] = Number((value >> BigInt(8 * i)) & 0xffn);
      }
    },
    readBlock: (size) => bytes.slice(MEM_AT, MEM_AT + size),
    writeBlock: (block) => bytes.set(block, MEM_AT),
    setAx: (value) => view.setUint32(at + AX_AT, value, true),
  };
  const insn = { opcode, modrm, ip: 0n, cs: 0, dp: 0n, ds: 0 };
  const format = { wide: !narrow, real: false };
  view.setUint32(at + TRAP_AT, 0, true);
  if (!executeX87(s, { ...insn, format }, env)) {
    view.setUint32(at + TRAP_AT, 4, true); // SIGILL
    return;
  }
  view.setUint16(at + EFLAGS_AT, env.eflags & EFLAGS, true);
  bytes.set(storeAll(s, FORMAT), IMAGE_AT);
}

/** What of a record is compared, as text. FIP and FDP differ by nature, but for control instructions. */
export function describeRecord(view: DataView, at: number, pointers: boolean): string {
  const trap = view.getUint32(at + TRAP_AT, true);
  if (trap !== 0) return `signal ${trap}`;
  const hex = (n: number | bigint, width: number): string => n.toString(16).padStart(width, '0');
  const word = (offset: number): string => hex(view.getUint16(at + IMAGE_AT + offset, true), 4);
  const registers: string[] = [];
  for (let i = 0; i < 8; i++) registers.push(describeRegister(view, at, i));
  const parts = [`fcw ${word(0)} fsw ${word(4)} ftw ${word(8)} fop ${word(18)}`];
  if (pointers) parts.push(hex(view.getBigUint64(at + IMAGE_AT + 12, true), 16));
  parts.push(`eflags ${hex(view.getUint16(at + EFLAGS_AT, true), 4)}`);
  if (view.getUint16(at, true) === 0xe0df) parts.push(`ax ${view.getUint16(at + AX_AT, true)}`);
  parts.push(...registers);
  if (view.getUint8(at + 1) < 0xc0) {
    const mem = new Uint8Array(view.buffer, view.byteOffset + at + MEM_AT, 128);
    parts.push(
      `mem ${Buffer.from(mem)
        .toString('hex')
        .replace(/(00)+$/, '')}`,
    );
  }
  return parts.join(' ');
}

export function describeRegister(view: DataView, at: number, i: number): string {
  const from = at + REGISTERS_AT + 10 * i;
  const high = view
    .getUint16(from + 8, true)
    .toString(16)
    .padStart(4, '0');
  return `${high}_${view.getBigUint64(from, true).toString(16).padStart(16, '0')}`;
}
