/**
 * From RIP to a block: what generated code calls when its own caches do not know. Checks canonical
 * form or the code segment's limit, translates for execution, and fills the jump cache.
 */

import type { MainExports } from '../interp/module.ts';
import type { Blocks } from './blocks.ts';
import * as L from './layout.ts';
import type { State } from './state.ts';

const UD = 6;
const GP = 13;

export class CodeFetch {
  readonly #state: State;
  readonly #u8: Uint8Array;
  readonly #u32: Uint32Array;
  readonly #blocks: Blocks;
  readonly #exports: MainExports;

  constructor(state: State, memory: ArrayBuffer, blocks: Blocks, exports: MainExports) {
    this.#state = state;
    this.#u8 = new Uint8Array(memory);
    this.#u32 = new Uint32Array(memory, 0, L.RAM_BASE >> 2);
    this.#blocks = blocks;
    this.#exports = exports;
  }

  /** The block at RIP, decoded now if it has to be; 0 with STATUS set where there is none. */
  findBlock(): number {
    const s = this.#state;
    const rip = s.u64(L.RIP);
    const lin = BigInt.asUintN(64, rip + s.u64(L.CODE_BASE));
    const long = (s.u32(L.MODE_KEY) & 3) === 2;
    const outside = long
      ? BigInt.asUintN(64, BigInt.asIntN(48, lin)) !== lin
      : rip > BigInt(s.u32(L.segment(L.CS) + L.SEG_LIMIT));
    if (outside) return this.#fault(GP);
    const linear = long ? lin : lin & 0xffffffffn;
    const cls = s.u32(L.CLASS);
    const pointer = this.#exports.fetchPage(linear, cls) >>> 0;
    if (pointer === 0) return 0;
    if (pointer === 1) return this.#fault(UD);
    const key = s.u32(L.MODE_KEY);
    const page = (pointer - L.RAM_BASE) / 4096;
    const offset = Number(linear & 0xfffn);
    this.#blocks.arm(linear, page);
    let ip: number | 'straddle' | 'full' = this.#blocks.at(page, offset, key);
    if (ip === 'straddle') {
      const nextLinear = (linear & ~0xfffn) + 4096n;
      const second =
        this.#exports.fetchRest(long ? nextLinear : nextLinear & 0xffffffffn, cls) >>> 0;
      if (second === 0) return 0;
      ip = this.#blocks.straddle(
        page,
        offset,
        key,
        second === 1 ? -1 : (second - L.RAM_BASE) / 4096,
      );
    }
    if (ip === 'full') {
      s.setU32(L.STATUS, L.STATUS_FULL);
      return 0;
    }
    s.setU64(L.RIP_PAGE, rip - BigInt(offset));
    const entry = this.#jumpEntry(linear);
    const u32 = this.#u32;
    u32[entry >> 2] = Number(linear & 0xffffffffn);
    u32[(entry >> 2) + 1] = Number(linear >> 32n);
    u32[(entry >> 2) + 2] = key;
    u32[(entry >> 2) + 3] = pointer + offset;
    u32[(entry + L.JUMP_CACHE_BLOCK) >> 2] = ip;
    return ip;
  }

  #jumpEntry(linear: bigint): number {
    const low = Number(linear & 0xffffffffn);
    const hash = (low ^ (low >>> 12)) & (L.JUMP_CACHE_ENTRIES - 1);
    return L.JUMP_CACHE + hash * L.JUMP_CACHE_STRIDE;
  }

  /** The block that the jump cache knows for RIP is gone. */
  forgetJump(): void {
    const s = this.#state;
    const linear = BigInt.asUintN(64, s.u64(L.RIP) + s.u64(L.CODE_BASE));
    const entry = this.#jumpEntry((s.u32(L.MODE_KEY) & 3) === 2 ? linear : linear & 0xffffffffn);
    this.#u8.fill(0xff, entry, entry + L.JUMP_CACHE_STRIDE);
  }

  #fault(vector: number): number {
    const s = this.#state;
    s.setU32(L.FAULT_VECTOR, vector);
    s.setU32(L.FAULT_ERROR, 0);
    s.setU32(L.STATUS, L.STATUS_FAULT);
    return 0;
  }
}
