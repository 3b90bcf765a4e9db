/**
 * Random states for an encoding: registers, flags and memory such that most cases do something, a
 * few fault, and none does what the host could not undo.
 */

import type { Row } from '../../src/engine/isa/row.ts';
import {
  A_BYTES,
  AT,
  B_BYTES,
  type Case,
  DATA,
  initialFx,
  PAGE,
  WINDOW_A,
  WINDOW_B,
} from './case.ts';
import { type Encoding, encode, type Wish } from './encode.ts';
import { bytes, type Random, value } from './values.ts';

/** A case while it is being made. */
export interface Draft {
  readonly r: Random;
  readonly encoding: Encoding;
  readonly gpr: bigint[];
  readonly fx: Uint8Array;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  rflags: number;
}

export interface Generated {
  readonly encoding: Encoding;
  readonly case: Case;
}

const ARITHMETIC = 0x8d5;
const DF = 0x400;
const MIDDLE_A = BigInt(WINDOW_A + A_BYTES / 2);
const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const RSP = 4;
const RBP = 5;
const RSI = 6;
const RDI = 7;

/** An address to work at: mostly mapped, sometimes across a page, sometimes beyond the end. */
export function target(r: Random, long: boolean): bigint {
  const kind = r.below(20);
  if (kind < 12) return BigInt(WINDOW_A + 32 + 16 * r.below(A_BYTES / 16 - 4));
  if (kind < 15) return BigInt(WINDOW_A + 32 + r.below(A_BYTES - 64));
  if (kind < 17) return BigInt(DATA + PAGE - r.below(18));
  if (kind < 18) return BigInt(WINDOW_B + B_BYTES - r.below(20));
  if (kind < 19) return BigInt(DATA - 1 - r.below(10));
  return long ? r.pick([1n << 63n, 1n << 47n, (1n << 47n) - 4n, 0xffff_7fff_ffff_fff0n]) : 0x10n;
}

/** What instructions want beyond random operands. */
const PREPARE: Readonly<Record<string, (d: Draft) => void>> = {
  MOVS: strings,
  MOVSB: strings,
  CMPS: strings,
  CMPSB: strings,
  STOS: strings,
  STOSB: strings,
  LODS: strings,
  LODSB: strings,
  SCAS: strings,
  SCASB: strings,
  XLAT: ({ gpr, r }) => {
    gpr[RBX] = target(r, false) - (gpr[RAX]! & 0xffn);
  },
  LEAVE: frame,
  ENTER: (d) => {
    frame(d);
    d.encoding.bytes[d.encoding.bytes.length - 2]! &= d.r.below(4) ? 0 : 0x0f;
    d.gpr[RSP] = MIDDLE_A + BigInt(d.r.below(64));
  },
  POPF: (d) => {
    // TF, IF, IOPL, NT and AC in the image would be the kernel's business, or our harness's.
    for (let at = 0; at < A_BYTES; at += 2) {
      d.a[at + 1]! &= 0x8e;
      if ((BigInt(WINDOW_A + at) - d.gpr[RSP]!) % 4n) d.a[at]! &= 0xdb;
    }
    d.gpr[RSP] = MIDDLE_A - 64n + BigInt(8 * d.r.below(16));
  },
  RET: branchTarget,
  JMP: branchTarget,
  CALL: branchTarget,
  LOOP: counter,
  LOOPE: counter,
  LOOPNE: counter,
  JCXZ: counter,
  BT: bitOffset,
  BTS: bitOffset,
  BTR: bitOffset,
  BTC: bitOffset,
  DIV: dividend,
  IDIV: dividend,
  CMPXCHG: (d) => expected(d, [RAX]),
  CMPXCHG8B: (d) => expected(d, [RAX, RDX]),
  CMPXCHG16B: (d) => expected(d, [RAX, RDX]),
};

function strings(d: Draft): void {
  const { r, gpr } = d;
  const wide = d.encoding.addressSize === 8;
  const junk = wide ? 0n : 0x5a5a5a5a00000000n;
  gpr[RSI] = target(r, wide) | junk;
  gpr[RDI] = target(r, wide) | junk;
  // Overlapping by a little, where copying has an order.
  if (r.below(3) === 0) gpr[RDI] = gpr[RSI]! + BigInt(r.below(24) - 12);
  gpr[RCX] = BigInt(r.below(3) ? r.below(24) : r.below(3)) | junk;
  // Repeated compares go on for a while.
  if (r.below(2)) {
    d.a.fill(r.below(256));
    d.a[r.below(A_BYTES)]! ^= 1;
    gpr[RAX] = BigInt(d.a[0]!) * 0x0101010101010101n;
  }
  if (r.below(2)) d.rflags |= DF;
}

function frame({ gpr, r }: Draft): void {
  gpr[RBP] = r.below(8) ? MIDDLE_A + BigInt(r.below(64)) : target(r, true);
}

