/**
 * The JIT's binding of instruction semantics: everything about an instruction is known, general
 * registers and lazy flags live in WebAssembly locals. One emitter writes a whole region, its
 * variant changing from instruction to instruction; region.ts decides what goes where.
 *
 * A region's function has the signature of an interpreter handler: (record) → next record, or 0
 * with STATUS set. It leaves through one place, which puts the locals back into the state.
 */

import type { Instruction } from '../decode/instruction.ts';
import type { Segmentation } from '../interp/emitter.ts';
import { Emitter, type Runtime, type Slot, typeOf, type Variant } from '../isa/emitter.ts';
import {
  CC_ADD,
  CC_FLAGS,
  CC_RESULT,
  CC_SUB,
  type Cc,
  carry,
  conditionOfSub,
  conditionOfWord,
  flagWord,
} from '../isa/flags.ts';
import { JIT_CALLER } from '../memory/slow.ts';
import * as L from '../vcpu/layout.ts';
import type { Func, Label, Val, Var } from '../wasm/code.ts';

/** Control functions of the main module, imported by every region. */
export interface JitRuntime extends Runtime {
  readonly leave: Func;
  readonly retire: Func;
  readonly stop: Func;
  readonly goto: Func;
  readonly resolve: Func;
  readonly step: Func;
}

/** How a region is left: what is done once the locals are back in the state. */
export const EXIT_NEXT = 0;
export const EXIT_LEAVE = 1;
export const EXIT_STEP = 2;
export const EXIT_STOP = 3;
export const EXIT_RETIRE = 4;

/** One instruction in its place. */
export interface Placed {
  readonly insn: Instruction;
  readonly ip: number;
  readonly offset: number;
  /** Instructions from this one to the end of its block, itself included. */
  readonly remaining: number;
  readonly variant: Variant;
  readonly segmentation: Segmentation;
}

/** What the region does where an instruction ends its block. */
export interface Edges {
  /** Goes to the direct target or behind the instruction; `other` code must not follow. */
  go(taken: boolean): void;
  /** Goes to the block that begins at an i64 RIP. */
  indirect(rip: Val): void;
}

export class JitEmitter extends Emitter {
  readonly left: Var;
  /** Record at which the region is left, or the one to go on with. */
  readonly at: Var;
  readonly #kind: Var;
  readonly #gprs: Var[] = [];
  readonly #read = new Set<number>();
  readonly #written = new Set<number>();
  readonly #ccOp: Var;
  readonly #ccA: Var;
  readonly #ccB: Var;
  readonly #ccR: Var;
  readonly #ripPage: Var;
  readonly #tlb: Var;
  readonly #jit: JitRuntime;
  readonly #edges: Edges;
  #exit: Label | undefined;
  #placed: Placed | undefined;
  /** CC_OP where it is known at this point of the code. */
  #ccKnown: number | undefined;
  #baseDepth = 0;

  constructor(variant: Variant, runtime: JitRuntime, edges: Edges) {
    super(['i32'], variant, runtime);
    this.#jit = runtime;
    this.#edges = edges;
    for (let n = 0; n < 16; n++) this.#gprs.push(this.var('i64'));
    this.left = this.var('i32');
    this.at = this.var('i32');
    this.#kind = this.var('i32');
    this.#ccOp = this.var('i32');
    this.#ccA = this.var('i64');
    this.#ccB = this.var('i64');
    this.#ccR = this.var('i64');
    this.#ripPage = this.var('i64');
    this.#tlb = this.var('i32');
  }

  // --- for the region -----------------------------------------------------------------------------------

