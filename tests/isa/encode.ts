/** A random encoding of a row: operand size, register or memory form, addressing mode, immediates. */

import { type Candidate, parseRow, VEX_MAP } from '../../src/engine/decode/tables.ts';
import { widthBytes } from '../../src/engine/isa/operands.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import type { Random } from '../float/cases.ts';
import { AT } from './case.ts';
import { value } from './values.ts';

export interface Wish {
  readonly compatibility?: boolean;
  /** Operand sizes to choose from, where the row leaves a choice. */
  readonly sizes?: readonly (2 | 4 | 8)[];
  readonly form?: 'reg' | 'mem';
  readonly rep?: boolean;
}

/** An encoding; `aim` completes it. */
export interface Encoding {
  readonly row: Row;
  readonly size: 2 | 4 | 8;
  readonly addressSize: 4 | 8;
  readonly repeated: boolean;
  readonly memory: boolean;
  readonly lock: boolean;
  /** Number of the general register of operand i, if it is one. */
  readonly registers: readonly (number | undefined)[];
  readonly bytes: Uint8Array;
  /** Makes the memory operand's address `target`, by its registers or its displacement. */
  aim(target: bigint, gpr: bigint[]): void;
  /** The memory operand's address as the registers are now. */
  address(gpr: readonly bigint[]): bigint;
}

interface Addressing {
  readonly modrm: number;
  readonly tail: readonly number[];
  readonly rex: number;
  readonly base: number | undefined;
  readonly index: number | undefined;
  readonly scale: number;
  readonly disp: number;
  readonly relative: boolean;
  /** Where in `tail` a displacement that holds the whole address is. */
  readonly whole: number | undefined;
}

const bytesOf = (n: number | bigint, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((BigInt(n) >> BigInt(i * 8)) & 0xffn));

function randomAddressing(r: Random, long: boolean, addressSize: 4 | 8): Addressing {
  const registers = long ? 16 : 8;
  const none = { base: undefined, index: undefined, scale: 0, rex: 0, disp: 0 };
  const kind = r.below(10);
  // [disp32], which 64-bit code makes relative to RIP.
  if (kind === 0) return { ...none, modrm: 5, tail: [0, 0, 0, 0], relative: long, whole: 0 };
  if (kind === 1 && addressSize === 4 + (long ? 4 : 0)) {
    return { ...none, modrm: 4, tail: [0x25, 0, 0, 0, 0], relative: false, whole: 1 };
  }
  const base = r.below(registers);
  const needsSib = (base & 7) === 4;
  const useSib = needsSib || r.below(3) === 0;
  let index: number | undefined;
  if (useSib && r.below(4)) {
    index = r.below(registers);
    if (index === 4 || index === base) index = undefined;
  }
  const scale = index === undefined ? 0 : r.below(4);
  const mod = (base & 7) === 5 ? 1 + r.below(2) : r.below(3);
  const disp = mod === 0 ? 0 : mod === 1 ? r.below(256) - 128 : r.pick([0x1234, -0x7654, 0, 0x7f]);
  const sib = (scale << 6) | (((index ?? 4) & 7) << 3) | (base & 7);
  return {
    modrm: (mod << 6) | (useSib ? 4 : base & 7),
    tail: [...(useSib ? [sib] : []), ...bytesOf(disp, mod === 0 ? 0 : mod === 1 ? 1 : 4)],
    rex: (base >> 3) | ((index ?? 0) & 8 ? 2 : 0),
    base,
    index,
    scale,
    disp,
    relative: false,
    whole: undefined,
  };
}

const hasSize = (c: Candidate): boolean =>
  c.specs.some((s) => ['v', 'z', 'y', 'bs'].includes(s.width)) || c.specs.length === 0;

function chooseSize(r: Random, row: Row, c: Candidate, long: boolean, wish: Wish): 2 | 4 | 8 {
  if (c.w === 1) return 8;
  if (long && row.size === 'f64') return 8;
  if (!hasSize(c)) return 4;
  const fixed = c.prefix === 'NP' || c.prefix === '66' || c.vexL !== undefined;
  const wide = long && c.w === undefined;
  const all: (2 | 4 | 8)[] = [];
  if (!fixed) all.push(2);
  if (!(long && row.size === 'd64')) all.push(4);
  if (wide || row.size === 'd64') all.push(8);
  const possible = all.filter((s) => (long || s !== 8) && (wish.sizes ?? all).includes(s));
  return r.pick(possible.length ? possible : all);
}

function immediate(r: Random, letter: string, width: string, size: number): number[] | undefined {
  if (letter === 'J') return bytesOf(value(r, 8), width === 'b' ? 1 : Math.min(size, 4));
  if (letter !== 'I') return undefined;
  const bytes = width === 'bs' ? 1 : width === 'z' ? Math.min(size, 4) : widthBytes(width, size);
  return bytesOf(value(r, bytes), bytes);
}

/** VEX with what REX would say; in two bytes where that is possible, sometimes. SDM Vol. 2A §2.3.5. */
function vexBytes(r: Random, c: Candidate, rex: number, vvvv: number): number[] {
  const pp = { NP: 0, '66': 1, F3: 2, F2: 3 }[c.prefix!];
  const low = ((~vvvv & 15) << 3) | (c.vexL! << 2) | pp;
  const [first, w] = [(~rex & 7) << 5, (rex & 8) << 4];
  if (c.map === VEX_MAP && !w && !(rex & 3) && r.below(2)) return [0xc5, (first & 0x80) | low];
  return [0xc4, first | (c.map - VEX_MAP + 1), w | low];
}

