/**
 * Random states for one instruction of MMX, SSE or x87: XMM registers full of what the instruction
 * computes with, MXCSR in all its modes, x87 registers empty or not, memory operands aligned and not.
 */

import { parseOperands } from '../../src/engine/isa/operands.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { f32Bits, f64Bits, f80Bits, near, type Random } from '../float/cases.ts';
import { A_BYTES, B_BYTES, type Case, initialFx, PAGE, WINDOW_A, WINDOW_B } from '../isa/case.ts';
import { type Encoding, encode } from '../isa/encode.ts';
import { bytes, value } from '../isa/values.ts';

/** What 16 bytes are made of. */
export type Kind = 'f32' | 'f64' | 'integer';

/** By the last letters of an instruction's name, which say what it takes. */
export function kindOf(row: Row): Kind {
  const { name } = row;
  if (name === 'CMPSD' || /^(U?COMI|CVTT?)?SD/.test(name)) return 'f64';
  if (/^CVTT?PS|^CVTT?SS|PS$|SS$|DUP$/.test(name)) return 'f32';
  return /PD$|SD$|^CVTT?PD|^CVTT?SD/.test(name) ? 'f64' : 'integer';
}

function fill(r: Random, kind: Kind, into: DataView, at: number, length: number): void {
  for (let i = at; i < at + length; i += 8) {
    const one = (): bigint => {
      if (kind === 'f64') return f64Bits(r);
      if (kind === 'f32') return (f32Bits(r) << 32n) | f32Bits(r);
      return value(r, 8);
    };
    // Pairs that nearly cancel or nearly equal.
    const earlier = i - at >= 16 && r.below(4) === 0;
    const previous = earlier ? into.getBigUint64(i - 16, true) : 0n;
    const related = kind === 'f64' ? near(r, previous, 52, 64) : previous;
    into.setBigUint64(i, earlier && kind !== 'f32' ? related : one(), true);
  }
}

const DEFAULT = 0x1f80;
const PE = 0x20;

/** Mostly the modes programs run in, so that the shortcuts are taken; else anything. */
function randomMxcsr(r: Random): number {
  switch (r.below(4)) {
    case 0:
      return DEFAULT;
    case 1:
    case 2:
      return DEFAULT | PE | (r.below(4) === 0 ? r.below(64) : 0);
    default:
      return r.below(0x10000);
  }
}

export interface StateOptions {
  readonly kind: Kind;
  /** x87 control and status are anything: an exception may be pending. */
  readonly x87: boolean;
}

export function randomFx(r: Random, { kind, x87 }: StateOptions): Uint8Array {
  const fx = initialFx();
  const view = new DataView(fx.buffer);
  fill(r, kind, view, 160, 256);
  view.setUint32(24, randomMxcsr(r), true);
  for (let i = 0; i < 8; i++) {
    const bits = x87 || r.below(2) ? f80Bits(r) : (0xffffn << 64n) | value(r, 8);
    view.setBigUint64(32 + 16 * i, bits & 0xffff_ffff_ffff_ffffn, true);
    view.setUint16(40 + 16 * i, Number(bits >> 64n), true);
  }
  fx[4] = r.pick([0, 0xff, 0xff, r.below(256)]);
  const fcw = x87 && r.below(2) ? 0x40 | (r.below(0x1000) & 0xf3f) : 0x37f;
  let fsw = (r.below(8) << 11) | (r.u32() & 0x4700);
  if (x87 && r.below(4) === 0) fsw |= r.below(0x40);
  if (fsw & ~fcw & 0x3f) fsw |= 0x8080;
  view.setUint16(0, fcw, true);
  view.setUint16(2, fsw, true);
  return fx;
}

/** Where a memory operand goes: within a window, across the pages' boundary, over the end. */
function target(r: Random, width: number): bigint {
  const place = r.below(16);
  if (place === 0) return BigInt(WINDOW_B + B_BYTES - r.below(width + 1));
  const aligned = place < 10 ? -16 : place < 12 ? -4 : -1;
  const offset = 16 + r.below(A_BYTES - 48 - Math.min(width, A_BYTES / 2));
  return BigInt(WINDOW_A + (offset & aligned));
}

/** The widest access of a memory operand. */
function widthOf(row: Row): number {
  const spec = parseOperands(row.ops).find((s) => 'EMWQ'.includes(s.letter));
  if (!spec || spec.width === '') return 16;
  return { b: 1, w: 2, d: 4, q: 8, dq: 16 }[spec.width] ?? 8;
}

export interface Prepared {
  readonly encoding: Encoding;
  readonly case: Case;
}

export function prepare(row: Row, r: Random, compatibility: boolean): Prepared {
  const encoding = encode(row, r, { compatibility });
  const kind = kindOf(row);
  const gpr = Array.from({ length: 16 }, () => value(r, 8));
  if (compatibility) for (let n = 0; n < 16; n++) gpr[n] = n < 8 ? gpr[n]! & 0xffff_ffffn : 0n;
  // MASKMOVQ and MASKMOVDQU store at rDI. Whether bytes that they leave alone fault is not defined.
  if (row.name.startsWith('MASKMOV')) gpr[7] = BigInt(WINDOW_A + r.below(A_BYTES - 16));
  if (encoding.memory) encoding.aim(target(r, widthOf(row)), gpr);
  // MMX instructions take pending x87 exceptions, others do not see them.
  const fx = randomFx(r, { kind, x87: row.unit === 'x87' || r.below(12) === 0 });
  const view = new DataView(fx.buffer);
  if (compatibility) fx.fill(0, 160 + 128, 160 + 256);
  const [a, b] = [new Uint8Array(A_BYTES), bytes(r, B_BYTES)];
  fill(
    r,
    row.unit === 'x87' ? r.pick(['f32', 'f64', 'integer']) : kind,
    new DataView(a.buffer),
    0,
    A_BYTES,
  );
  if (kind === 'f32' && r.below(4) === 0) relate(r, view, new DataView(a.buffer));
  return {
    encoding,
    case: {
      code: encoding.bytes,
      repeated: false,
      compatibility,
      rflags: 0x202 | (r.u32() & 0x8d5),
      gpr,
      fx,
      a,
      b,
    },
  };
}

/** Single-precision registers that nearly cancel each other, and memory that nearly does. */
function relate(r: Random, fx: DataView, a: DataView): void {
  for (let at = 160 + 16; at < 416; at += 4) {
    const bits = near(r, BigInt(fx.getUint32(at - 16, true)), 23, 32);
    if (r.below(3)) fx.setUint32(at, Number(bits), true);
  }
  for (let at = 0; at < A_BYTES; at += 4) {
    const bits = near(r, BigInt(fx.getUint32(160 + (at % 256), true)), 23, 32);
    a.setUint32(at, Number(bits), true);
  }
}

export { PAGE };