  /** Writes the region: `body` inside the block that `exitWith` leaves. */
  region(body: () => void): void {
    this.block((exit) => {
      this.#exit = exit;
      body();
      this.unreachable();
    });
    this.#epilogue();
    this.prologue(() => this.#load());
  }

  /** Flags are as the predecessors left them: nothing is known of CC_OP. */
  beginBlock(): void {
    this.#ccKnown = undefined;
  }

  /** Writes the code of one instruction. */
  instruction(placed: Placed, emit: (e: Emitter) => void): void {
    this.#placed = placed;
    this.variant = placed.variant;
    this.#baseDepth = this.depth;
    this.scope(() => emit(this));
  }

  /** Leaves the region; `ip` is a record, or undefined if `at` is set already. */
  exitWith(kind: number, ip?: number): void {
    if (ip !== undefined) this.set(this.at, ip);
    this.set(this.#kind, kind);
    this.br(this.#exit!);
  }

  /** Puts LEFT where the functions of the main module look for it. */
  storeLeft(): void {
    this.store(4, this.i32(0), this.get(this.left), L.LEFT);
  }
  loadLeft(): void {
    this.set(this.left, this.load('i32', 4, this.i32(0), L.LEFT));
  }

  /** Reads what `goto` may have changed: another linear page may show the same code. */
  loadRipPage(): void {
    this.set(this.#ripPage, this.load('i64', 8, this.i32(0), L.RIP_PAGE));
  }

  #load(): void {
    const zero = this.i32(0);
    for (const n of new Set([...this.#read, ...this.#written])) {
      this.set(this.#gprs[n]!, this.load('i64', 8, zero, L.GPR + n * 8));
    }
    this.set(this.#ccOp, this.load('i32', 4, zero, L.CC_OP));
    this.set(this.#ccA, this.load('i64', 8, zero, L.CC_A));
    this.set(this.#ccB, this.load('i64', 8, zero, L.CC_B));
    this.set(this.#ccR, this.load('i64', 8, zero, L.CC_R));
    this.loadRipPage();
    this.set(this.#tlb, this.load('i32', 4, zero, L.TLB_BASE));
    this.loadLeft();
  }

  #epilogue(): void {
    const zero = this.i32(0);
    for (const n of this.#written) {
      this.store(8, zero, this.get(this.#gprs[n]!), L.GPR + n * 8);
    }
    this.#storeCc();
    // After a failed `goto` or `resolve` LEFT in memory is the truth, and they have stored it.
    this.storeLeft();
    const at = this.get(this.at);
    const { leave, step, stop, retire } = this.#jit;
    this.switch(this.get(this.#kind), [
      () => this.ret(at),
      () => {
        // A write that would hit compiled code: the interpreter makes it.
        const redo = this.eq(this.load('i32', 4, zero, L.STATUS), L.STATUS_REDO);
        this.if(redo, () => {
          this.store(4, zero, this.i32(L.STATUS_NONE), L.STATUS);
          this.ret(this.call(step, at));
        });
        this.ret(this.call(leave, at));
      },
      () => this.ret(this.call(step, at)),
      () => this.ret(this.call(stop, at)),
      () => this.ret(this.call(retire, at)),
    ]);
    this.unreachable();
  }

  #storeCc(): void {
    const zero = this.i32(0);
    this.store(4, zero, this.get(this.#ccOp), L.CC_OP);
    this.store(8, zero, this.get(this.#ccA), L.CC_A);
    this.store(8, zero, this.get(this.#ccB), L.CC_B);
    this.store(8, zero, this.get(this.#ccR), L.CC_R);
  }

  // --- registers ------------------------------------------------------------------------------------------

  #slot(slot: Slot): number {
    return typeof slot === 'number' ? slot : this.#placed!.insn.regs[slot.operand]!;
  }

  #gpr(n: number): Val {
    this.#read.add(n);
    return this.get(this.#gprs[n]!);
  }

  read(slot: Slot, bytes: number): Val {
    const at = this.#slot(slot);
    if (at >= L.ZERO) return this.let(this.load(typeOf(bytes), bytes, this.i32(0), at));
    const value = this.#gpr(at >> 3);
    if (bytes === 8) return this.let(value);
    const low = this.wrap(at & 1 ? this.shru(value, 8) : value);
    if (bytes === 4) return this.let(low);
    return this.let(this.and(low, bytes === 1 ? 0xff : 0xffff));
  }

  write(slot: Slot, bytes: number, value: Val): void {
    const at = this.#slot(slot);
    if (at >= L.ZERO) {
      this.store(bytes, this.i32(0), value, at);
      return;
    }
    const n = at >> 3;
    this.#written.add(n);
    const gpr = this.#gprs[n]!;
    if (bytes === 8) this.set(gpr, value);
    else if (bytes === 4) this.set(gpr, this.extu(value));
    else {
      const high = at & 1;
      const mask = bytes === 2 ? 0xffffn : high ? 0xff00n : 0xffn;
      const cut = this.and(this.extu(value), bytes === 2 ? 0xffff : 0xff);
      const kept = this.and(this.get(gpr), this.i64(~mask));
      this.set(gpr, this.or(kept, high ? this.shl(cut, 8) : cut));
    }
  }

  readXmm(operand: number): Val {
    return this.let(this.loadv(this.pointer({ operand })));
  }
  writeXmm(operand: number, value: Val): void {
    this.store(16, this.pointer({ operand }), value);
  }
  pointer(slot: Slot): Val {
    return this.i32(this.#slot(slot));
  }
  immediate(): Val {
    return this.i64(this.#placed!.insn.imm);
  }
  displacement(): Val {
    const { insn } = this.#placed!;
    if (insn.row.ops.startsWith('J')) return this.i32(Number(insn.imm));
    return this.i32(insn.form === 'reg' ? insn.imm2 : insn.disp);
  }

  // --- addresses ------------------------------------------------------------------------------------------

  effective(): Val {
    const { insn } = this.#placed!;
    const { form } = this.variant;
    const absolute = this.variant.operands.some((o) => o.kind === 'mem' && o.absolute);
    const sum = absolute ? this.i64(insn.imm) : this.#sum(insn);
    switch (form) {
      case 'base':
      case 'full':
        return sum;
      case 'seg16':
        return this.and(sum, 0xffff);
      default:
        return this.and(sum, this.i64(0xffffffff));
    }
  }

  #sum(insn: Instruction): Val {
    let sum: Val | undefined;
    if (insn.base === L.RIP_PAGE) sum = this.get(this.#ripPage);
    else if (insn.base !== L.ZERO) sum = this.#gpr(insn.base >> 3);
    if (insn.index !== L.ZERO) {
      const index = this.shl(this.#gpr(insn.index >> 3), insn.scale);
      sum = sum ? this.add(sum, index) : index;
    }
    return sum ? this.add(sum, insn.disp) : this.i64(insn.disp);
  }

  linear(bytes: number, write: boolean): Val {
    const { form } = this.variant;
    const offset = this.effective();
    if (form === 'base' || form === 'flat') return offset;
    if (form === 'full' || form === 'wrap') return this.#plusBase(offset);
    return this.#checked(this.operandSegment(), offset, bytes, write);
  }
  linearOf(segment: number, offset: Val, bytes: number, write: boolean): Val {
    if (this.#placed!.segmentation !== 'checked') return offset;
    return this.#checked(this.i32(segment), offset, bytes, write);
  }
  linearOfOperandSegment(offset: Val, bytes: number, write: boolean): Val {
    if (this.#placed!.segmentation === 'none') return this.#plusBase(offset);
    return this.#checked(this.operandSegment(), offset, bytes, write);
  }
  operandSegment(): Val {
    const { insn } = this.#placed!;
    return this.i32(insn.codeSize === 8 && insn.segment < L.FS ? L.FLAT : insn.segment);
  }
  #plusBase(offset: Val): Val {
    const { segment } = this.#placed!.insn;
    if (segment < L.FS) return offset;
    return this.add(offset, this.load('i64', 8, this.i32(0), L.segment(segment) + L.SEG_BASE));
  }
  #checked(slot: Val, offset: Val, bytes: number, write: boolean): Val {
    const { segmentCheck } = this.runtime;
    const at = this.let(this.call(segmentCheck, this.ip(), slot, offset, bytes, write ? 1 : 0));
    this.if(this.eq(at, -1), () => this.leave());
    return at;
  }
  tlbBase(): Val {
    return this.get(this.#tlb);
  }
  ip(): Val {
    return this.i32(this.#placed!.ip | JIT_CALLER);
  }

  // --- leaving --------------------------------------------------------------------------------------------

  leave(): void {
    this.exitWith(EXIT_LEAVE, this.#placed!.ip);
  }
  fallback(): void {
    this.exitWith(EXIT_STEP, this.#placed!.ip);
  }
  rip(): Val {
    return this.add(this.get(this.#ripPage), this.#placed!.offset);
  }
  nextRip(): Val {
    const { insn, offset } = this.#placed!;
    return this.let(this.add(this.get(this.#ripPage), offset + insn.length));
  }
  jump(rip: Val): void {
    this.#edges.indirect(rip);
  }
  branch(condition: Val | undefined): void {
    if (condition) {
      this.if(condition, () => this.#edges.go(true));
      this.#edges.go(false);
    } else {
      this.#edges.go(true);
    }
  }
  boundary(): void {
    this.exitWith(EXIT_RETIRE, this.#placed!.ip);
  }
  repeat(done: Val, more: Val): void {
    this.set(this.left, this.sub(this.get(this.left), more));
    this.if(done, () => this.#edges.go(false));
    this.#edges.indirect(this.add(this.get(this.#ripPage), this.#placed!.offset));
  }
  retired(): Val {
    const end = this.load('i64', 8, this.i32(0), L.ICOUNT_END);
    const unspent = this.exts(this.add(this.get(this.left), this.#placed!.remaining));
    return this.sub(end, unspent);
  }
  repBudget(): Val {
    return this.let(this.add(this.get(this.left), 1));
  }

  // --- flags ----------------------------------------------------------------------------------------------

  setCc(ccOp: number, a: Val, b: Val | undefined, r: Val | undefined): void {
    const values = [a, b, r].map((v) => (v ? this.let(v) : undefined));
    this.set(this.#ccOp, ccOp);
    this.set(this.#ccA, values[0]!);
    if (values[1]) this.set(this.#ccB, values[1]);
    if (values[2]) this.set(this.#ccR, values[2]);
    // Under a condition (a shift by zero) the old flags may still be the ones.
    this.#ccKnown = this.depth === this.#baseDepth ? ccOp : undefined;
  }

  #cc(): Cc {
    return { a: this.get(this.#ccA), b: this.get(this.#ccB), r: this.get(this.#ccR) };
  }

  cf(): Val {
    if (this.#ccKnown !== undefined) return this.let(carry(this, this.#ccKnown, this.#cc()));
    const result = this.var('i32');
    this.if(
      this.eq(this.get(this.#ccOp), CC_SUB),
      () => this.set(result, carry(this, CC_SUB, this.#cc())),
      () => {
        this.#storeCc();
        this.set(result, this.call(this.runtime.carry));
      },
    );
    return this.get(result);
  }

  flagWord(): Val {
    if (this.#ccKnown !== undefined) return this.let(flagWord(this, this.#ccKnown, this.#cc()));
    this.#storeCc();
    return this.let(this.call(this.runtime.flagWord));
  }

  condition(cc: number): Val {
    const known = this.#ccKnown;
    const zeroOrSign = cc >> 1 === 2 || cc >> 1 === 4 || cc >> 1 === 5;
    if (known === CC_SUB || (zeroOrSign && (known === CC_ADD || known === CC_RESULT))) {
      return this.let(conditionOfSub(this, cc, this.#cc()));
    }
    if (known !== undefined) {
      if (cc >> 1 === 1) {
        const cf = this.let(carry(this, known, this.#cc()));
        return cc & 1 ? this.let(this.eqz(cf)) : cf;
      }
      return this.let(conditionOfWord(this, cc, this.flagWord()));
    }
    const result = this.var('i32');
    const zero = cc >> 1 === 2;
    const op = this.get(this.#ccOp);
    this.if(
      zero ? this.ne(op, CC_FLAGS) : this.eq(op, CC_SUB),
      () => this.set(result, conditionOfSub(this, cc, this.#cc())),
      () => this.set(result, conditionOfWord(this, cc, this.flagWord())),
    );
    return this.get(result);
  }
}