export function encode(row: Row, r: Random, wish: Wish = {}): Encoding {
  const long = !wish.compatibility;
  const c = r.pick(parseRow(row, 0));
  const size = chooseSize(r, row, c, long, wish);
  const narrowAddress = long && r.below(8) === 0;
  const addressSize = long && !narrowAddress ? 8 : 4;
  const memory =
    c.specs.some((s) => s.letter === 'O') ||
    (c.hasModrm &&
      c.modrm === undefined &&
      (c.mod === 'mem' || (c.mod === 'any' && (wish.form ?? r.pick(['reg', 'mem'])) === 'mem')));
  const registerCount = long ? 16 : 8;
  const [regField, rm] = [r.below(registerCount), r.below(registerCount)];
  const reg = c.digit ?? regField;
  const z = c.specs.some((s) => s.letter === 'Z')
    ? (c.opcode & 7) | (long ? r.below(2) << 3 : 0)
    : 0;
  const addressing = memory && c.hasModrm ? randomAddressing(r, long, addressSize) : undefined;

  let rex = long && r.below(4) === 0 ? 0x40 : 0;
  if (size === 8 && row.size !== 'd64' && row.size !== 'f64') rex |= 0x48;
  if (c.w === 0) rex &= ~8;
  if (c.digit === undefined && reg >= 8 && c.hasModrm && c.modrm === undefined) rex |= 0x44;
  if (addressing?.rex) rex |= 0x40 | addressing.rex;
  if (c.hasModrm && !memory && c.modrm === undefined && rm >= 8) rex |= 0x41;
  if (z >= 8) rex |= 0x41;

  const lock = row.lock === true && memory && r.below(4) === 0;
  const repeated = row.rep !== undefined && (wish.rep ?? r.below(2) === 1);
  const prefixes: number[] = [];
  if (narrowAddress) prefixes.push(0x67);
  const vex = c.vexL !== undefined;
  const vvvv = c.vvvv < 0 ? 0 : r.below(registerCount);
  const operand66 = size === 2 && hasSize(c);
  if (operand66 || (c.prefix === '66' && !vex)) prefixes.push(0x66);
  if (lock) prefixes.push(0xf0);
  if (c.prefix === 'F2' && !vex) prefixes.push(0xf2);
  if (c.prefix === 'F3' && !vex) prefixes.push(0xf3);
  if (repeated) prefixes.push(r.pick([0xf2, 0xf3]));

  const out: number[] = [...prefixes];
  if (vex) out.push(...vexBytes(r, c, rex, vvvv), c.opcode);
  else {
    if (rex) out.push(rex);
    out.push(...[[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][c.map]!, c.opcode);
  }
  let tailAt = -1;
  if (c.modrm !== undefined) out.push(c.modrm);
  else if (addressing) {
    out.push(addressing.modrm | ((reg & 7) << 3));
    tailAt = out.length;
    out.push(...addressing.tail);
  } else if (c.hasModrm) out.push(0xc0 | ((reg & 7) << 3) | (rm & 7));
  let moffsAt = -1;
  for (const { letter, width } of c.specs) {
    if (letter === 'O') {
      moffsAt = out.length;
      out.push(...bytesOf(0, addressSize));
    }
    out.push(...(immediate(r, letter, width, size) ?? []));
  }
  const bytes = new Uint8Array(out);
  const mask = addressSize === 8 ? 64 : 32;

  const address = (gpr: readonly bigint[]): bigint => {
    const view = new DataView(bytes.buffer);
    if (moffsAt >= 0) {
      return addressSize === 8
        ? view.getBigUint64(moffsAt, true)
        : BigInt(view.getUint32(moffsAt, true));
    }
    if (!addressing) throw new Error(`${row.name}: no memory operand`);
    if (addressing.whole !== undefined) {
      const disp = BigInt(view.getInt32(tailAt + addressing.whole, true));
      return BigInt.asUintN(mask, disp + (addressing.relative ? BigInt(AT + bytes.length) : 0n));
    }
    return BigInt.asUintN(mask, gpr[addressing.base!]! + indexed(addressing, gpr));
  };

  const aim = (target: bigint, gpr: bigint[]): void => {
    const view = new DataView(bytes.buffer);
    if (moffsAt >= 0) {
      if (addressSize === 8) view.setBigUint64(moffsAt, target, true);
      else view.setUint32(moffsAt, Number(target & 0xffffffffn), true);
    } else if (addressing?.whole !== undefined) {
      const from = addressing.relative ? BigInt(AT + bytes.length) : 0n;
      view.setInt32(tailAt + addressing.whole, Number(BigInt.asIntN(32, target - from)), true);
    } else if (addressing) {
      const base = target - indexed(addressing, gpr);
      const high = addressSize === 4 && long ? gpr[addressing.base!]! & 0xffffffff00000000n : 0n;
      gpr[addressing.base!] = BigInt.asUintN(mask, base) | high;
    }
  };

  return {
    row,
    size,
    addressSize,
    repeated,
    memory,
    lock,
    registers: c.specs.map(({ letter }) =>
      letter === 'G'
        ? reg
        : letter === 'B'
          ? vvvv
          : letter === 'Z'
            ? z
            : !memory && 'ER'.includes(letter)
              ? rm
              : undefined,
    ),
    bytes,
    aim,
    address,
  };
}

function indexed(a: Addressing, gpr: readonly bigint[]): bigint {
  const index = a.index === undefined ? 0n : gpr[a.index]! << BigInt(a.scale);
  return index + BigInt(a.disp);
}
