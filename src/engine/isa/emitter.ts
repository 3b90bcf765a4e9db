/**
 * What instruction semantics are written against. An `Emitter` writes the code of one instruction;
 * whether an operand is known now (JIT) or read from the decoded record when the code runs
 * (interpreter) is the business of its two implementations. Operation sizes are always static.
 *
 * Values of 1, 2 and 4 bytes are i32, zero-extended; 8 bytes are i64; 16 bytes are v128.
 *
 * The one rule for authors: everything that may fault comes before everything that changes the
 * architectural state. `get`, `open`, `load`, `raise` may fault; `set` and `store` of memory may
 * fault too, so a memory destination is written before registers and flags are.
 */

import type { Form } from '../decode/record.ts';
import type { Fpu } from '../fpu/unit.ts';
import * as L from '../vcpu/layout.ts';
import { Code, type Func, type Type, type Val } from '../wasm/code.ts';
import { CC_ADD, CC_FLAGS, CC_RESULT, CC_SUB } from './flags.ts';
import type { Operand } from './operands.ts';
import type { Row } from './row.ts';

/** A register by its offset in the state, or register operand n of the instruction. */
export type Slot = number | { readonly operand: number };

/** Functions of the main module that generated code calls. Pointers are 0 where access failed. */
export interface Runtime extends Fpu {
  /** (gva, bytes, ip) → pointer to the bytes, or to a staged copy. */
  readonly readSlow: Func;
  /** (gva, bytes, ip, value as i64) → 1 if stored. */
  readonly storeSlow: Func;
  /** (gva, bytes, ip) → pointer to modify; below SCRATCH_END it must be committed. */
  readonly modifySlow: Func;
  /** (bytes, ip) → 1 if the staged bytes could be written where they belong. */
  readonly commit: Func;
  /** (ip, segment slot, offset, bytes, write) → linear address, or -1 and a fault. */
  readonly segmentCheck: Func;
  /** (ip, vector, error) → 0. The exception will be delivered at ip. */
  readonly fault: Func;
  /** () → CF, () → the six flags. */
  readonly carry: Func;
  readonly flagWord: Func;
}

/** An operand opened for reading and then writing. */
export interface Opened {
  readonly old: Val;
  put(value: Val): void;
}

export const DE = 0;
export const DB = 1;
export const BP = 3;
export const UD = 6;
export const NM = 7;
export const DF = 8;
export const TS = 10;
export const NP = 11;
export const SS = 12;
export const GP = 13;
export const PF = 14;
export const MF = 16;
export const AC = 17;
export const XM = 19;

export type RepPrefix = 'none' | 'rep' | 'repne';

/** What is static about the instruction being written. */
export interface Variant {
  readonly row: Row;
  readonly operands: readonly Operand[];
  /** Effective operand size in bytes. */
  readonly size: 2 | 4 | 8;
  readonly form: Form;
  readonly rep: RepPrefix;
  /** Address size in bytes: matters to string instructions, LOOP, MASKMOVQ. */
  readonly addressSize: 2 | 4 | 8;
  /** Stack pointer size in bytes. */
  readonly stackSize: 2 | 4 | 8;
}

export const typeOf = (bytes: number): 'i32' | 'i64' => (bytes === 8 ? 'i64' : 'i32');

export abstract class Emitter extends Code {
  /** The JIT's changes from instruction to instruction. */
  variant: Variant;
  readonly runtime: Runtime;

  constructor(params: readonly Type[], variant: Variant, runtime: Runtime) {
    super(params);
    this.variant = variant;
    this.runtime = runtime;
  }

  // --- what differs between interpreter and JIT -----------------------------------------------------

