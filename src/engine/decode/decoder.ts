/**
 * Bytes to `Instruction`: prefixes, REX, ModRM, SIB, displacement, immediates. Pure; the tables are
 * the rows. SDM Vol. 2A chapter 2.
 */

import type { RepPrefix } from '../isa/emitter.ts';
import { NM, UD } from '../isa/emitter.ts';
import { widthBytes } from '../isa/operands.ts';
import type { Row } from '../isa/row.ts';
import * as L from '../vcpu/layout.ts';
import type { Instruction } from './instruction.ts';
import type { Mode } from './mode.ts';
import type { Form } from './record.ts';
import { buildTable, type Candidate, type OpcodeTable, VEX_MAP } from './tables.ts';

/** No instruction here: an exception, and how many bytes were looked at. */
export interface DecodeFault {
  readonly fault: number;
  readonly length: number;
}

export type Decoded = Instruction | DecodeFault | 'more';

export const LENGTH_MAX = 15;
const GP = 13;

const SEGMENT_PREFIX: Record<number, number> = {
  38: L.ES,
  46: L.CS,
  54: L.SS,
  62: L.DS,
  100: L.FS,
  101: L.GS,
};

const gprOffset = (n: number): number => L.GPR + n * 8;

/** 16-bit addressing: base and index by ModRM.rm. SDM Vol. 2A Table 2-1. */
const BASE16 = [L.RBX, L.RBX, L.RBP, L.RBP, L.RSI, L.RDI, L.RBP, L.RBX];
const INDEX16 = [L.RSI, L.RDI, L.RSI, L.RDI, L.ZERO, L.ZERO, L.ZERO, L.ZERO];

export class Decoder {
  readonly #table: OpcodeTable;

  constructor(rows: readonly Row[], features: (feature: string) => boolean = () => true) {
    this.#table = buildTable(rows, features);
  }

