/**
 * The main WebAssembly module: paging, slow paths, control flow and the interpreter's handlers. It
 * is generated once per process and instantiated once per vCPU.
 */

import * as R from '../decode/record.ts';
import { defineFpu } from '../fpu/unit.ts';
import type { Runtime } from '../isa/emitter.ts';
import type { Row } from '../isa/row.ts';
import { definePaging } from '../memory/paging.ts';
import { definePhysical, defineSlow } from '../memory/slow.ts';
import { defineTlb } from '../memory/tlb.ts';
import * as L from '../vcpu/layout.ts';
import type { Func } from '../wasm/code.ts';
import { WasmModule } from '../wasm/module.ts';
import { defineControl, defineRun, enter } from './control.ts';
import { Handlers } from './handlers.ts';
import { definePageHash } from './hash.ts';

/** Table indices of the handlers that no row has. Index 0 is never a handler. */
export const HANDLER_INVALID = 1;
export const HANDLER_CONTINUE = 2;
export const HANDLER_STRADDLE = 3;
export const HANDLER_LIMIT = 4;
export const HANDLER_BREAK = 5;
export const HANDLER_RAISE = 6;
export const HANDLER_MICROCODE = 7;
export const HANDLER_COUNT = 8;

export interface MainModule {
  readonly module: WebAssembly.Module;
  readonly handlers: Handlers;
}

/** What the host gives a main module. */
export interface MainImports {
  memory: WebAssembly.Memory;
  touch(page: number): void;
  codeWrite(gpa: number, bytes: number): void;
  watch(gva: bigint, gpa: number, bytes: number, write: number): number;
  findBlock(): number;
  microcode(ip: number): number;
  /** The block that begins at this record has been interpreted HOT_AT times. */
  hot(ip: number): void;
  /** Does a write to these bytes of RAM hit compiled code? */
  codeHit(gpa: number, bytes: number): number;
}

/** What a main module gives the host. */
export interface MainExports extends Record<string, unknown> {
  readonly table: WebAssembly.Table;
  run(): void;
  find(): number;
  partial(block: number, n: number): void;
  readAt(gva: bigint, bytes: number, ip: number, cls: number): number;
  writeAt(gva: bigint, bytes: number, ip: number, cls: number, value: bigint): number;
  loadWide(low: number, high: number, cls: number): number;
  storeWide(low: number, high: number, cls: number, valueLow: number, valueHigh: number): number;
  probe(gva: bigint, bytes: number, cls: number, access: number): number;
  fetchPage(gva: bigint, cls: number): number;
  fetchRest(gva: bigint, cls: number): number;
  tlbFlush(what: number, gva: bigint, pcid: number): void;
  tlbDropFast(): void;
  tlbDropKind(kind: number): void;
  beforeWrite(gpa: number, bytes: number): void;
  flagWord(): number;
  /** Hash of the 4096 bytes at `pointer`, seeded by `page`. */
  pageHash(pointer: number, page: number): bigint;
}

export function generateMain(rows: readonly Row[]): { bytes: Uint8Array; handlers: Handlers } {
  const m = new WasmModule({ memoryPagesMin: L.RAM_BASE / 65536 });
  const imports = {
    touch: m.import('touch', ['i32'], []),
    codeWrite: m.import('codeWrite', ['i32', 'i32'], []),
    watch: m.import('watch', ['i64', 'i32', 'i32', 'i32'], ['i32']),
    findBlock: m.import('findBlock', [], ['i32']),
    microcode: m.import('microcode', ['i32'], ['i32']),
    hot: m.import('hot', ['i32'], []),
    codeHit: m.import('codeHit', ['i32', 'i32'], ['i32']),
  };
  const fetchPage = m.declare('fetchPage', ['i64', 'i32'], ['i32']);
  const tlb = defineTlb(m);
  const physical = definePhysical(m, imports);
  const paging = definePaging(m, tlb, physical);
  const control = defineControl(m, { ...imports, fetchPage });
  const slow = defineSlow(m, imports, physical, tlb, paging, { fault: control.fault, fetchPage });
  const { step, count } = defineRun(m, control, imports.hot);
  const runtime: Runtime = {
    ...defineFpu(m),
    readSlow: slow.readSlow,
    storeSlow: slow.storeSlow,
    modifySlow: slow.modifySlow,
    commit: slow.commit,
    segmentCheck: control.segmentCheck,
    fault: control.fault,
    carry: control.carry,
    flagWord: control.flagWord,
  };
  const handlers = new Handlers();
  handlers.functions.push(...specialHandlers(m, control, slow.fetchRest), count);
  handlers.generate(m, rows, runtime, control);
  m.elements(handlers.functions);
  for (const [name, func] of Object.entries({
    readAt: slow.readAt,
    writeAt: slow.writeAt,
    loadWide: slow.loadWide,
    storeWide: slow.storeWide,
    probe: slow.probe,
    fetchPage,
    fetchRest: slow.fetchRest,
    tlbFlush: tlb.flush,
    tlbDropFast: tlb.dropFast,
    tlbDropKind: tlb.dropKind,
    beforeWrite: physical.beforeWrite,
    pageHash: definePageHash(m),
    step,
    leave: control.leave,
    retire: control.retire,
    stop: control.stop,
    goto: control.goto,
    resolve: control.resolve,
    ...runtime,
  })) {
    m.exportFunc(name, func);
  }
  return { bytes: m.bytes(), handlers };
}

