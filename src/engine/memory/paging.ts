/**
 * Address translation: the architectural TLB, and the page walk where it misses. 2-level, PAE and
 * 4-level paging with A and D bits, NX, global and large pages, SMEP, SMAP, PCID.
 * SDM Vol. 3A chapter 4.
 */

import * as L from '../vcpu/layout.ts';
import { ACCESS_EXECUTE, ACCESS_WRITE } from '../vcpu/layout.ts';
import type { Code, Func, Val } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';
import { ENTRY_GLOBAL, ENTRY_NX, ENTRY_USER, ENTRY_WRITABLE, type TlbFunctions } from './tlb.ts';

const PTE_P = 1;
const PTE_RW = 2;
const PTE_US = 4;
const PTE_A = 0x20;
const PTE_D = 0x40;
const PTE_G = 0x100;
/** MAXPHYADDR is 40: bits 12..39 of an entry are address, 40..51 reserved. */
const PTE_ADDRESS = 0xff_ffff_f000n;
const PTE_RESERVED = 0x000f_ff00_0000_0000n;
/** PAE paging ignores none of bits 52..62. SDM Vol. 3A tables 4-8 to 4-11. */
const PTE_RESERVED_PAE = 0x7fff_ff00_0000_0000n;

/** Where a walk of four levels begins; that of PAE's directory begins at 21. */
const PML4_SHIFT = 39;

/** Page-fault error code bits. SDM Vol. 3A §4.7. */
const PF_P = 1;
const PF_RSVD = 8;

export interface PagingFunctions {
  /** (gva, access, class) → gpa, or -1 with FAULT_VECTOR, FAULT_ERROR and CR2 set. */
  readonly translate: Func;
}

export interface PhysicalFunctions {
  /** (gpa as i64) → 1 if RAM is behind it. */
  readonly isRam: Func;
  /** (gpa as i32, bytes) readies RAM for being written: keeps its pre-image, drops decoded code. */
  readonly beforeWrite: Func;
}

const cr0 = (c: Code): Val => c.load('i32', 4, c.i32(0), L.CR0);
const cr4 = (c: Code): Val => c.load('i32', 4, c.i32(0), L.CR4);
const efer = (c: Code): Val => c.load('i32', 4, c.i32(0), L.EFER);