  /**
   * Decodes at `bytes[at]`; looks at no byte beyond `end`. `pageOffset` is the offset in its page,
   * which RIP-relative displacements are made relative to. 'more': the bytes end too early.
   */
  decode(bytes: Uint8Array, at: number, end: number, mode: Mode, pageOffset: number): Decoded {
    const long = mode.codeSize === 8;
    const start = at;
    let p = at;
    let has66 = false;
    let has67 = false;
    let rep = 0;
    let lock = false;
    let override = -1;
    let rex = 0;
    for (;;) {
      if (p - start >= LENGTH_MAX) return { fault: GP, length: LENGTH_MAX };
      if (p >= end) return 'more';
      const b = bytes[p]!;
      if (b === 0x66) has66 = true;
      else if (b === 0x67) has67 = true;
      else if (b === 0xf0) lock = true;
      else if (b === 0xf2 || b === 0xf3) rep = b;
      else if (SEGMENT_PREFIX[b] !== undefined) {
        const seg = SEGMENT_PREFIX[b];
        // In 64-bit mode the four flat segments' prefixes are ignored, even after FS or GS.
        if (!long || seg >= L.FS) override = seg;
      } else if (long && (b & 0xf0) === 0x40) {
        rex = b;
        p++;
        // REX counts only directly before the opcode.
        if (p < end && isPrefix(bytes[p]!, long)) {
          rex = 0;
          continue;
        }
        break;
      } else break;
      p++;
    }
    const byte = (): number => {
      if (p < end) return bytes[p++]!;
      p = end + 1;
      return -1;
    };
    let opcode = byte();
    let map = 0;
    if (opcode === 0x0f) {
      opcode = byte();
      map = 1;
      if (opcode === 0x38 || opcode === 0x3a) {
        map = opcode === 0x38 ? 2 : 3;
        opcode = byte();
      }
    }
    if (opcode < 0) return short(start, end);
    // VEX, which before 64-bit mode is LES or LDS unless a register operand would make that #UD.
    let vexL = 0;
    let vvvv = 0;
    let vex = false;
    if ((opcode === 0xc5 || opcode === 0xc4) && map === 0) {
      if (p >= end) return short(start, end);
      vex = long || bytes[p]! >= 0xc0;
    }
    if (vex) {
      const prefixed = has66 || rep !== 0 || lock || rex !== 0;
      // C5 holds R of the first byte of C4 and all of its second one but W.
      const first = opcode === 0xc4 ? byte() : (bytes[p]! & 0x80) | 0x61;
      const second = opcode === 0xc4 ? byte() : byte() & 0x7f;
      const next = byte();
      if (next < 0) return short(start, end);
      const known = (first & 31) >= 1 && (first & 31) <= 3;
      if (prefixed || !known) return { fault: UD, length: Math.min(p - start, LENGTH_MAX) };
      map = VEX_MAP - 1 + (first & 31);
      opcode = next;
      vexL = (second >> 2) & 1;
      vvvv = ~(second >> 3) & 15;
      has66 = (second & 3) === 1;
      rep = [0, 0, 0xf3, 0xf2][second & 3]!;
      rex = long ? 0x40 | ((~first >> 5) & 7) | ((second >> 4) & 8) : 0;
    }
    const list = this.#table[(map << 8) | opcode]!;
    const modrmByte = p < end ? bytes[p]! : -1;
    let found: Candidate | undefined;
    for (const c of list) {
      if (c.row.only !== undefined && (c.row.only === '64') !== long) continue;
      if (c.prefix !== undefined && !prefixMatches(c.prefix, has66, rep)) continue;
      if (c.w !== undefined && c.w !== (rex >> 3) % 2) continue;
      if (c.withoutRexB && rex & 1) continue;
      if (vex && (c.vexL !== vexL || (c.vvvv < 0 && vvvv !== 0))) continue;
      if (c.hasModrm) {
        if (modrmByte < 0) return short(start, end);
        if (c.modrm !== undefined && c.modrm !== modrmByte) continue;
        if (c.digit !== undefined && c.digit !== ((modrmByte >> 3) & 7)) continue;
        if (c.mod === 'mem' && modrmByte >= 0xc0) continue;
        if (c.mod === 'reg' && modrmByte < 0xc0) continue;
      }
      found = c;
      break;
    }
    if (!found) return { fault: UD, length: Math.min(p - start, LENGTH_MAX) };
    const { row, specs } = found;

    const w = (rex & 8) !== 0;
    const operand66 = has66 && found.prefix !== '66';
    let size: 2 | 4 | 8;
    if (long) {
      if (row.size === 'f64') size = 8;
      else if (row.size === 'd64') size = operand66 && !w ? 2 : 8;
      else size = w ? 8 : operand66 ? 2 : 4;
    } else {
      size = (mode.codeSize === 2) !== operand66 ? 2 : 4;
      // A mandatory prefix is not a size: SSE instructions are the same in 16-bit code.
      if (found.prefix === '66' || found.prefix === 'NP' || vex) size = 4;
    }
    const addressSize: 2 | 4 | 8 = long ? (has67 ? 4 : 8) : (mode.codeSize === 2) !== has67 ? 2 : 4;

    let mod = 0;
    let reg = 0;
    let rm = 0;
    let base: number = L.ZERO;
    let index: number = L.ZERO;
    let scale = 0;
    let disp = 0;
    let stackDefault = false;
    let ripRelative = false;
    let memory = false;
    if (found.hasModrm) {
      const modrm = byte();
      mod = found.modIgnored ? 3 : modrm >> 6;
      reg = ((modrm >> 3) & 7) | ((rex & 4) << 1);
      rm = modrm & 7;
      memory = mod !== 3;
      if (!memory) {
        rm |= (rex & 1) << 3;
      } else if (addressSize === 2) {
        base = BASE16[rm]!;
        index = INDEX16[rm]!;
        stackDefault = rm === 2 || rm === 3 || rm === 6;
        if (mod === 0 && rm === 6) {
          base = L.ZERO;
          stackDefault = false;
          disp = ((byte() | (byte() << 8)) << 16) >> 16;
        } else if (mod === 1) disp = (byte() << 24) >> 24;
        else if (mod === 2) disp = ((byte() | (byte() << 8)) << 16) >> 16;
      } else {
        let b = rm;
        if (rm === 4) {
          const sib = byte();
          scale = sib >> 6;
          const x = ((sib >> 3) & 7) | ((rex & 2) << 2);
          if (x !== 4) index = gprOffset(x);
          else scale = 0;
          b = sib & 7;
        }
        if (b === 5 && mod === 0) {
          // disp32 without base; relative to RIP in 64-bit mode unless there was a SIB byte.
          disp = byte() | (byte() << 8) | (byte() << 16) | (byte() << 24);
          ripRelative = long && rm !== 4;
        } else {
          b |= (rex & 1) << 3;
          base = gprOffset(b);
          stackDefault = b === 4 || b === 5;
          if (mod === 1) disp = (byte() << 24) >> 24;
          else if (mod === 2) disp = byte() | (byte() << 8) | (byte() << 16) | (byte() << 24);
        }
      }
    }

    let imm = 0n;
    let imm2 = 0;
    let immediates = 0;
    const { absolute } = found;
    for (const spec of found.immediates) {
      const bytesWanted = immediateBytes(spec.letter, spec.width, size, addressSize);
      // The low 32 bits as a number: a BigInt for every byte would cost more than all the rest.
      let low = 0;
      let high = 0;
      for (let i = 0; i < bytesWanted; i++) {
        const b = byte() & 0xff;
        if (i < 4) low |= b << (8 * i);
        else high |= b << (8 * i - 32);
      }
      let value: bigint;
      if (bytesWanted === 8) value = wide(high, low, spec.letter);
      else if (spec.letter === 'O') value = BigInt(low >>> 0);
      else value = BigInt((low << (32 - 8 * bytesWanted)) >> (32 - 8 * bytesWanted));
      if (immediates++ === 0) imm = value;
      else imm2 = Number(value);
      if (spec.letter === 'A') imm2 = byte() | (byte() << 8);
    }
    if (p > end) return short(start, end);
    const length = p - start;
    if (length > LENGTH_MAX) return { fault: GP, length: LENGTH_MAX };
    if (lock && !(row.lock && memory)) return { fault: UD, length };
    const denied = unitFault(row, mode);
    if (denied) return { fault: denied, length };

    if (ripRelative) {
      base = L.RIP_PAGE;
      disp = (disp + pageOffset + length) | 0;
    }
    memory ||= absolute;
    const stackFault = memory ? override < 0 && stackDefault : row.stack === true;
    const segment = override >= 0 ? override : stackDefault ? L.SS : L.DS;
    const form: Form = !memory
      ? 'reg'
      : long
        ? addressSize === 4
          ? 'wrap'
          : index === L.ZERO && segment < L.FS
            ? 'base'
            : 'full'
        : addressSize === 2
          ? 'seg16'
          : mode.flat && segment < L.FS && segment !== L.CS
            ? 'flat'
            : 'seg32';
    const z = (opcode & 7) | ((rex & 1) << 3);
    const regs: [number, number, number] = [0, 0, 0];
    for (let i = 0; i < specs.length && i < 3; i++) {
      const { letter, width } = specs[i]!;
      const n =
        letter === 'G' || letter === 'V' || letter === 'P'
          ? reg
          : letter === 'Z'
            ? z
            : letter === 'B'
              ? vvvv & (long ? 15 : 7)
              : rm;
      if ('EGRZB'.includes(letter)) {
        const one = width === 'b' || widthBytes(width, size) === 1;
        regs[i] = one && !rex && n >= 4 && n < 8 ? gprOffset(n - 4) + 1 : gprOffset(n);
      } else if ('VWU'.includes(letter)) regs[i] = L.XMM + n * L.XMM_STRIDE;
      else if (letter === 'S') regs[i] = L.segment(reg & 7) + L.SEG_SELECTOR;
      else if ('PQN'.includes(letter)) regs[i] = L.X87 + (n & 7) * L.X87_STRIDE;
      else if (letter === 'T') regs[i] = (n & 7) * L.X87_STRIDE;
    }
    if (row.unit === 'x87' && found.map === 0) imm = lastInstruction(opcode, modrmByte, segment);
    const repPrefix: RepPrefix = !row.rep
      ? 'none'
      : row.rep === 'rep'
        ? rep
          ? 'rep'
          : 'none'
        : rep === 0xf3
          ? 'rep'
          : rep === 0xf2
            ? 'repne'
            : 'none';
    return {
      row,
      length,
      codeSize: mode.codeSize,
      size,
      addressSize,
      stackSize: mode.stackSize,
      form,
      rep: repPrefix,
      lock,
      mod,
      reg,
      rm,
      z,
      rex,
      regs,
      base,
      index,
      scale,
      disp,
      segment,
      stackFault,
      imm,
      imm2,
      opcode,
      modrm: found.hasModrm ? modrmByte : 0,
    };
  }
}

