/**
 * Control flow of the interpreter: entering blocks, leaving generated code, the run loop itself.
 *
 * A handler takes the pointer of its record and returns the pointer of the next record to execute,
 * or 0 to leave generated code with STATUS set. LEFT is charged for a whole block when it is
 * entered; whoever leaves in the middle gives back what was not executed (`remaining`).
 */

import * as R from '../decode/record.ts';
import { CC_ADD, CC_FLAGS, CC_RESULT, CC_SUB, carry, flagWord } from '../isa/flags.ts';
import { canonicalTest } from '../memory/canonical.ts';
import * as L from '../vcpu/layout.ts';
import type { Code, Func, Val } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';

export interface ControlImports {
  /** (gva, class) → pointer to the page of code in RAM, 0 on a fault, 1 where there is no RAM. */
  readonly fetchPage: Func;
  /** () → block for the code at RIP, or 0 with STATUS set. */
  readonly findBlock: Func;
  /** (ip) → a MICROCODE_ answer. */
  readonly microcode: Func;
}

/** What the host's microcode hook answers. */
export const MICROCODE_LEAVE = 0;
export const MICROCODE_NEXT = 1;
export const MICROCODE_RESUME = 2;

export interface ControlFunctions {
  /** (ip, vector, error) → 0, with the fault recorded. */
  readonly fault: Func;
  /** (ip) → 0: not retired; gives back the rest of the block, itself included. */
  readonly leave: Func;
  /** (ip) → 0: retired; RIP is the next instruction, STATUS_BOUNDARY. */
  readonly retire: Func;
  /** (rip) → next record: enters the block at RIP, which is on any page. */
  readonly goto: Func;
  /** (block) → 0: LEFT does not reach over the block. */
  readonly stop: Func;
  /** (ip, 1 if taken, target size) → next record; links the branch to its target if on this page. */
  readonly resolve: Func;
  readonly microcode: Func;
  readonly carry: Func;
  readonly flagWord: Func;
  readonly segmentCheck: Func;
}

const i32At = (c: Code, at: number): Val => c.load('i32', 4, c.i32(0), at);
const i64At = (c: Code, at: number): Val => c.load('i64', 8, c.i32(0), at);

/** Charges a block's instructions and goes to its first record; leaves if LEFT does not suffice. */
export function enter(c: Code, block: Val, stop: Func): void {
  const left = c.let(c.sub(i32At(c, L.LEFT), c.load('i32', 1, block, R.REC_REMAINING)));
  c.if(c.lts(left, 0), () => c.ret(c.call(stop, block)));
  c.store(4, c.i32(0), left, L.LEFT);
  c.ret(block);
}

/** Index in BLOCK_HASH of the block whose first byte is at a pointer, which Blocks computes too. */
const blockHash = (c: Code, pointer: Val): Val =>
  c.and(c.xor(pointer, c.shru(pointer, 11)), L.BLOCK_HASH_ENTRIES - 1);

/** RIP of the instruction at a record. */
const ripOf = (c: Code, ip: Val, extra?: Val): Val => {
  const offset = c.load('i64', 2, ip, R.REC_OFFSET);
  const sum = c.add(i64At(c, L.RIP_PAGE), extra ? c.add(offset, extra) : offset);
  return c.and(sum, i64At(c, L.RIP_MASK));
};

interface Fetched {
  readonly rip: Val;
  readonly lin: Val;
  /** Low half of it. */
  readonly low: Val;
  readonly key: Val;
  /** Where its byte is in memory. */
  readonly pointer: Val;
}

/** Returns the block at a place whose page is known, if it has been decoded. */
function findDecoded(c: Code, { rip, lin, low, key, pointer }: Fetched): void {
  const hash = c.and(c.xor(low, c.shru(low, 12)), L.JUMP_CACHE_ENTRIES - 1);
  const entry = c.let(c.mul(hash, L.JUMP_CACHE_STRIDE));
  const found = (block: Val): void => {
    c.store(8, c.i32(0), c.sub(rip, c.and(lin, 0xfff)), L.RIP_PAGE);
    c.ret(block);
  };
  const known = c.and(
    c.eq(c.load('i64', 8, entry, L.JUMP_CACHE), lin),
    c.and(
      c.eq(c.load('i32', 4, entry, L.JUMP_CACHE + 8), key),
      c.eq(c.load('i32', 4, entry, L.JUMP_CACHE + 12), pointer),
    ),
  );
  c.if(known, () => found(c.load('i32', 4, entry, L.JUMP_CACHE + L.JUMP_CACHE_BLOCK)));
  // Not where it was looked for, but perhaps decoded all the same.
  const at = c.let(c.shl(blockHash(c, pointer), 4));
  const decoded = c.and(
    c.eq(c.load('i32', 4, at, L.BLOCK_HASH), pointer),
    c.eq(c.load('i32', 4, at, L.BLOCK_HASH + 4), key),
  );
  c.if(decoded, () => {
    const block = c.let(c.load('i32', 4, at, L.BLOCK_HASH + 8));
    c.store(8, entry, lin, L.JUMP_CACHE);
    c.store(4, entry, key, L.JUMP_CACHE + 8);
    c.store(4, entry, pointer, L.JUMP_CACHE + 12);
    c.store(4, entry, block, L.JUMP_CACHE + L.JUMP_CACHE_BLOCK);
    found(block);
  });
}