/** Branch targets are canonical three times in four. */
function branchTarget({ a, r, gpr, encoding }: Draft): void {
  const view = new DataView(a.buffer);
  for (let at = 0; at < A_BYTES; at += 8) {
    if (r.below(4)) view.setBigUint64(at, value(r, 8) >> 17n, true);
  }
  const register = encoding.registers[0];
  if (register !== undefined && register !== RSP && r.below(4)) gpr[register]! >>= 17n;
  gpr[RSP]! &= ~7n;
}

function counter({ gpr, r }: Draft): void {
  const high = r.pick([0n, 0n, 1n << 32n]);
  gpr[RCX] = BigInt(r.below(3)) | high;
}

/** Bit offsets that stay near their operand, most of them. */
function bitOffset({ encoding, gpr, r }: Draft): void {
  const register = encoding.registers[1];
  if (!encoding.memory || register === undefined || r.below(8) === 0) return;
  const near = BigInt.asUintN(64, BigInt(r.below(1024) - 512));
  gpr[register] = encoding.size === 8 ? near : near ^ (r.u64() << BigInt(encoding.size * 8));
  gpr[register] = BigInt.asUintN(64, gpr[register]!);
}

/** Dividends whose quotient fits, about half of the time. */
function dividend({ encoding, gpr, r }: Draft): void {
  const bits = BigInt(encoding.size * 8);
  switch (r.below(4)) {
    case 0:
      gpr[RDX] = 0n;
      return;
    case 1:
      gpr[RDX] = (gpr[RAX]! >> (bits - 1n)) & 1n ? (1n << bits) - 1n : 0n;
      return;
    case 2:
      gpr[RDX]! >>= BigInt(r.below(64));
      return;
    default:
  }
}

/** Half of the time the accumulator is what it is compared with. */
function expected(d: Draft, registers: readonly number[]): void {
  const { encoding, gpr, r } = d;
  if (r.below(2)) return;
  const own = encoding.registers[0];
  if (own !== undefined) {
    if (own !== RSP) gpr[RAX] = gpr[own]!;
    return;
  }
  const at = Number(encoding.address(gpr)) - WINDOW_A;
  if (!(at >= 0 && at + 16 <= A_BYTES)) return;
  const view = new DataView(d.a.buffer);
  const step = registers.length === 2 && encoding.size !== 8 ? 4 : 8;
  for (const [i, register] of registers.entries()) {
    // Not if the address would move with it.
    const before = encoding.address(gpr);
    const old = gpr[register]!;
    gpr[register] =
      step === 4 ? BigInt(view.getUint32(at + i * 4, true)) : view.getBigUint64(at + i * 8, true);
    if (encoding.address(gpr) !== before) gpr[register] = old;
  }
}

export interface Options {
  readonly wish?: Wish;
  /** Changes the draft before it becomes a case; runs after what the row's name asks for. */
  readonly prepare?: (draft: Draft) => void;
}

export function generate(row: Row, r: Random, options: Options = {}): Generated {
  const compatibility = options.wish?.compatibility ?? row.only === 'legacy';
  const encoding = encode(row, r, { ...options.wish, compatibility });
  const bytesWide = compatibility ? 4 : 8;
  const gpr = Array.from({ length: 16 }, (_, n) =>
    compatibility && n >= 8 ? 0n : value(r, bytesWide),
  );
  gpr[RSP] = MIDDLE_A - 64n + BigInt(8 * r.below(16));
  const draft: Draft = {
    r,
    encoding,
    gpr,
    fx: initialFx(),
    a: bytes(r, A_BYTES),
    b: bytes(r, B_BYTES),
    rflags: (r.u32() & ARITHMETIC) | 0x202,
  };
  if (encoding.memory && row.name !== 'LEA') {
    encoding.aim(target(r, !compatibility && encoding.addressSize === 8), gpr);
  }
  PREPARE[row.name]?.(draft);
  options.prepare?.(draft);
  return {
    encoding,
    case: {
      code: encoding.bytes,
      repeated: encoding.repeated,
      compatibility,
      rflags: draft.rflags,
      gpr: compatibility ? gpr.map((v) => BigInt.asUintN(32, v)) : gpr,
      fx: draft.fx,
      a: draft.a,
      b: draft.b,
    },
  };
}

export const showBytes = (code: Uint8Array): string =>
  Array.from(code, (b) => b.toString(16).padStart(2, '0')).join(' ');

/** Everything of a case that a difference may come from, on a few lines. */
export function showCase(c: Case): string {
  const registers = c.gpr.map((v, n) => `${n}:${v.toString(16)}`).join(' ');
  const mode = c.compatibility ? ' (32-bit)' : '';
  return `${showBytes(c.code)}${mode} at ${AT.toString(16)} flags ${c.rflags.toString(16)} ${registers}`;
}