  /** Reads `bytes` of a register now. */
  abstract read(slot: Slot, bytes: number): Val;
  /** Writes a register; 4 bytes zero-extend to 8 (SDM Vol. 1 §3.4.1.1), 1 and 2 leave the rest. */
  abstract write(slot: Slot, bytes: number, value: Val): void;
  abstract readXmm(operand: number): Val;
  abstract writeXmm(operand: number, value: Val): void;
  /** Where an XMM or MMX register operand lies in the state, as an i32 pointer. */
  abstract pointer(slot: Slot): Val;
  /** The immediate, sign-extended to i64. */
  abstract immediate(): Val;
  /** The displacement field as an i32: ENTER's second immediate, a branch's distance. */
  abstract displacement(): Val;
  /** Effective address of the memory operand, without segment base, as an i64. */
  abstract effective(): Val;
  /** Linear address of the memory operand, checked for an access of `bytes`. */
  abstract linear(bytes: number, write: boolean): Val;
  /** Linear address of `segment:offset`, checked; for stacks and string destinations. */
  abstract linearOf(segment: number, offset: Val, bytes: number, write: boolean): Val;
  /** The segment of the memory operand, which a prefix may have changed (string sources). */
  abstract linearOfOperandSegment(offset: Val, bytes: number, write: boolean): Val;
  /** Its number in the low four bits of an i32. */
  abstract operandSegment(): Val;
  /** Pointer to the fast TLB class in force. */
  abstract tlbBase(): Val;
  /** Identifies this instruction to the slow paths. */
  abstract ip(): Val;
  /** Leaves generated code at this instruction, not retired; STATUS says why. */
  abstract leave(): void;
  /**
   * Leaves generated code and runs the row's `slow` routine for this whole instruction instead, from
   * its start: nothing may have been changed. Execution goes on behind the instruction.
   */
  abstract fallback(): void;
  /** RIP of this instruction, as an i64. */
  abstract rip(): Val;
  /** RIP of the next instruction, as an i64. */
  abstract nextRip(): Val;
  /** Ends the block by jumping to an i64 RIP that has been checked. */
  abstract jump(rip: Val): void;
  /** Ends the block at the relative target, or behind this instruction if `condition` is 0. */
  abstract branch(condition: Val | undefined): void;
  /** Ends the block behind this instruction; interrupts and traps are looked at there. */
  abstract boundary(): void;
  /**
   * Ends a string instruction after one or more iterations; `done` is whether RIP moves on.
   * `more` counts the iterations beyond the first, to be charged to icount.
   */
  abstract repeat(done: Val, more: Val): void;
  /** Instructions retired before this one, as an i64. */
  abstract retired(): Val;
  /** How many iterations of REP may run now, at least 1, as an i32. */
  abstract repBudget(): Val;
  abstract setCc(ccOp: number, a: Val, b: Val | undefined, r: Val | undefined): void;
  abstract cf(): Val;
  abstract flagWord(): Val;
  /** Condition 0..15 as an i32 of 0 or 1. */
  abstract condition(cc: number): Val;

  // --- operands -------------------------------------------------------------------------------------

  get size(): 2 | 4 | 8 {
    return this.variant.size;
  }

  operand(i: number): Operand {
    const operand = this.variant.operands[i];
    if (!operand) throw new Error(`${this.variant.row.name} has no operand ${i}`);
    return operand;
  }

  bytes(i: number): number {
    return this.operand(i).bytes;
  }

  isMemory(i: number): boolean {
    return this.operand(i).kind === 'mem';
  }

  /** Reads operand i. */
  value(i: number): Val {
    const o = this.operand(i);
    switch (o.kind) {
      case 'reg':
        return this.read({ operand: o.field }, o.bytes);
      case 'fixed':
        return this.read(o.offset, o.bytes);
      case 'mem':
        return this.loadAt(this.linear(o.bytes, false), o.bytes);
      case 'imm':
        return this.let(this.truncate(this.immediate(), o.bytes));
      case 'one':
        return this.constant(typeOf(o.bytes), 1);
      case 'xmm':
        return this.xmmPart({ operand: o.field }, o.bytes);
      case 'mmx':
        return this.let(this.load(typeOf(o.bytes), o.bytes, this.pointer({ operand: o.field })));
      default:
        throw new Error(`${this.variant.row.name}: operand ${i} (${o.kind}) has no value`);
    }
  }

  /** Writes operand i. A memory operand may fault. */
  assign(i: number, value: Val): void {
    const o = this.operand(i);
    switch (o.kind) {
      case 'reg':
        this.write({ operand: o.field }, o.bytes, value);
        return;
      case 'fixed':
        this.write(o.offset, o.bytes, value);
        return;
      case 'mem':
        this.storeAt(this.linear(o.bytes, true), o.bytes, value);
        return;
      case 'xmm':
        if (o.bytes === 16) this.writeXmm(o.field, value);
        else this.store(o.bytes, this.pointer({ operand: o.field }), value);
        return;
      case 'mmx':
        this.store(o.bytes, this.pointer({ operand: o.field }), value);
        return;
      default:
        throw new Error(`${this.variant.row.name}: operand ${i} (${o.kind}) cannot be written`);
    }
  }

  /** Reads operand i in order to write it: one translation, and write permission before anything. */
  open(i: number): Opened {
    const o = this.operand(i);
    if (o.kind !== 'mem') return { old: this.value(i), put: (value) => this.assign(i, value) };
    return this.modify(this.linear(o.bytes, true), o.bytes);
  }

  /** The low `bytes` of an XMM register as i32, i64 or v128. */
  xmmPart(slot: Slot, bytes: number): Val {
    if (bytes === 16) {
      if (typeof slot === 'number') return this.let(this.loadv(this.pointer(slot)));
      return this.readXmm(slot.operand);
    }
    return this.let(this.load(typeOf(bytes), bytes, this.pointer(slot)));
  }