export function defineControl(m: WasmModule, imports: ControlImports): ControlFunctions {
  const setStatus = (c: Code, status: number): void =>
    c.store(4, c.i32(0), c.i32(status), L.STATUS);

  const fault = m.func('fault', ['i32', 'i32', 'i32'], ['i32'], (c) => {
    c.store(4, c.i32(0), c.param(1), L.FAULT_VECTOR);
    c.store(4, c.i32(0), c.param(2), L.FAULT_ERROR);
    setStatus(c, L.STATUS_FAULT);
    c.result(c.i32(0));
  });

  const leave = m.func('leave', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    c.store(8, c.i32(0), ripOf(c, ip), L.RIP);
    c.store(4, c.i32(0), ip, L.STOP_AT);
    const back = c.load('i32', 1, ip, R.REC_REMAINING);
    c.store(4, c.i32(0), c.add(i32At(c, L.LEFT), back), L.LEFT);
    c.result(c.i32(0));
  });

  const retire = m.func('retire', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    c.store(8, c.i32(0), ripOf(c, ip, c.load('i64', 1, ip, R.REC_LENGTH)), L.RIP);
    const back = c.sub(c.load('i32', 1, ip, R.REC_REMAINING), 1);
    c.store(4, c.i32(0), c.add(i32At(c, L.LEFT), back), L.LEFT);
    setStatus(c, L.STATUS_BOUNDARY);
    c.result(c.i32(0));
  });

  const stop = m.func('stop', ['i32'], ['i32'], (c) => {
    c.store(8, c.i32(0), ripOf(c, c.param(0)), L.RIP);
    setStatus(c, L.STATUS_STOP);
    c.result(c.i32(0));
  });

  /** () → the block at RIP, not entered; 0 with STATUS set. Sets RIP_PAGE. */
  const find = m.func('find', [], ['i32'], (c) => {
    const rip = c.let(i64At(c, L.RIP));
    const lin = c.let(c.add(rip, i64At(c, L.CODE_BASE)));
    const low = c.let(c.wrap(lin));
    const key = c.let(i32At(c, L.MODE_KEY));
    const mapped = c.var('i32');
    const probe = (): void => {
      const page = c.let(
        c.add(c.and(c.shru(low, 8), (L.TLB_ENTRIES - 1) * 16), i32At(c, L.TLB_BASE)),
      );
      c.set(mapped, c.eq(c.load('i64', 8, page, L.TLB_EXECUTE), c.and(lin, -4096)));
      c.if(c.get(mapped), () => {
        const pointer = c.let(c.add(c.load('i32', 4, page, L.TLB_EXECUTE + 8), low));
        findDecoded(c, { rip, lin, low, key, pointer });
      });
    };
    probe();
    // A page that only the fast TLB has forgotten. Blocks wants to hear of it if there are breakpoints.
    c.if(c.eqz(c.or(c.get(mapped), i32At(c, L.BREAKS))), () => {
      const long = c.eq(c.and(key, 3), 2);
      const limit = c.extu(i32At(c, L.segment(L.CS) + L.SEG_LIMIT));
      const legacy = c.and(c.leu(rip, limit), c.eqz(c.shru(lin, 32)));
      c.if(c.select(long, canonicalTest(c, lin), legacy), () => {
        const page = c.let(c.call(imports.fetchPage, lin, i32At(c, L.CLASS)));
        c.if(c.eqz(page), () => c.ret(0));
        probe();
      });
    });
    c.result(c.call(imports.findBlock));
  });
  m.exportFunc('find', find);

  /** Stops before the next instruction is so much as fetched: that may fault. RIP is set. */
  const stopIfSpent = (c: Code): void =>
    c.if(c.les(i32At(c, L.LEFT), 0), () => {
      setStatus(c, L.STATUS_STOP);
      c.ret(0);
    });

  const goto_ = m.func('goto', ['i64'], ['i32'], (c) => {
    c.store(8, c.i32(0), c.param(0), L.RIP);
    stopIfSpent(c);
    const block = c.let(c.call(find));
    c.if(c.eqz(block), () => c.ret(0));
    enter(c, block, stop);
    c.unreachable();
  });

  const resolve = m.func('resolve', ['i32', 'i32', 'i32'], ['i32'], (c) => {
    const [ip, taken, size] = [c.param(0), c.param(1), c.param(2)];
    const from = c.let(i64At(c, L.RIP_PAGE));
    const target = c.var('i64');
    c.if(
      taken,
      () => {
        const behind = ripOf(c, ip, c.load('i64', 1, ip, R.REC_LENGTH));
        c.set(target, c.add(behind, c.loads('i64', 4, ip, R.REC_DISP)));
        c.if(c.eq(size, 2), () => c.set(target, c.and(c.get(target), 0xffff)));
        c.if(c.eq(size, 4), () => c.set(target, c.and(c.get(target), c.i64(0xffffffff))));
        const limit = c.extu(i32At(c, L.segment(L.CS) + L.SEG_LIMIT));
        const bad = c.select(
          c.eq(size, 8),
          c.eqz(canonicalTest(c, c.get(target))),
          c.gtu(c.get(target), limit),
        );
        c.if(bad, () => {
          c.do(fault, ip, 13, 0);
          c.ret(c.call(leave, ip));
        });
      },
      () => c.set(target, ripOf(c, ip, c.load('i64', 1, ip, R.REC_LENGTH))),
    );
    c.store(8, c.i32(0), c.get(target), L.RIP);
    stopIfSpent(c);
    const block = c.let(c.call(find));
    c.if(c.eqz(block), () => c.ret(0));
    // Links stay within a page: the mapping cannot change under them. A segment with a limit that
    // could be shortened meanwhile is never linked.
    const limit = c.let(i32At(c, L.segment(L.CS) + L.SEG_LIMIT));
    const safe = c.or(c.eq(size, 8), c.or(c.eq(limit, -1), c.eq(limit, 0xffff)));
    c.if(c.and(c.eq(from, i64At(c, L.RIP_PAGE)), safe), () =>
      c.if(
        taken,
        () => c.store(4, ip, block, R.REC_TAKEN),
        () => c.store(4, ip, block, R.REC_NOT_TAKEN),
      ),
    );
    enter(c, block, stop);
    c.unreachable();
  });

  const microcode = m.func('microcode', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    c.store(8, c.i32(0), ripOf(c, ip), L.RIP);
    const answer = c.let(c.call(imports.microcode, ip));
    c.if(c.eq(answer, MICROCODE_NEXT), () => c.ret(c.add(ip, R.RECORD_BYTES)));
    c.if(c.eq(answer, MICROCODE_RESUME), () => c.ret(c.call(goto_, i64At(c, L.RIP))));
    c.result(c.i32(0));
  });

  const cc = (c: Code): { a: Val; b: Val; r: Val } => ({
    a: c.let(i64At(c, L.CC_A)),
    b: c.let(i64At(c, L.CC_B)),
    r: c.let(i64At(c, L.CC_R)),
  });
  const carryFunc = m.func('carry', [], ['i32'], (c) => {
    const values = cc(c);
    c.switch(
      i32At(c, L.CC_OP),
      [CC_FLAGS, CC_ADD, CC_SUB, CC_RESULT].map((kind) => () => c.ret(carry(c, kind, values))),
    );
    c.unreachable();
  });
  const flagWordFunc = m.func('flagWord', [], ['i32'], (c) => {
    const values = cc(c);
    c.switch(
      i32At(c, L.CC_OP),
      [CC_FLAGS, CC_ADD, CC_SUB, CC_RESULT].map((kind) => () => c.ret(flagWord(c, kind, values))),
    );
    c.unreachable();
  });

  /** Limit and type check of a legacy segment access. SDM Vol. 3A §5.3, §5.5. */
  const segmentCheck = m.func('segmentCheck', ['i32', 'i32', 'i64', 'i32', 'i32'], ['i64'], (c) => {
    const [ip, slot, offset, bytes, write] = [0, 1, 2, 3, 4].map((n) => c.param(n)) as [
      Val,
      Val,
      Val,
      Val,
      Val,
    ];
    const seg = c.let(c.mul(c.and(slot, 15), L.SEG_STRIDE));
    const rights = c.let(c.load('i32', 4, seg, L.SEGMENTS + L.SEG_RIGHTS));
    const limit = c.let(c.load('i64', 4, seg, L.SEGMENTS + L.SEG_LIMIT));
    const last = c.let(c.add(offset, c.extu(c.sub(bytes, 1))));
    c.block((bad) => {
      c.brIf(bad, c.eqz(c.and(rights, 0x80)));
      c.if(
        c.and(rights, 0x08),
        () => c.brIf(bad, c.or(write, c.eqz(c.and(rights, 0x02)))),
        () => c.brIf(bad, c.and(write, c.eqz(c.and(c.shru(rights, 1), 1)))),
      );
      c.if(
        c.eq(c.and(rights, 0x0c), 0x04),
        () => {
          const top = c.select(c.and(rights, 0x4000), c.i64(0xffffffff), c.i64(0xffff));
          c.brIf(bad, c.or(c.leu(offset, limit), c.gtu(last, top)));
        },
        () => c.brIf(bad, c.gtu(last, limit)),
      );
      const base = c.load('i64', 8, seg, L.SEGMENTS + L.SEG_BASE);
      c.ret(c.and(c.add(base, offset), c.i64(0xffffffff)));
    });
    const stack = c.eq(c.and(slot, 15), L.SS);
    c.do(fault, ip, c.select(stack, c.i32(12), c.i32(13)), 0);
    c.result(c.i64(-1));
  });

  return {
    fault,
    leave,
    retire,
    goto: goto_,
    stop,
    resolve,
    microcode,
    carry: carryFunc,
    flagWord: flagWordFunc,
    segmentCheck,
  };
}

