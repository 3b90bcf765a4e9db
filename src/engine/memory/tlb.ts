/**
 * Translation caches.
 *
 * The *architectural* TLB is state of the guest's machine: 4096 entries, direct mapped, filled only
 * by page walks, saved in checkpoints. What a guest sees of stale entries and of A and D bits
 * depends on it and on nothing else. An entry is 16 bytes:
 *
 *     i64  page-aligned linear address | PCID; EMPTY_TAG if unused
 *     i64  page-aligned guest physical address | ENTRY_ flags
 *
 * A large page gives 4 KiB entries too; ARCH_LARGE remembers which 2 MiB regions have, so that
 * INVLPG knows when it must look for more than one.
 *
 * The *fast* TLBs are what generated code probes. They hold a subset of the architectural entries
 * and may be dropped at any time without the guest noticing. An entry is 16 bytes:
 *
 *     i64  page-aligned linear address, or a tag that no address of this slot can match
 *     i32  what to add to the low 32 bits of an address to get a pointer
 */

import * as L from '../vcpu/layout.ts';
import type { Func, Val } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';

export const ENTRY_WRITABLE = 1;
export const ENTRY_USER = 2;
export const ENTRY_NX = 4;
export const ENTRY_DIRTY = 8;
export const ENTRY_GLOBAL = 16;
export const ENTRY_LARGE = 32;

/** Not canonical, so no page's address. */
export const EMPTY_TAG = 0x5555_0000_0000_0000n;

/** The tag that slot `i` of a fast TLB has when empty: its index bits belong to another slot. */
export const emptyFastTag = (slot: number): number => ((~slot & (L.TLB_ENTRIES - 1)) << 12) >>> 0;

export interface TlbFunctions {
  /** (gva) drops the page from the fast TLBs. */
  readonly purge: Func;
  /** (gva, gpa page, flags) enters into the architectural TLB. */
  readonly insert: Func;
  /** (kind offset, gva, pointer to the page) enters into the fast TLB class in force. */
  readonly fill: Func;
  /** (what: 0 page, 1 nonglobal of pcid, 2 all; gva; pcid) flushes architectural entries. */
  readonly flush: Func;
  /** Drops all fast entries of a kind offset in all classes. */
  readonly dropKind: Func;
  /** Drops all fast entries. */
  readonly dropFast: Func;
}