/**
 * For the pointers to the last x87 instruction: FOP (SDM Vol. 1 §8.1.9), and above it where the
 * operand's selector is.
 */
const lastInstruction = (opcode: number, modrm: number, segment: number): bigint =>
  BigInt(((opcode & 7) << 8) | modrm | ((L.segment(segment) + L.SEG_SELECTOR) << 16));

/** An immediate of 64 bits is signed, an absolute offset is not. */
function wide(high: number, low: number, letter: string): bigint {
  const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
  return letter === 'O' ? BigInt.asUintN(64, value) : value;
}

/** Bytes ran out: either the caller has more, or there are already too many. */
const short = (start: number, end: number): Decoded =>
  end - start >= LENGTH_MAX ? { fault: GP, length: LENGTH_MAX } : 'more';

const isPrefix = (b: number, long: boolean): boolean =>
  b === 0x66 ||
  b === 0x67 ||
  b === 0xf0 ||
  b === 0xf2 ||
  b === 0xf3 ||
  SEGMENT_PREFIX[b] !== undefined ||
  (long && (b & 0xf0) === 0x40);

function prefixMatches(prefix: string, has66: boolean, rep: number): boolean {
  switch (prefix) {
    case 'NP':
      return !has66 && !rep;
    case '66':
      return has66 && !rep;
    case 'F2':
      return rep === 0xf2;
    default:
      return rep === 0xf3;
  }
}

function immediateBytes(letter: string, width: string, size: number, addressSize: number): number {
  switch (letter) {
    case 'I':
      if (width === 'bs') return 1;
      return width === 'z' ? Math.min(size, 4) : widthBytes(width, size);
    case 'J':
      return width === 'b' ? 1 : Math.min(size, 4);
    case 'O':
      return addressSize;
    case 'A':
      return Math.min(size, 4);
    default:
      return 0;
  }
}

/** #NM or #UD where CR0 and CR4 say the unit is not there. SDM Vol. 3A Table 2-2, §13.1. */
function unitFault(row: Row, mode: Mode): number {
  switch (row.unit) {
    case 'x87':
      return mode.em || mode.ts ? NM : 0;
    case 'mmx':
      return mode.em ? UD : mode.ts ? NM : 0;
    case 'sse':
      return mode.em || !mode.osfxsr ? UD : mode.ts ? NM : 0;
    default:
      return 0;
  }
}