/** The run loop, its one-by-one variant, and a single step: what needs the handler type. */
export function defineRun(
  m: WasmModule,
  control: ControlFunctions,
  hot: Func,
): { readonly step: Func; readonly count: Func } {
  const handlerType = m.type(['i32'], ['i32']);
  const step = (c: Code, ip: Val, field = R.REC_HANDLER): Val =>
    c.callIndirect(handlerType, 'i32', c.load('i32', 2, ip, field), ip);

  /** () runs from RIP until STATUS says why not. */
  const run = m.func('run', [], [], (c) => {
    const ip = c.var('i32', c.call(control.goto, i64At(c, L.RIP)));
    c.if(c.get(ip), () =>
      c.loop((again) => {
        c.set(ip, step(c, c.get(ip)));
        c.brIf(again, c.get(ip));
      }),
    );
  });
  m.exportFunc('run', run);

  /**
   * (block, n) runs the first n of a block's instructions, fewer than it has, one after the other;
   * LEFT is n before and 0 after, unless something else stops it.
   */
  const partial = m.func('partial', ['i32', 'i32'], [], (c) => {
    const ip = c.var('i32', c.param(0));
    const done = c.var('i32', 0);
    const total = c.let(c.load('i32', 1, c.param(0), R.REC_REMAINING));
    c.store(4, c.i32(0), c.sub(c.param(1), total), L.LEFT);
    c.loop((again) => {
      // Records of length zero are checks, not instructions.
      const counts = c.let(c.ne(c.load('i32', 1, c.get(ip), R.REC_LENGTH), 0));
      c.if(c.geu(c.get(done), c.param(1)), () =>
        c.if(counts, () => {
          c.store(4, c.i32(0), c.i32(0), L.LEFT);
          c.do(control.stop, c.get(ip));
          c.ret();
        }),
      );
      c.set(ip, step(c, c.get(ip), R.REC_INTERPRET));
      c.if(c.eqz(c.get(ip)), () => c.ret());
      c.set(done, c.add(c.get(done), counts));
      c.br(again);
    });
    c.unreachable();
  });
  m.exportFunc('partial', partial);

  // (ip) → next record: one record by the interpreter, whatever its block has become.
  const stepFunc = m.func('step', ['i32'], ['i32'], (c) =>
    c.result(step(c, c.param(0), R.REC_INTERPRET)),
  );

  // The first record of a block that is interpreted: counts, and asks for the JIT in time.
  const count = m.func('count', ['i32'], ['i32'], (c) => {
    const ip = c.param(0);
    const at = c.let(c.shru(ip, 4));
    const n = c.let(c.add(c.load('i32', 2, at, L.COUNTERS), 1));
    c.store(2, at, n, L.COUNTERS);
    c.if(c.eq(n, i32At(c, L.HOT_AT)), () => c.do(hot, ip));
    c.result(step(c, ip, R.REC_INTERPRET));
  });
  return { step: stepFunc, count };
}
