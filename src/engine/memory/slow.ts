/**
 * The slow path of memory accesses: everything the fast TLB does not hold. Translates, checks
 * canonical form and alignment, fills the fast TLB, readies pages for being written, splits page
 * crossings, and turns accesses without RAM behind them into exits.
 *
 * An access that must be answered by the host stops the instruction before it has changed anything.
 * The host's answers are kept in ANSWERS; the instruction runs again from its start and takes them
 * in order, until it meets an access that has none yet.
 */

import { REC_SEGMENT, SEGMENT_STACK } from '../decode/record.ts';
import * as L from '../vcpu/layout.ts';
import { Code, type Func, type Val } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';
import type { PagingFunctions, PhysicalFunctions } from './paging.ts';
import type { TlbFunctions } from './tlb.ts';
import { defineTrail } from './trail.ts';

/** Set in the `ip` that compiled code passes to the slow path; records are 32-byte aligned. */
export const JIT_CALLER = 1;

export interface SlowImports {
  /** (page number) keeps the page's pre-image and marks it dirty. */
  readonly touch: Func;
  /** (gpa, bytes) drops the blocks decoded from these bytes. */
  readonly codeWrite: Func;
  /** (gpa, bytes) → 1 if compiled code lies there. */
  readonly codeHit: Func;
  /** (gva, gpa, bytes, write) → 1 if a watchpoint stops this instruction before it runs. */
  readonly watch: Func;
}

export interface SlowFunctions {
  readonly readSlow: Func;
  readonly storeSlow: Func;
  readonly modifySlow: Func;
  readonly commit: Func;
  /** (gva, bytes, ip, class) → pointer or 0. */
  readonly readAt: Func;
  /** (gva, bytes, ip, class, value) → 1 or 0. */
  readonly writeAt: Func;
  /** (gva low, gva high, class) → 1 and the eight bytes in WIDE, or 0. */
  readonly loadWide: Func;
  /** (gva low, gva high, class, value low, value high) → 1 or 0. */
  readonly storeWide: Func;
  /** (gva, bytes, class, access) → 1, or 0 and a fault: the access would succeed, as far as paging goes. */
  readonly probe: Func;
  /** The same for the rest of an instruction that begins on the page before: leaves no trace. */
  readonly fetchRest: Func;
}

const state = (c: Code, at: number): Val => c.load('i32', 4, c.i32(0), at);

/** (gpa) → is RAM behind it; (gpa, bytes) → ready for being written. */
export function definePhysical(m: WasmModule, imports: SlowImports): PhysicalFunctions {
  const isRam = m.func('isRam', ['i64'], ['i32'], (c) => {
    const at = c.param(0);
    const inside = c.ltu(at, c.extu(state(c, L.RAM_BYTES)));
    // [0xA0000, 0xC0000) is the PC's video hole.
    c.result(c.and(inside, c.ne(c.shru(at, 17), 5)));
  });
  const beforeWrite = m.func('beforeWrite', ['i32', 'i32'], [], (c) => {
    const page = c.let(c.shru(c.param(0), 12));
    const flags = c.let(c.load('i32', 1, page, L.PAGE_FLAGS));
    c.if(c.eqz(c.and(flags, L.PAGE_DIRTY)), () => c.do(imports.touch, page));
    c.if(c.and(flags, L.PAGE_CODE), () => c.do(imports.codeWrite, c.param(0), c.param(1)));
  });
  return { isRam, beforeWrite };
}