/** Handlers of records that are not instructions, in the order of the HANDLER_ numbers. */
function specialHandlers(
  m: WasmModule,
  control: ReturnType<typeof defineControl>,
  fetchRest: Func,
): Func[] {
  const none = m.func('none', ['i32'], ['i32'], (c) => c.unreachable());

  const leaveWith = (name: string, status: number): Func =>
    m.func(name, ['i32'], ['i32'], (c) => {
      c.store(4, c.i32(0), c.i32(status), L.STATUS);
      c.result(c.call(control.leave, c.param(0)));
    });
  const invalid = leaveWith('invalid', L.STATUS_INVALID);

  // The end of a block that does not end in a branch.
  const next = m.func('continue', ['i32'], ['i32'], (c) => {
    const block = c.let(c.load('i32', 4, c.param(0), R.REC_NOT_TAKEN));
    const long = c.eq(c.and(c.load('i32', 4, c.i32(0), L.MODE_KEY), 3), 2);
    c.if(c.eqz(block), () =>
      c.ret(c.call(control.resolve, c.param(0), 0, c.select(long, c.i32(8), c.i32(4)))),
    );
    enter(c, block, control.stop);
    c.unreachable();
  });

  // The block's only instruction reaches into the next page: is that still the page it was?
  const straddle = m.func('straddle', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    const rip = c.load('i64', 8, c.i32(0), L.RIP_PAGE);
    const base = c.load('i64', 8, c.i32(0), L.CODE_BASE);
    const second = c.let(c.add(c.and(c.add(rip, base), -4096), 4096));
    const cls = c.load('i32', 4, c.i32(0), L.CLASS);
    const page = c.let(c.call(fetchRest, second, cls));
    c.if(c.eqz(page), () => c.ret(c.call(control.leave, ip)));
    c.if(c.ne(page, c.load('i32', 4, ip, R.REC_IMM)), () => c.ret(c.call(invalid, ip)));
    c.result(c.add(ip, R.RECORD_BYTES));
  });

  // Does the code segment's limit still cover the block?
  const limit = m.func('limit', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    const last = c.add(c.load('i64', 8, c.i32(0), L.RIP_PAGE), c.load('i64', 8, ip, R.REC_IMM));
    const bound = c.load('i64', 4, c.i32(0), L.segment(L.CS) + L.SEG_LIMIT);
    c.if(c.gtu(last, bound), () => {
      c.store(4, c.i32(0), c.i32(L.STATUS_LIMIT), L.STATUS);
      c.ret(c.call(control.leave, ip));
    });
    c.result(c.add(ip, R.RECORD_BYTES));
  });

  const breakpoint = m.func('breakpoint', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    const here = c.add(
      c.add(c.load('i64', 8, c.i32(0), L.RIP_PAGE), c.load('i64', 8, c.i32(0), L.CODE_BASE)),
      c.load('i64', 2, ip, R.REC_OFFSET),
    );
    // The page of RAM may be mapped elsewhere as well: no breakpoint is there.
    c.if(c.ne(here, c.load('i64', 8, ip, R.REC_IMM)), () =>
      c.if(c.eqz(c.load('i32', 4, ip, R.REC_DISP)), () => c.ret(c.add(ip, R.RECORD_BYTES))),
    );
    c.if(c.load('i32', 4, c.i32(0), L.BREAK_PASS), () => {
      c.store(4, c.i32(0), c.i32(0), L.BREAK_PASS);
      c.ret(c.add(ip, R.RECORD_BYTES));
    });
    c.store(4, c.i32(0), c.i32(L.STATUS_BREAK), L.STATUS);
    c.result(c.call(control.leave, c.param(0)));
  });

  const raise = m.func('raise', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    c.do(control.fault, ip, c.load('i32', 4, ip, R.REC_IMM), 0);
    c.result(c.call(control.leave, ip));
  });

  return [none, invalid, next, straddle, limit, breakpoint, raise, control.microcode];
}