  /** An i64 cut to an operand's type and width. */
  truncate(value: Val, bytes: number): Val {
    if (bytes === 8) return this.extu(value);
    const low = this.wrap(value);
    return bytes === 4 ? low : this.and(low, bytes === 1 ? 0xff : 0xffff);
  }

  /** A zero-extended operand value as a sign-extended i64. */
  signed(value: Val, bytes: number): Val {
    if (bytes === 8) return value;
    if (bytes === 4) return this.exts(value);
    return this.exts(bytes === 1 ? this.sext8(value) : this.sext16(value));
  }

  // --- memory ---------------------------------------------------------------------------------------

  /** Loads from a checked linear address: i32, i64, or v128 for 16 bytes. */
  loadAt(address: Val, bytes: number): Val {
    const at = this.pointerTo(address, bytes);
    if (bytes === 16) return this.let(this.loadv(at));
    return this.let(this.load(typeOf(bytes), bytes, at));
  }

  /** A pointer to `bytes` readable bytes at a checked linear address (perhaps a staged copy). */
  pointerTo(address: Val, bytes: number): Val {
    const va = this.let(address);
    const pointer = this.var('i32');
    this.#probe(va, bytes, L.TLB_READ, pointer, () => {
      this.set(pointer, this.call(this.runtime.readSlow, va, bytes, this.ip()));
      this.if(this.eqz(this.get(pointer)), () => this.leave());
    });
    return this.get(pointer);
  }

  storeAt(address: Val, bytes: number, value: Val): void {
    const va = this.let(address);
    const what = this.let(value);
    if (bytes === 16) {
      this.#storeVector(va, what);
      return;
    }
    const pointer = this.var('i32');
    this.block((done) => {
      this.block((slow) => {
        const entry = this.#entry(va);
        this.brIf(slow, this.#miss(va, entry, bytes, L.TLB_WRITE));
        this.set(pointer, this.#hit(va, entry, L.TLB_WRITE));
        this.store(bytes, this.get(pointer), what);
        this.br(done);
      });
      const wide = this.extu(what);
      this.if(this.eqz(this.call(this.runtime.storeSlow, va, bytes, this.ip(), wide)), () =>
        this.leave(),
      );
    });
  }

  /**
   * 16 bytes. The slow way within a page is two stores, of which the second cannot fault after the
   * first; only across pages are the bytes staged, for that would show a device a read.
   */
  #storeVector(va: Val, what: Val): void {
    const pointer = this.var('i32');
    const I64X2_EXTRACT_LANE = 0xfd1d;
    this.block((done) => {
      this.block((slow) => {
        const entry = this.#entry(va);
        this.brIf(slow, this.#miss(va, entry, 16, L.TLB_WRITE));
        this.set(pointer, this.#hit(va, entry, L.TLB_WRITE));
        this.store(16, this.get(pointer), what);
        this.br(done);
      });
      const storeHalf = (half: 0 | 1): void => {
        const value = this.lane('i64', I64X2_EXTRACT_LANE, half, what);
        const stored = this.call(
          this.runtime.storeSlow,
          this.add(va, half * 8),
          8,
          this.ip(),
          value,
        );
        this.if(this.eqz(stored), () => this.leave());
      };
      this.if(
        this.leu(this.and(this.wrap(va), 0xfff), 4096 - 16),
        () => {
          storeHalf(0);
          storeHalf(1);
        },
        () => this.modify(va, 16).put(what),
      );
    });
  }

  /** Opens memory at a checked linear address for a read and then a write. */
  modify(address: Val, bytes: number): Opened {
    const va = this.let(address);
    const pointer = this.var('i32');
    this.#probe(va, bytes, L.TLB_WRITE, pointer, () => {
      this.set(pointer, this.call(this.runtime.modifySlow, va, bytes, this.ip()));
      this.if(this.eqz(this.get(pointer)), () => this.leave());
    });
    const old = this.let(
      bytes === 16
        ? this.loadv(this.get(pointer))
        : this.load(typeOf(bytes), bytes, this.get(pointer)),
    );
    return {
      old,
      put: (value) => {
        this.store(bytes, this.get(pointer), value);
        this.if(this.ltu(this.get(pointer), L.SCRATCH_END), () => {
          this.if(this.eqz(this.call(this.runtime.commit, bytes, this.ip())), () => this.leave());
        });
      },
    };
  }

  /** Sets `pointer` on a fast TLB hit that does not cross the page, else runs `slow`. */
  #probe(
    va: Val,
    bytes: number,
    kind: number,
    pointer: { t: Type; index: number },
    slow: () => void,
  ): void {
    this.block((done) => {
      this.block((miss) => {
        const entry = this.#entry(va);
        this.brIf(miss, this.#miss(va, entry, bytes, kind));
        this.set(pointer, this.#hit(va, entry, kind));
        this.br(done);
      });
      slow();
    });
  }

  #entry(va: Val): Val {
    return this.let(
      this.add(this.and(this.shru(this.wrap(va), 8), (L.TLB_ENTRIES - 1) * 16), this.tlbBase()),
    );
  }

  /** One comparison for both: another page, or past the end of this one. */
  #miss(va: Val, entry: Val, bytes: number, kind: number): Val {
    return this.gtu(this.xor(va, this.load('i64', 8, entry, kind)), 4096 - bytes);
  }

  #hit(va: Val, entry: Val, kind: number): Val {
    return this.add(this.wrap(va), this.load('i32', 4, entry, kind + 8));
  }

  // --- stack ----------------------------------------------------------------------------------------

  /** The stack pointer plus `delta`, wrapped to the stack size, as an i64. */
  stack(delta: number): Val {
    const { stackSize } = this.variant;
    const sp = this.extu(this.read(L.RSP, stackSize === 2 ? 8 : stackSize));
    const moved = this.add(sp, delta);
    if (stackSize === 8) return this.let(moved);
    return this.let(this.and(moved, stackSize === 4 ? 0xffffffff : 0xffff));
  }

  setStack(value: Val): void {
    const { stackSize } = this.variant;
    this.write(L.RSP, stackSize, stackSize === 8 ? value : this.wrap(value));
  }

  /** Pushes; RSP moves only once the store has succeeded. */
  push(value: Val, bytes: number): void {
    const what = this.let(value);
    const to = this.stack(-bytes);
    this.storeAt(this.linearOf(L.SS, to, bytes, true), bytes, what);
    this.setStack(to);
  }

  /** The value on top of the stack. RSP does not move: `drop` it when nothing can fault any more. */
  top(bytes: number): Val {
    return this.loadAt(this.linearOf(L.SS, this.stack(0), bytes, false), bytes);
  }

  drop(bytes: number): void {
    this.setStack(this.stack(bytes));
  }

  // --- flags ----------------------------------------------------------------------------------------

  /** OF SF ZF AF CF PF of r = a + b. */
  flagsAdd(a: Val, b: Val, r: Val, bytes: number): void {
    this.setCc(CC_ADD, this.signed(a, bytes), this.signed(b, bytes), this.signed(r, bytes));
  }
  /** OF SF ZF AF CF PF of r = a - b. */
  flagsSub(a: Val, b: Val, r: Val, bytes: number): void {
    this.setCc(CC_SUB, this.signed(a, bytes), this.signed(b, bytes), this.signed(r, bytes));
  }
  /** SF ZF PF of r; OF, CF and AF cleared. */
  flagsLogic(r: Val, bytes: number): void {
    const wide = this.let(this.signed(r, bytes));
    this.setCc(CC_SUB, wide, this.i64(0), wide);
  }
  /** SF ZF PF of r; OF, AF and CF from a word with those bits where RFLAGS has them. */
  flagsResult(r: Val, ofAfCf: Val, bytes: number): void {
    this.setCc(CC_RESULT, this.extu(ofAfCf), undefined, this.signed(r, bytes));
  }
  /** All six from a word. */
  setFlags(word: Val): void {
    this.setCc(CC_FLAGS, this.extu(word), undefined, undefined);
  }

  // --- exceptions -----------------------------------------------------------------------------------

  raise(vector: number, error: Val | number = 0): void {
    this.do(this.runtime.fault, this.ip(), vector, error);
    this.leave();
  }

  raiseIf(condition: Val, vector: number, error: Val | number = 0): void {
    this.if(condition, () => this.raise(vector, error));
  }

  /**
   * `checkTarget` of a relative branch, for instructions that change something before they branch;
   * `branch` checks again. 64-bit code would have to run at the very end of canonical space.
   */
  checkRelative(): void {
    if (this.size === 8) return;
    const target = this.add(this.nextRip(), this.exts(this.displacement()));
    this.checkTarget(this.let(this.and(target, this.size === 4 ? 0xffffffff : 0xffff)));
  }

  /** #GP(0) for a near branch to an RIP that the code segment does not hold. */
  checkTarget(rip: Val): void {
    if (this.size === 8) {
      this.raiseIf(this.ne(this.shrs(this.shl(rip, 16), 16), rip), GP);
    } else {
      const limit = this.load('i32', 4, this.i32(0), L.segment(L.CS) + L.SEG_LIMIT);
      this.raiseIf(this.gtu(this.wrap(rip), limit), GP);
    }
  }
}