export function defineSlow(
  m: WasmModule,
  imports: SlowImports,
  physical: PhysicalFunctions,
  tlb: TlbFunctions,
  paging: PagingFunctions,
  { fault, fetchPage }: { fault: Func; fetchPage: Func },
): SlowFunctions {
  const { isRam, beforeWrite } = physical;
  const trail = defineTrail(m);

  /** (gpa, bytes, write, value) → pointer to the host's answer, or 0 and an exit. */
  const device = m.func('device', ['i64', 'i32', 'i32', 'i64'], ['i32'], (c) => {
    const next = c.let(state(c, L.ANSWER_NEXT));
    c.if(c.ltu(next, state(c, L.ANSWERED)), () => {
      c.store(4, c.i32(0), c.add(next, 1), L.ANSWER_NEXT);
      c.ret(c.add(c.shl(next, 3), L.ANSWERS));
    });
    c.store(8, c.i32(0), c.param(0), L.MMIO_GPA);
    c.store(4, c.i32(0), c.param(1), L.MMIO_SIZE);
    c.store(4, c.i32(0), c.param(2), L.MMIO_WRITE);
    c.store(8, c.i32(0), c.param(3), L.MMIO_VALUE);
    c.store(4, c.i32(0), c.i32(L.STATUS_MMIO), L.STATUS);
    c.result(c.i32(0));
  });

  /** Returns 0 from the function, with the fault recorded, unless the address may be accessed. */
  const checkForm = m.func('checkForm', ['i64', 'i32', 'i32', 'i32'], ['i32'], (c) => {
    const [va, bytes, ip, cls] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    c.if(c.and(state(c, L.EFER), 1 << 10), () => {
      const last = c.let(c.add(va, c.extu(c.sub(bytes, 1))));
      const bad = c.or(
        c.ne(c.shrs(c.shl(va, 16), 16), va),
        c.ne(c.shrs(c.shl(last, 16), 16), last),
      );
      c.if(bad, () => {
        const record = c.and(ip, -32);
        const stack = c.and(c.load('i32', 1, record, REC_SEGMENT), SEGMENT_STACK);
        c.do(fault, ip, c.select(c.and(c.ne(ip, 0), c.ne(stack, 0)), c.i32(12), c.i32(13)), 0);
        c.ret(0);
      });
    });
    const aligned = c.eqz(c.and(c.wrap(va), c.sub(bytes, 1)));
    const checked = c.and(state(c, L.ALIGN), c.and(c.eq(cls, L.CLASS_USER), c.leu(bytes, 8)));
    c.if(c.and(checked, c.eqz(aligned)), () => {
      c.do(fault, ip, 17, 0);
      c.ret(0);
    });
    c.result(c.i32(1));
  });

  const pageFaultAt = (c: Code): void => {
    c.store(4, c.i32(0), c.i32(L.STATUS_FAULT), L.STATUS);
    c.ret(0);
  };

  /** Address of the page after `va`'s: wraps at 4 GiB outside long mode. */
  const nextPage = (c: Code, va: Val): Val => {
    const next = c.let(c.add(c.and(va, -4096), 4096));
    const long = c.and(state(c, L.EFER), 1 << 10);
    return c.let(c.select(long, next, c.and(next, c.i64(0xffffffff))));
  };

  const crosses = (c: Code, va: Val, bytes: Val): Val =>
    c.gtu(c.add(c.and(c.wrap(va), 0xfff), bytes), 4096);

  /** (gpa first, gpa second, first bytes, i) → gpa of byte i of a crossing access. */
  const byteAt = m.func('byteAt', ['i64', 'i64', 'i32', 'i32'], ['i64'], (c) => {
    const [a, b, first, i] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    c.if(c.ltu(i, first), () => c.ret(c.add(a, c.extu(i))));
    c.result(c.add(b, c.extu(c.sub(i, first))));
  });

  /** (gpa a, gpa b, first, bytes) → 1 once SCRATCH holds the bytes of a crossing access. */
  const gather = m.func('gather', ['i64', 'i64', 'i32', 'i32'], ['i32'], (c) => {
    const [a, b, first, bytes] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const i = c.var('i32', 0);
    c.loop((again) => {
      const at = c.let(c.call(byteAt, a, b, first, c.get(i)));
      const from = c.var('i32');
      c.if(
        c.call(isRam, at),
        () => c.set(from, c.add(c.wrap(at), L.RAM_BASE)),
        () => {
          c.set(from, c.call(device, at, 1, 0, c.i64(0)));
          c.if(c.eqz(c.get(from)), () => c.ret(0));
        },
      );
      c.store(1, c.get(i), c.load('i32', 1, c.get(from)), L.SCRATCH);
      c.set(i, c.add(c.get(i), 1));
      c.brIf(again, c.ltu(c.get(i), bytes));
    });
    c.result(c.i32(1));
  });

  /** (gpa a, gpa b, first, bytes, pointer) → 1 once the bytes at the pointer are where they belong. */
  const scatter = m.func('scatter', ['i64', 'i64', 'i32', 'i32', 'i32'], ['i32'], (c) => {
    const [a, b, first, bytes, from] = [0, 1, 2, 3, 4].map((n) => c.param(n)) as [
      Val,
      Val,
      Val,
      Val,
      Val,
    ];
    const i = c.var('i32', 0);
    c.loop((again) => {
      const at = c.let(c.call(byteAt, a, b, first, c.get(i)));
      const byte = c.let(c.load('i32', 1, c.add(from, c.get(i))));
      c.if(
        c.call(isRam, at),
        () => {
          c.do(beforeWrite, c.wrap(at), 1);
          c.store(1, c.wrap(at), byte, L.RAM_BASE);
        },
        () => c.if(c.eqz(c.call(device, at, 1, 1, c.extu(byte))), () => c.ret(0)),
      );
      c.set(i, c.add(c.get(i), 1));
      c.brIf(again, c.ltu(c.get(i), bytes));
    });
    c.result(c.i32(1));
  });

  /** Goes through the entries of WATCHES for the page of an address and a kind; `then` may return. */
  const eachWatch = (c: Code, va: Val, kind: Val, then: (at: Val) => void): void => {
    const page = c.let(c.and(va, -4096));
    const at = c.var('i32', c.mul(state(c, L.WATCH_COUNT), L.WATCH_STRIDE));
    c.loop((again) => {
      c.if(c.get(at), () => {
        c.set(at, c.sub(c.get(at), L.WATCH_STRIDE));
        const entry = c.let(c.load('i64', 8, c.get(at), L.WATCHES));
        const here = c.eq(c.and(entry, -4096), page);
        c.if(c.and(here, c.ne(c.and(c.wrap(entry), kind), 0)), () => then(c.get(at)));
        c.br(again);
      });
    });
  };

  /** Does a physical page hold something that is watched? Then `listed` looks for what. */
  const onWatchedPage = (c: Code, gpa: Val, listed: () => void): void => {
    const flags = c.load('i32', 1, c.shru(gpa, 12), L.PAGE_FLAGS);
    c.if(c.and(flags, L.PAGE_WATCH), () => {
      c.if(state(c, L.WATCH_UNLISTED), () => c.ret(1));
      listed();
    });
  };

  /** (gva, gpa, kind) → 1 if no fast TLB may hold the page for this kind of access. */
  const watched = m.func('watched', ['i64', 'i32', 'i32'], ['i32'], (c) => {
    const [va, gpa, kind] = [c.param(0), c.param(1), c.param(2)];
    onWatchedPage(c, gpa, () =>
      eachWatch(c, c.extu(gpa), c.shl(kind, L.WATCH_PHYSICAL), () => c.ret(1)),
    );
    eachWatch(c, va, kind, () => c.ret(1));
    c.result(c.i32(0));
  });

  /** (gva, gpa, bytes, kind) → 1 if this access touches something that is watched. */
  const touches = m.func('touches', ['i64', 'i32', 'i32', 'i32'], ['i32'], (c) => {
    const [va, gpa, bytes, kind] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const overlaps = (address: Val, of: Val): void => {
      const first = c.let(address);
      const last = c.let(c.add(first, c.extu(c.sub(bytes, 1))));
      eachWatch(c, first, of, (at) => {
        const reaches = c.geu(last, c.load('i64', 8, at, L.WATCHES + 8));
        c.if(c.and(reaches, c.leu(first, c.load('i64', 8, at, L.WATCHES + 16))), () => c.ret(1));
      });
    };
    onWatchedPage(c, gpa, () => overlaps(c.extu(gpa), c.shl(kind, L.WATCH_PHYSICAL)));
    overlaps(va, kind);
    c.result(c.i32(0));
  });

  /**
   * Every access to RAM that is not in the fast TLB passes here and is noted in the trail. Is the page
   * at this gpa watched, and does the watch stop us? Returns 0 from the function if so.
   */
  const watchOr0 = (c: Code, at: Val, gpa: Val, length: Val, write: number): void => {
    const va = c.let(at);
    const bytes = c.let(length);
    c.do(trail, write ? L.TRAIL_WRITE : L.TRAIL_READ, va);
    const kind = write ? L.WATCH_WRITES : L.WATCH_READS;
    c.if(c.call(touches, va, c.wrap(gpa), bytes, kind), () =>
      c.if(c.call(imports.watch, va, c.wrap(gpa), bytes, write), () => {
        c.store(4, c.i32(0), c.i32(L.STATUS_WATCH), L.STATUS);
        c.ret(0);
      }),
    );
  };

  /**
   * Compiled code (ip tagged by JIT_CALLER) must not write over compiled code, which may be itself:
   * returns 0 from the function, and the interpreter makes this write.
   */
  const redoOr0 = (c: Code, ip: Val, gpa: Val, length: Val): void => {
    const bytes = c.let(length);
    c.if(c.and(ip, JIT_CALLER), () => {
      const flags = c.load('i32', 1, c.shru(c.wrap(gpa), 12), L.PAGE_FLAGS);
      c.if(c.and(flags, L.PAGE_CODE), () =>
        c.if(c.call(imports.codeHit, c.wrap(gpa), bytes), () => {
          c.store(4, c.i32(0), c.i32(L.STATUS_REDO), L.STATUS);
          c.ret(0);
        }),
      );
    });
  };

  const fillIf = (c: Code, kind: number, va: Val, gpa: Val, cls: Val, blocked: number): void => {
    const flags = c.load('i32', 1, c.shru(c.wrap(gpa), 12), L.PAGE_FLAGS);
    const watch = kind === L.TLB_WRITE ? L.WATCH_WRITES : L.WATCH_READS;
    const unseen = c.eqz(c.call(watched, va, c.wrap(gpa), watch));
    const free = c.and(c.eqz(c.and(flags, blocked)), unseen);
    c.if(c.and(free, c.eq(cls, state(c, L.CLASS))), () =>
      c.do(tlb.fill, kind, va, c.add(c.wrap(gpa), L.RAM_BASE)),
    );
  };

  const readAt = m.func('readAt', ['i64', 'i32', 'i32', 'i32'], ['i32'], (c) => {
    const [va, bytes, ip, cls] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    c.if(c.eqz(c.call(checkForm, va, bytes, ip, cls)), () => c.ret(0));
    const gpa = c.let(c.call(paging.translate, va, L.ACCESS_READ, cls));
    c.if(c.eq(gpa, -1), () => pageFaultAt(c));
    c.if(crosses(c, va, bytes), () => {
      const second = c.let(c.call(paging.translate, nextPage(c, va), L.ACCESS_READ, cls));
      c.if(c.eq(second, -1), () => pageFaultAt(c));
      const first = c.let(c.sub(c.i32(4096), c.and(c.wrap(va), 0xfff)));
      c.if(c.call(isRam, gpa), () => watchOr0(c, va, gpa, first, 0));
      c.if(c.call(isRam, second), () =>
        watchOr0(c, c.add(va, c.extu(first)), second, c.sub(bytes, first), 0),
      );
      c.if(c.eqz(c.call(gather, gpa, second, first, bytes)), () => c.ret(0));
      c.ret(c.i32(L.SCRATCH));
    });
    c.if(c.call(isRam, gpa), () => {
      watchOr0(c, va, gpa, bytes, 0);
      fillIf(c, L.TLB_READ, va, gpa, cls, 0);
      c.ret(c.add(c.wrap(gpa), L.RAM_BASE));
    });
    c.if(c.leu(bytes, 8), () => {
      const answer = c.let(c.call(device, gpa, bytes, 0, c.i64(0)));
      c.if(c.eqz(answer), () => c.ret(0));
      c.store(8, c.i32(0), c.load('i64', 8, answer), L.SCRATCH);
      c.ret(c.i32(L.SCRATCH));
    });
    // Wider than a device access can be: eight bytes at a time.
    for (let half = 0; half < 16; half += 8) {
      const answer = c.let(c.call(device, c.add(gpa, half), 8, 0, c.i64(0)));
      c.if(c.eqz(answer), () => c.ret(0));
      c.store(8, c.i32(0), c.load('i64', 8, answer), L.SCRATCH + half);
    }
    c.result(c.i32(L.SCRATCH));
  });

  const writeAt = m.func('writeAt', ['i64', 'i32', 'i32', 'i32', 'i64'], ['i32'], (c) => {
    const [va, bytes, ip, cls, value] = [0, 1, 2, 3, 4].map((n) => c.param(n)) as [
      Val,
      Val,
      Val,
      Val,
      Val,
    ];
    c.if(c.eqz(c.call(checkForm, va, bytes, ip, cls)), () => c.ret(0));
    const gpa = c.let(c.call(paging.translate, va, L.ACCESS_WRITE, cls));
    c.if(c.eq(gpa, -1), () => pageFaultAt(c));
    c.if(crosses(c, va, bytes), () => {
      const second = c.let(c.call(paging.translate, nextPage(c, va), L.ACCESS_WRITE, cls));
      c.if(c.eq(second, -1), () => pageFaultAt(c));
      const first = c.let(c.sub(c.i32(4096), c.and(c.wrap(va), 0xfff)));
      c.if(c.call(isRam, gpa), () => watchOr0(c, va, gpa, first, 1));
      c.if(c.call(isRam, second), () =>
        watchOr0(c, c.add(va, c.extu(first)), second, c.sub(bytes, first), 1),
      );
      c.if(c.call(isRam, gpa), () => redoOr0(c, ip, gpa, first));
      c.if(c.call(isRam, second), () => redoOr0(c, ip, second, c.sub(bytes, first)));
      c.store(8, c.i32(0), value, L.SCRATCH + 64);
      c.ret(c.call(scatter, gpa, second, first, bytes, L.SCRATCH + 64));
    });
    c.if(c.call(isRam, gpa), () => {
      watchOr0(c, va, gpa, bytes, 1);
      redoOr0(c, ip, gpa, bytes);
      c.do(beforeWrite, c.wrap(gpa), bytes);
      fillIf(c, L.TLB_WRITE, va, gpa, cls, L.PAGE_CODE);
      const at = c.let(c.wrap(gpa));
      c.switch(c.ctz(bytes), [
        () => c.store(1, at, value, L.RAM_BASE),
        () => c.store(2, at, value, L.RAM_BASE),
        () => c.store(4, at, value, L.RAM_BASE),
        () => c.store(8, at, value, L.RAM_BASE),
      ]);
      c.ret(1);
    });
    c.result(c.ne(c.call(device, gpa, bytes, 1, value), 0));
  });

  const readSlow = m.func('readSlow', ['i64', 'i32', 'i32'], ['i32'], (c) =>
    c.result(c.call(readAt, c.param(0), c.param(1), c.param(2), state(c, L.CLASS))),
  );
  const storeSlow = m.func('storeSlow', ['i64', 'i32', 'i32', 'i64'], ['i32'], (c) =>
    c.result(c.call(writeAt, c.param(0), c.param(1), c.param(2), state(c, L.CLASS), c.param(3))),
  );

  const modifySlow = m.func('modifySlow', ['i64', 'i32', 'i32'], ['i32'], (c) => {
    const [va, bytes, ip] = [c.param(0), c.param(1), c.param(2)];
    const cls = c.let(state(c, L.CLASS));
    c.if(c.eqz(c.call(checkForm, va, bytes, ip, cls)), () => c.ret(0));
    const gpa = c.let(c.call(paging.translate, va, L.ACCESS_WRITE, cls));
    c.if(c.eq(gpa, -1), () => pageFaultAt(c));
    c.if(c.and(c.eqz(crosses(c, va, bytes)), c.call(isRam, gpa)), () => {
      watchOr0(c, va, gpa, bytes, 1);
      redoOr0(c, ip, gpa, bytes);
      c.do(beforeWrite, c.wrap(gpa), bytes);
      fillIf(c, L.TLB_WRITE, va, gpa, cls, L.PAGE_CODE);
      c.ret(c.add(c.wrap(gpa), L.RAM_BASE));
    });
    c.if(crosses(c, va, bytes), () => {
      const second = c.call(paging.translate, nextPage(c, va), L.ACCESS_WRITE, cls);
      c.if(c.eq(second, -1), () => pageFaultAt(c));
    });
    // Read through the ordinary path into SCRATCH; `commit` writes it back.
    c.store(8, c.i32(0), va, L.STAGED_GVA);
    c.result(c.call(readAt, va, bytes, ip, cls));
  });

  const commit = m.func('commit', ['i32', 'i32'], ['i32'], (c) => {
    const [bytes, ip] = [c.param(0), c.param(1)];
    const cls = c.let(state(c, L.CLASS));
    const va = c.let(c.load('i64', 8, c.i32(0), L.STAGED_GVA));
    c.if(c.eq(bytes, 16), () => {
      const high = c.let(c.load('i64', 8, c.i32(0), L.SCRATCH + 8));
      c.if(c.eqz(c.call(writeAt, va, 8, ip, cls, c.load('i64', 8, c.i32(0), L.SCRATCH))), () =>
        c.ret(0),
      );
      c.ret(c.call(writeAt, c.add(va, 8), 8, ip, cls, high));
    });
    c.result(c.call(writeAt, va, bytes, ip, cls, c.load('i64', 8, c.i32(0), L.SCRATCH)));
  });

  const probe = m.func('probe', ['i64', 'i32', 'i32', 'i32'], ['i32'], (c) => {
    const [va, bytes, cls, access] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    c.if(c.eqz(c.call(checkForm, va, bytes, 0, cls)), () => c.ret(0));
    c.if(c.eq(c.call(paging.translate, va, access, cls), -1), () => pageFaultAt(c));
    c.if(crosses(c, va, bytes), () => {
      const second = c.call(paging.translate, nextPage(c, va), access, cls);
      c.if(c.eq(second, -1), () => pageFaultAt(c));
    });
    c.result(c.i32(1));
  });

  /** (low, high of a gva) → the gva. */
  const joined = (c: Code): Val => c.or(c.shl(c.extu(c.param(1)), 32), c.extu(c.param(0)));
  const loadWide = m.func('loadWide', ['i32', 'i32', 'i32'], ['i32'], (c) => {
    const at = c.let(c.call(readAt, joined(c), 8, 0, c.param(2)));
    c.if(c.eqz(at), () => c.ret(0));
    c.store(8, c.i32(0), c.load('i64', 8, at), L.WIDE);
    c.result(c.i32(1));
  });
  const storeWide = m.func('storeWide', ['i32', 'i32', 'i32', 'i32', 'i32'], ['i32'], (c) => {
    const value = c.or(c.shl(c.extu(c.param(4)), 32), c.extu(c.param(3)));
    c.result(c.call(writeAt, joined(c), 8, 0, c.param(2), value));
  });

  const defineFetch = (func: Func, enters: boolean): Func => {
    m.define(func, new Code(func.params), (c) => {
      const [va, cls] = [c.param(0), c.param(1)];
      const gpa = c.let(c.call(paging.translate, va, L.ACCESS_EXECUTE, cls));
      c.if(c.eq(gpa, -1), () => pageFaultAt(c));
      c.if(c.eqz(c.call(isRam, gpa)), () => c.ret(1));
      const pointer = c.let(c.add(c.wrap(gpa), L.RAM_BASE));
      if (enters) {
        c.do(trail, L.TRAIL_EXECUTE, va);
        c.if(c.eq(cls, state(c, L.CLASS)), () => c.do(tlb.fill, L.TLB_EXECUTE, va, pointer));
      }
      c.result(c.and(pointer, -4096));
    });
    return func;
  };
  defineFetch(fetchPage, true);
  const fetchRest = defineFetch(m.declare('fetchRest', ['i64', 'i32'], ['i32']), false);

  return {
    readSlow,
    storeSlow,
    modifySlow,
    commit,
    readAt,
    writeAt,
    loadWide,
    storeWide,
    probe,
    fetchRest,
  };
}
