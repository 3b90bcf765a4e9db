/**
 * The state hash: 64 bits over the architectural registers, guest time and RAM. What is only a way
 * of computing them (lazy flags, translation caches, decoded code) is not in it, so that every tier
 * and every backend agrees.
 */

import type { MainExports } from '../interp/module.ts';
import type { Cpu } from '../microcode/cpu.ts';
import * as L from './layout.ts';

/** Ranges of the state page that are architecture, as 8-byte words. */
const RANGES: readonly (readonly [number, number])[] = [
  [L.GPR, L.ZERO],
  [L.RIP, L.RIP + 8],
  [L.SEGMENTS, L.segment(L.FLAT)],
  [L.GDTR_BASE, L.ICOUNT_END],
  [L.SKIPPED, L.MXCSR],
  [L.MTRR_FIXED, L.CODE_BASE],
  [L.XMM, L.STATE_BYTES],
];
/** The page hash wants a page: registers are laid out in scratch space behind the state. */
const IMAGE = 0x2000;

export function hashState(cpu: Cpu, exports: MainExports, icount: number, ram: bigint): string {
  const s = cpu.state;
  const words: bigint[] = [BigInt(icount), ram, BigInt(cpu.rflags)];
  words.push(
    BigInt(s.u32(L.MXCSR)),
    BigInt(s.u32(L.SHADOW) | (s.u32(L.NMI_BLOCKED) << 8) | (s.u32(L.HALTED) << 16)),
  );
  for (const [from, to] of RANGES) for (let at = from; at < to; at += 8) words.push(s.u64(at));
  const hash = exports.pageHash(writeImage(cpu, words), 0x52545256);
  return BigInt.asUintN(64, hash).toString(16).padStart(16, '0');
}

function writeImage(cpu: Cpu, words: readonly bigint[]): number {
  if (words.length > 512) throw new Error('state hash: the registers do not fit a page');
  const image = new BigUint64Array(cpu.memory, IMAGE, 512);
  image.fill(0n);
  image.set(words);
  return IMAGE;
}
