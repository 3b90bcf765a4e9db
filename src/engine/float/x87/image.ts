/**
 * Memory images of the x87 state: FNSTENV/FLDENV, FNSAVE/FRSTOR in their four layouts, and the x87
 * part of FXSAVE/FXRSTOR (SDM Vol. 1 §8.1.10, Figures 8-9..8-12; Vol. 1 §10.5.1, Table 10-2).
 */

import { NORMAL, ZERO } from '../value.ts';
import { type Register, unpack } from './format.ts';
import { FCW_INIT, st, topOf, updateSummary, type X87State } from './state.ts';

/** Which layout: the operand size, and whether pointers are selectors or a linear address. */
export interface ImageFormat {
  readonly wide: boolean;
  /** Real-address or virtual-8086 mode. */
  readonly real: boolean;
}

export const environmentSize = (f: ImageFormat): number => (f.wide ? 28 : 14);
export const saveSize = (f: ImageFormat): number => environmentSize(f) + 80;

/** FCW bits that exist, and the one that always reads 1. */
const FCW_WRITABLE = 0x1f3f;
const FCW_ALWAYS = 0x0040;

export function loadControl(s: X87State, value: number): void {
  s.fcw = (value & FCW_WRITABLE) | FCW_ALWAYS;
  updateSummary(s);
}

/** Tag of a register in use: 0 valid, 1 zero, 2 special (§8.1.7). Derived from its contents. */
function tagOf(r: Register): number {
  const { kind } = unpack(r);
  return kind === NORMAL ? 0 : kind === ZERO ? 1 : 2;
}

/** The full tag word, two bits for each physical register. */
export function tagWord(s: X87State): number {
  let word = 0;
  s.registers.forEach((register, i) => {
    word |= (s.valid & (1 << i) ? tagOf(register) : 3) << (2 * i);
  });
  return word;
}

/** Of a tag word only "empty" counts; the rest follows from the registers. */
export function setTagWord(s: X87State, word: number): void {
  s.valid = 0;
  for (let i = 0; i < 8; i++) {
    if (((word >> (2 * i)) & 3) !== 3) s.valid |= 1 << i;
  }
}

/** FNSTENV's image; `into` may be longer. */
export function storeEnvironment(s: X87State, f: ImageFormat, into: Uint8Array): void {
  const view = new DataView(into.buffer, into.byteOffset);
  // Unused halves of the 32-bit layouts read as ones.
  const words = [s.fcw, s.fsw, tagWord(s)];
  const ip = Number(BigInt.asUintN(32, s.fip));
  const dp = Number(BigInt.asUintN(32, s.fdp));
  if (f.wide) {
    words.forEach((word, i) => {
      view.setUint32(4 * i, (0xffff0000 | word) >>> 0, true);
    });
    if (f.real) {
      const linearIp = (ip + s.fcs * 16) >>> 0;
      const linearDp = (dp + s.fds * 16) >>> 0;
      view.setUint32(12, (0xffff0000 | (linearIp & 0xffff)) >>> 0, true);
      view.setUint32(16, (((linearIp >>> 16) << 12) | s.fop) >>> 0, true);
      view.setUint32(20, (0xffff0000 | (linearDp & 0xffff)) >>> 0, true);
      view.setUint32(24, ((linearDp >>> 16) << 12) >>> 0, true);
    } else {
      view.setUint32(12, ip, true);
      view.setUint32(16, ((s.fop << 16) | s.fcs) >>> 0, true);
      view.setUint32(20, dp, true);
      view.setUint32(24, (0xffff0000 | s.fds) >>> 0, true);
    }
    return;
  }
  if (f.real) {
    const linearIp = ip + s.fcs * 16;
    const linearDp = dp + s.fds * 16;
    words.push(linearIp, ((linearIp >>> 4) & 0xf000) | s.fop, linearDp, (linearDp >>> 4) & 0xf000);
  } else {
    words.push(ip, s.fcs, dp, s.fds);
  }
  words.forEach((word, i) => {
    view.setUint16(2 * i, word & 0xffff, true);
  });
}

/** FLDENV. A pending exception in the image is pending here. */
export function loadEnvironment(s: X87State, f: ImageFormat, from: Uint8Array): void {
  const view = new DataView(from.buffer, from.byteOffset);
  const word = (i: number): number => view.getUint16(f.wide ? 4 * i : 2 * i, true);
  s.fsw = word(1);
  setTagWord(s, word(2));
  loadPointers(s, f, view, word);
  // Last: it also settles ES and B.
  loadControl(s, word(0));
}