export function defineTlb(m: WasmModule): TlbFunctions {
  const purge = m.func('tlbPurge', ['i64'], [], (c) => {
    const slot = c.let(c.and(c.wrap(c.shru(c.param(0), 12)), L.TLB_ENTRIES - 1));
    const at = c.let(c.shl(slot, 4));
    const empty = c.let(c.extu(c.shl(c.and(c.not(slot), L.TLB_ENTRIES - 1), 12)));
    const page = c.let(c.and(c.param(0), -4096));
    for (let kind = 0; kind < 9; kind++) {
      const tag = L.TLB + kind * L.TLB_KIND_BYTES;
      c.if(c.eq(c.load('i64', 8, at, tag), page), () => c.store(8, at, empty, tag));
    }
  });

  const insert = m.func('tlbInsert', ['i64', 'i64', 'i32'], [], (c) => {
    const [va, pa, flags] = [c.param(0), c.param(1), c.param(2)];
    const entry = c.let(c.shl(c.and(c.wrap(c.shru(va, 12)), L.ARCH_TLB_ENTRIES - 1), 4));
    const old = c.let(c.load('i64', 8, entry, L.ARCH_TLB));
    c.if(c.ne(c.and(old, -4096), EMPTY(c)), () => c.do(purge, old));
    const pcid = c.and(c.load('i64', 8, c.i32(0), L.CR3), 0xfff);
    const tagged = c.select(c.and(c.load('i32', 4, c.i32(0), L.CR4), 1 << 17), pcid, c.i64(0));
    c.store(8, entry, c.or(c.and(va, -4096), tagged), L.ARCH_TLB);
    c.store(8, entry, c.or(c.and(pa, -4096), c.extu(flags)), L.ARCH_TLB + 8);
    c.if(c.and(flags, ENTRY_LARGE), () => {
      const region = c.let(regionHash(c, va));
      const byte = c.let(c.shru(region, 3));
      const bit = c.shl(c.i32(1), c.and(region, 7));
      c.store(1, byte, c.or(c.load('i32', 1, byte, L.ARCH_LARGE), bit), L.ARCH_LARGE);
    });
  });

  const fill = m.func('tlbFill', ['i32', 'i64', 'i32'], [], (c) => {
    const [kind, va, pointer] = [c.param(0), c.param(1), c.param(2)];
    const base = c.let(c.load('i32', 4, c.i32(0), L.TLB_BASE));
    c.if(c.ne(base, L.TLB_NEVER), () => {
      const low = c.let(c.wrap(va));
      const entry = c.let(
        c.add(c.add(c.and(c.shru(low, 8), (L.TLB_ENTRIES - 1) * 16), base), kind),
      );
      c.if(c.load('i32', 4, c.i32(0), L.TLB_ONE), () => {
        const held = c.let(c.shru(kind, 12));
        const last = c.let(c.load('i32', 4, held, L.TLB_LAST));
        const slot = c.and(c.shru(last, 4), L.TLB_ENTRIES - 1);
        const empty = c.extu(c.shl(c.and(c.not(slot), L.TLB_ENTRIES - 1), 12));
        c.if(last, () => c.store(8, last, empty));
        c.store(4, held, entry, L.TLB_LAST);
      });
      c.store(8, entry, c.and(va, -4096));
      c.store(4, entry, c.sub(c.and(pointer, -4096), c.and(low, -4096)), 8);
    });
  });

  const dropKind = m.func('tlbDropKind', ['i32'], [], (c) => {
    const slot = c.var('i32', 0);
    c.loop((again) => {
      const at = c.let(c.add(c.shl(c.get(slot), 4), c.param(0)));
      const empty = c.let(c.extu(c.shl(c.and(c.not(c.get(slot)), L.TLB_ENTRIES - 1), 12)));
      for (let cls = 0; cls < 4; cls++) {
        c.store(8, at, empty, L.TLB + cls * L.TLB_CLASS_BYTES);
      }
      c.set(slot, c.add(c.get(slot), 1));
      c.brIf(again, c.ltu(c.get(slot), L.TLB_ENTRIES));
    });
  });

  const dropFast = m.func('tlbDropFast', [], [], (c) => {
    for (const kind of [L.TLB_READ, L.TLB_WRITE, L.TLB_EXECUTE]) c.do(dropKind, kind);
  });

  const flush = m.func('tlbFlush', ['i32', 'i64', 'i32'], [], (c) => {
    const [what, va, pcid] = [c.param(0), c.param(1), c.param(2)];
    const clear = (entry: Val): void => c.store(8, entry, EMPTY(c), L.ARCH_TLB);
    c.if(c.eqz(what), () => {
      const region = c.let(regionHash(c, va));
      const large = c.and(
        c.shru(c.load('i32', 1, c.shru(region, 3), L.ARCH_LARGE), c.and(region, 7)),
        1,
      );
      c.if(c.eqz(large), () => {
        const entry = c.let(c.shl(c.and(c.wrap(c.shru(va, 12)), L.ARCH_TLB_ENTRIES - 1), 4));
        const tag = c.load('i64', 8, entry, L.ARCH_TLB);
        c.if(c.eqz(c.and(c.xor(tag, va), -4096)), () => clear(entry));
        c.do(purge, va);
        c.ret();
      });
    });
    const entry = c.var('i32', 0);
    c.loop((again) => {
      const at = c.get(entry);
      const tag = c.let(c.load('i64', 8, at, L.ARCH_TLB));
      c.if(c.ne(c.and(tag, -4096), EMPTY(c)), () => {
        const flags = c.let(c.wrap(c.load('i64', 8, at, L.ARCH_TLB + 8)));
        c.switch(what, [
          () => {
            // The page, or whatever part of the large page around it is cached.
            const mask = c.select(c.and(flags, ENTRY_LARGE), c.i64(-0x200000), c.i64(-4096));
            c.if(c.eqz(c.and(c.xor(tag, va), mask)), () => {
              clear(at);
              c.do(purge, tag);
            });
          },
          () => {
            const mine = c.eq(c.and(c.wrap(tag), 0xfff), pcid);
            c.if(c.and(mine, c.eqz(c.and(flags, ENTRY_GLOBAL))), () => clear(at));
          },
          () => clear(at),
        ]);
      });
      c.set(entry, c.add(c.get(entry), 16));
      c.brIf(again, c.ltu(c.get(entry), L.ARCH_TLB_ENTRIES * 16));
    });
    c.if(what, () => {
      c.do(dropFast);
      c.if(c.eq(what, 2), () =>
        c.memoryFill(c.i32(L.ARCH_LARGE), c.i32(0), c.i32(L.ARCH_LARGE_BYTES)),
      );
    });
  });

  return { purge, insert, fill, flush, dropKind, dropFast };
}

const EMPTY = (c: { i64(n: bigint): Val }): Val => c.i64(EMPTY_TAG);

/** Bit number in ARCH_LARGE of the 2 MiB region of an address. */
function regionHash(c: import('../wasm/code.ts').Code, va: Val): Val {
  const low = c.wrap(c.shru(va, 21));
  const high = c.wrap(c.shru(va, 31));
  return c.and(c.xor(low, high), L.ARCH_LARGE_BYTES * 8 - 1);
}