export function definePaging(
  m: WasmModule,
  tlb: TlbFunctions,
  physical: PhysicalFunctions,
): PagingFunctions {
  /** (entry flags, access, class) → 1 if the access is allowed. SDM Vol. 3A §4.6.1. */
  const allowed = m.func('pagingAllowed', ['i32', 'i32', 'i32'], ['i32'], (c) => {
    const [flags, access, cls] = [c.param(0), c.param(1), c.param(2)];
    const user = c.let(c.and(flags, ENTRY_USER));
    c.if(
      c.eq(cls, L.CLASS_USER),
      () => c.if(c.eqz(user), () => c.ret(0)),
      () =>
        c.if(user, () => {
          c.if(
            c.eq(access, ACCESS_EXECUTE),
            () => c.if(c.and(c.shru(cr4(c), 20), 1), () => c.ret(0)),
            () => c.if(c.and(c.eqz(cls), c.and(c.shru(cr4(c), 21), 1)), () => c.ret(0)),
          );
        }),
    );
    c.if(c.eq(access, ACCESS_EXECUTE), () => c.ret(c.eqz(c.and(flags, ENTRY_NX))));
    c.if(c.eq(access, ACCESS_WRITE), () => {
      c.if(c.and(flags, ENTRY_WRITABLE), () => c.ret(1));
      // A supervisor may write to read-only pages while CR0.WP is clear.
      c.ret(c.and(c.ne(cls, L.CLASS_USER), c.eqz(c.and(c.shru(cr0(c), 16), 1))));
    });
    c.result(c.i32(1));
  });

  /** (gva, access, class, P | RSVD) → -1, with the page fault recorded. */
  const pageFault = m.func('pageFault', ['i64', 'i32', 'i32', 'i32'], ['i64'], (c) => {
    const [va, access, cls, why] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    c.store(8, c.i32(0), va, L.CR2);
    c.store(4, c.i32(0), c.i32(14), L.FAULT_VECTOR);
    // I/D is reported where it means something: with NX, or with SMEP.
    const nx = c.and(c.shru(efer(c), 11), c.shru(cr4(c), 5));
    const smep = c.shru(cr4(c), 20);
    const fetch = c.and(c.eq(access, ACCESS_EXECUTE), c.and(c.or(nx, smep), 1));
    const error = c.or(
      c.or(why, c.shl(c.eq(access, ACCESS_WRITE), 1)),
      c.or(c.shl(c.eq(cls, L.CLASS_USER), 2), c.shl(fetch, 4)),
    );
    c.store(4, c.i32(0), error, L.FAULT_ERROR);
    c.result(c.i64(-1));
  });

  /** (gpa) → 8 bytes of a paging structure; zero, so not present, where there is no RAM. */
  const readEntry = m.func('readEntry', ['i64', 'i32'], ['i64'], (c) => {
    const [at, bytes] = [c.param(0), c.param(1)];
    c.if(c.eqz(c.call(physical.isRam, at)), () => c.ret(c.i64(0)));
    c.if(c.eq(bytes, 4), () => c.ret(c.load('i64', 4, c.wrap(at), L.RAM_BASE)));
    c.result(c.load('i64', 8, c.wrap(at), L.RAM_BASE));
  });

  /** (gpa, bits) sets bits of an entry, which is in RAM. */
  const setBits = m.func('setEntryBits', ['i64', 'i32'], [], (c) => {
    const at = c.let(c.wrap(c.param(0)));
    c.do(physical.beforeWrite, at, 1);
    c.store(1, at, c.or(c.load('i32', 1, at, L.RAM_BASE), c.param(1)), L.RAM_BASE);
  });

  /** (gva, access, class, table gpa, shift) → gpa or -1: entries of 8 bytes, PAE and 4-level. */
  const walk64 = m.func('walk64', ['i64', 'i32', 'i32', 'i64', 'i32'], ['i64'], (c) => {
    const [va, access, cls] = [c.param(0), c.param(1), c.param(2)];
    const table = c.var('i64', c.param(3));
    const shift = c.var('i32', c.param(4));
    const rights = c.var('i32', PTE_RW | PTE_US);
    const nx = c.var('i32', 0);
    const nxe = c.let(c.and(c.shru(efer(c), 11), 1));
    const isLong = c.eq(c.param(4), PML4_SHIFT);
    const reserved = c.let(c.select(isLong, c.i64(PTE_RESERVED), c.i64(PTE_RESERVED_PAE)));
    c.loop((next) => {
      const index = c.and(c.shru(va, c.extu(c.get(shift))), 511);
      const at = c.let(c.add(c.get(table), c.shl(index, 3)));
      const entry = c.let(c.call(readEntry, at, 8));
      const low = c.let(c.wrap(entry));
      c.if(c.eqz(c.and(low, PTE_P)), () => c.ret(c.call(pageFault, va, access, cls, 0)));
      const leaf = c.let(
        c.or(c.eq(c.get(shift), 12), c.and(c.lts(c.get(shift), 39), c.and(c.shru(low, 7), 1))),
      );
      const size = c.let(c.shl(c.i64(1), c.extu(c.get(shift))));
      // Reserved: the bits above MAXPHYADDR, bit 63 without NXE, PS in a PML4E, and the address
      // bits of a large page that lie below its size (bit 12 is its PAT).
      const bad = c.or(
        c.and(entry, reserved),
        c.or(
          c.extu(c.and(c.wrap(c.shru(entry, 63)), c.eqz(nxe))),
          c.select(
            leaf,
            c.and(entry, c.and(c.sub(size, 1), c.i64(0x3fff_e000))),
            c.extu(c.and(c.eq(c.get(shift), 39), c.and(c.shru(low, 7), 1))),
          ),
        ),
      );
      c.if(c.ne(bad, 0), () => c.ret(c.call(pageFault, va, access, cls, PF_P | PF_RSVD)));
      c.set(rights, c.and(c.get(rights), low));
      c.set(nx, c.or(c.get(nx), c.wrap(c.shru(entry, 63))));
      c.if(c.eqz(leaf), () => {
        c.if(c.eqz(c.and(low, PTE_A)), () => c.do(setBits, at, PTE_A));
        c.set(table, c.and(entry, c.i64(PTE_ADDRESS)));
        c.set(shift, c.sub(c.get(shift), 9));
        c.br(next);
      });
      finish(c, {
        va,
        access,
        cls,
        at,
        low,
        rights: c.get(rights),
        nx: c.get(nx),
        large: c.ne(c.get(shift), 12),
        gpa: c.or(
          c.and(c.and(entry, c.i64(PTE_ADDRESS)), c.sub(c.i64(0), size)),
          c.and(va, c.sub(size, 1)),
        ),
      });
    });
    c.unreachable();
  });

  /** (gva, access, class) → gpa or -1: 32-bit paging, with PSE and PSE-36. SDM Vol. 3A §4.3. */
  const walk32 = m.func('walk32', ['i64', 'i32', 'i32'], ['i64'], (c) => {
    const [va, access, cls] = [c.param(0), c.param(1), c.param(2)];
    const directory = c.and(c.load('i64', 8, c.i32(0), L.CR3), c.i64(0xfffff000));
    const pdeAt = c.let(c.add(directory, c.and(c.shru(va, 20), 0xffc)));
    const pde = c.let(c.wrap(c.call(readEntry, pdeAt, 4)));
    c.if(c.eqz(c.and(pde, PTE_P)), () => c.ret(c.call(pageFault, va, access, cls, 0)));
    c.if(c.and(c.and(c.shru(cr4(c), 4), 1), c.shru(pde, 7)), () => {
      // Bits 13..20 are address bits 32..39 (PSE-36), bit 21 is reserved.
      c.if(c.and(pde, 1 << 21), () => c.ret(c.call(pageFault, va, access, cls, PF_P | PF_RSVD)));
      const high = c.shl(c.extu(c.and(c.shru(pde, 13), 0xff)), 32);
      finish(c, {
        va,
        access,
        cls,
        at: pdeAt,
        low: pde,
        rights: pde,
        nx: c.i32(0),
        large: c.i32(1),
        gpa: c.or(c.or(c.extu(c.and(pde, -0x400000)), high), c.and(va, 0x3fffff)),
      });
    });
    const pteAt = c.let(c.add(c.extu(c.and(pde, -4096)), c.and(c.shru(va, 10), 0xffc)));
    const pte = c.let(c.wrap(c.call(readEntry, pteAt, 4)));
    c.if(c.eqz(c.and(pte, PTE_P)), () => c.ret(c.call(pageFault, va, access, cls, 0)));
    c.if(c.eqz(c.and(pde, PTE_A)), () => c.do(setBits, pdeAt, PTE_A));
    finish(c, {
      va,
      access,
      cls,
      at: pteAt,
      low: pte,
      rights: c.and(pde, pte),
      nx: c.i32(0),
      large: c.i32(0),
      gpa: c.or(c.extu(c.and(pte, -4096)), c.and(va, 0xfff)),
    });
    c.unreachable();
  });

  /** What all walks end in: permission, A and D bits, the TLB entry, the address. */
  function finish(
    c: Code,
    leaf: {
      va: Val;
      access: Val;
      cls: Val;
      at: Val;
      low: Val;
      rights: Val;
      nx: Val;
      large: Val;
      gpa: Val;
    },
  ): void {
    const { va, access, cls, at, low } = leaf;
    const rights = c.let(leaf.rights);
    const flags = c.let(
      c.or(
        c.or(c.and(c.shru(rights, 1), ENTRY_WRITABLE | ENTRY_USER), c.shl(leaf.nx, 2)),
        c.shl(leaf.large, 5),
      ),
    );
    c.if(c.eqz(c.call(allowed, flags, access, cls)), () =>
      c.ret(c.call(pageFault, va, access, cls, PF_P)),
    );
    const want = c.let(c.select(c.eq(access, ACCESS_WRITE), c.i32(PTE_A | PTE_D), c.i32(PTE_A)));
    const missing = c.let(c.and(want, c.not(low)));
    c.if(missing, () => c.do(setBits, at, missing));
    const dirty = c.shru(c.and(c.or(low, want), PTE_D), 3);
    const global = c.and(c.shru(c.and(low, PTE_G), 4), c.and(c.shru(cr4(c), 3), ENTRY_GLOBAL));
    const gpa = c.let(leaf.gpa);
    c.do(tlb.insert, va, gpa, c.or(flags, c.or(dirty, global)));
    c.ret(gpa);
  }

  const walk = m.func('walk', ['i64', 'i32', 'i32'], ['i64'], (c) => {
    const [va, access, cls] = [c.param(0), c.param(1), c.param(2)];
    const cr3 = (): Val => c.load('i64', 8, c.i32(0), L.CR3);
    c.if(c.and(efer(c), 1 << 10), () =>
      c.ret(c.call(walk64, va, access, cls, c.and(cr3(), c.i64(PTE_ADDRESS)), PML4_SHIFT)),
    );
    c.if(c.and(cr4(c), 1 << 5), () => {
      const at = c.add(c.and(cr3(), c.i64(0xffffffe0)), c.and(c.shru(va, 27), 0x18));
      const pdpte = c.let(c.call(readEntry, at, 8));
      c.if(c.eqz(c.and(c.wrap(pdpte), PTE_P)), () => c.ret(c.call(pageFault, va, access, cls, 0)));
      c.ret(c.call(walk64, va, access, cls, c.and(pdpte, c.i64(PTE_ADDRESS)), 21));
    });
    c.result(c.call(walk32, va, access, cls));
  });

  const translate = m.func('translate', ['i64', 'i32', 'i32'], ['i64'], (c) => {
    const [va, access, cls] = [c.param(0), c.param(1), c.param(2)];
    c.if(c.ges(cr0(c), 0), () => c.ret(c.and(va, c.i64(0xffffffff))));
    const entry = c.let(c.shl(c.and(c.wrap(c.shru(va, 12)), L.ARCH_TLB_ENTRIES - 1), 4));
    const tag = c.let(c.load('i64', 8, entry, L.ARCH_TLB));
    c.if(c.eqz(c.and(c.xor(tag, va), -4096)), () => {
      const data = c.let(c.load('i64', 8, entry, L.ARCH_TLB + 8));
      const flags = c.let(c.wrap(data));
      const pcid = c.select(
        c.and(cr4(c), 1 << 17),
        c.and(c.load('i32', 4, c.i32(0), L.CR3), 0xfff),
        c.i32(0),
      );
      const mine = c.or(c.eq(c.and(c.wrap(tag), 0xfff), pcid), c.and(c.shru(flags, 4), 1));
      c.if(mine, () => {
        // A first write must still set the D bit; a denied access is walked again, because the
        // processor drops the entry of a faulting address (SDM Vol. 3A §4.10.4.1).
        const fresh = c.or(c.ne(access, ACCESS_WRITE), c.and(c.shru(flags, 3), 1));
        c.if(c.and(fresh, c.call(allowed, flags, access, cls)), () =>
          c.ret(c.or(c.and(data, c.i64(PTE_ADDRESS)), c.and(va, 0xfff))),
        );
      });
    });
    c.result(c.call(walk, va, access, cls));
  });

  return { translate };
}