function loadPointers(
  s: X87State,
  f: ImageFormat,
  view: DataView,
  word: (i: number) => number,
): void {
  if (f.real) {
    const high = (i: number): number => (f.wide ? view.getUint32(4 * i, true) : word(i)) >>> 12;
    s.fip = BigInt(word(3) + high(4) * 0x10000);
    s.fop = word(4) & 0x7ff;
    s.fdp = BigInt(word(5) + high(6) * 0x10000);
    s.fcs = 0;
    s.fds = 0;
  } else if (f.wide) {
    s.fip = BigInt(view.getUint32(12, true));
    s.fcs = word(4);
    s.fop = view.getUint16(18, true) & 0x7ff;
    s.fdp = BigInt(view.getUint32(20, true));
    s.fds = word(6);
  } else {
    s.fip = BigInt(word(3));
    s.fcs = word(4);
    s.fdp = BigInt(word(5));
    s.fds = word(6);
    s.fop = 0;
  }
}

function putRegister(view: DataView, at: number, r: Register): void {
  view.setBigUint64(at, r.significand, true);
  view.setUint16(at + 8, r.signExponent, true);
}

function getRegister(view: DataView, at: number): Register {
  return {
    significand: view.getBigUint64(at, true),
    signExponent: view.getUint16(at + 8, true),
  };
}

/** FNSAVE's image: the environment, then ST(0)..ST(7). Does not initialise: `fninit` follows. */
export function storeAll(s: X87State, f: ImageFormat): Uint8Array {
  const image = new Uint8Array(saveSize(f));
  storeEnvironment(s, f, image);
  const view = new DataView(image.buffer);
  for (let i = 0; i < 8; i++) putRegister(view, environmentSize(f) + 10 * i, st(s, i));
  return image;
}

export function loadAll(s: X87State, f: ImageFormat, from: Uint8Array): void {
  loadEnvironment(s, f, from);
  const view = new DataView(from.buffer, from.byteOffset);
  const top = topOf(s);
  for (let i = 0; i < 8; i++) {
    s.registers[(top + i) & 7] = getRegister(view, environmentSize(f) + 10 * i);
  }
}

/** FNINIT: the registers keep their contents and become empty. */
export function fninit(s: X87State): void {
  s.fcw = FCW_INIT;
  s.fsw = 0;
  s.valid = 0;
  s.fip = 0n;
  s.fcs = 0;
  s.fdp = 0n;
  s.fds = 0;
  s.fop = 0;
}

/** Bytes 0..159 of FXSAVE's image, of which 24..31 (MXCSR and its mask) are the caller's. */
export const FXSAVE_X87_SIZE = 160;

/** `wide`: FXSAVE64, with 64-bit pointers in place of selectors and offsets. */
export function fxsave(s: X87State, wide: boolean): Uint8Array {
  const image = new Uint8Array(FXSAVE_X87_SIZE);
  const view = new DataView(image.buffer);
  view.setUint16(0, s.fcw, true);
  view.setUint16(2, s.fsw, true);
  view.setUint8(4, s.valid);
  view.setUint16(6, s.fop, true);
  if (wide) {
    view.setBigUint64(8, s.fip, true);
    view.setBigUint64(16, s.fdp, true);
  } else {
    view.setUint32(8, Number(BigInt.asUintN(32, s.fip)), true);
    view.setUint16(12, s.fcs, true);
    view.setUint32(16, Number(BigInt.asUintN(32, s.fdp)), true);
    view.setUint16(20, s.fds, true);
  }
  for (let i = 0; i < 8; i++) putRegister(view, 32 + 16 * i, st(s, i));
  return image;
}

export function fxrstor(s: X87State, wide: boolean, image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset);
  s.fsw = view.getUint16(2, true);
  s.valid = view.getUint8(4);
  s.fop = view.getUint16(6, true) & 0x7ff;
  s.fip = wide ? view.getBigUint64(8, true) : BigInt(view.getUint32(8, true));
  s.fcs = wide ? 0 : view.getUint16(12, true);
  s.fdp = wide ? view.getBigUint64(16, true) : BigInt(view.getUint32(16, true));
  s.fds = wide ? 0 : view.getUint16(20, true);
  const top = topOf(s);
  for (let i = 0; i < 8; i++) s.registers[(top + i) & 7] = getRegister(view, 32 + 16 * i);
  loadControl(s, view.getUint16(0, true));
}
