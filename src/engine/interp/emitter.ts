/**
 * The interpreter's binding of instruction semantics: everything about an instruction except its
 * operation, widths and addressing form is read from its record when the handler runs. A handler
 * is a function (record) → next record, or 0 (see control.ts).
 */

import * as R from '../decode/record.ts';
import { Emitter, type Runtime, type Slot, typeOf, type Variant } from '../isa/emitter.ts';
import { CC_FLAGS, CC_SUB, type Cc, carry, conditionOfSub, conditionOfWord } from '../isa/flags.ts';
import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { type ControlFunctions, enter } from './control.ts';

/** The parts of a variant that some rows do not depend on; see `InterpEmitter.consulted`. */
export type Dimension = 'size' | 'addressSize' | 'stackSize' | 'segmentation' | 'rep';

/** How linear addresses are made: 64-bit, legacy with all segments flat, legacy with checks. */
export type Segmentation = 'none' | 'flat' | 'checked';

export interface InterpVariant extends Variant {
  readonly segmentation: Segmentation;
}

export class InterpEmitter extends Emitter {
  /** What the semantics asked about: rows that never ask share one handler. */
  readonly consulted: Set<Dimension>;
  readonly #control: ControlFunctions;
  readonly #segmentation: Segmentation;

  constructor(variant: InterpVariant, runtime: Runtime, control: ControlFunctions) {
    const consulted = new Set<Dimension>();
    super(['i32'], observe(variant, consulted), runtime);
    this.consulted = consulted;
    this.#control = control;
    this.#segmentation = variant.segmentation;
  }

  ip(): Val {
    return this.param(0);
  }

  #at(slot: Slot): { base: Val; offset: number } {
    if (typeof slot === 'number') return { base: this.i32(0), offset: slot };
    return { base: this.load('i32', 2, this.ip(), R.REC_REG + 2 * slot.operand), offset: 0 };
  }

  read(slot: Slot, bytes: number): Val {
    const { base, offset } = this.#at(slot);
    return this.let(this.load(typeOf(bytes), bytes, base, offset));
  }

  write(slot: Slot, bytes: number, value: Val): void {
    const { base, offset } = this.#at(slot);
    if (bytes === 4) this.store(8, base, this.extu(value), offset);
    else this.store(bytes, base, value, offset);
  }

  readXmm(operand: number): Val {
    return this.let(this.loadv(this.pointer({ operand })));
  }

  writeXmm(operand: number, value: Val): void {
    this.store(16, this.pointer({ operand }), value);
  }

  pointer(slot: Slot): Val {
    const { base, offset } = this.#at(slot);
    return offset ? this.i32(offset) : base;
  }

  immediate(): Val {
    return this.load('i64', 8, this.ip(), R.REC_IMM);
  }

  displacement(): Val {
    return this.load('i32', 4, this.ip(), R.REC_DISP);
  }

  effective(): Val {
    const { form, operands } = this.variant;
    const absolute = operands.some((o) => o.kind === 'mem' && o.absolute);
    const ip = this.ip();
    if (form === 'base') {
      if (absolute) return this.immediate();
      const base = this.load('i64', 8, this.load('i32', 2, ip, R.REC_BASE));
      return this.add(base, this.loads('i64', 4, ip, R.REC_DISP));
    }
    if (form === 'full' || form === 'wrap') {
      const sum = absolute ? this.immediate() : this.#sum64();
      return form === 'full' ? sum : this.and(sum, this.i64(0xffffffff));
    }
    const sum = absolute ? this.wrap(this.immediate()) : this.#sum32();
    return this.extu(form === 'seg16' ? this.and(sum, 0xffff) : sum);
  }

  #sum64(): Val {
    const ip = this.ip();
    const base = this.load('i64', 8, this.load('i32', 2, ip, R.REC_BASE));
    const index = this.load('i64', 8, this.load('i32', 2, ip, R.REC_INDEX));
    const scaled = this.shl(index, this.load('i64', 1, ip, R.REC_SCALE));
    return this.add(this.add(base, scaled), this.loads('i64', 4, ip, R.REC_DISP));
  }

  #sum32(): Val {
    const ip = this.ip();
    const base = this.load('i32', 4, this.load('i32', 2, ip, R.REC_BASE));
    const index = this.load('i32', 4, this.load('i32', 2, ip, R.REC_INDEX));
    const scaled = this.shl(index, this.load('i32', 1, ip, R.REC_SCALE));
    return this.add(this.add(base, scaled), this.load('i32', 4, ip, R.REC_DISP));
  }

  linear(bytes: number, write: boolean): Val {
    const { form } = this.variant;
    const offset = this.effective();
    if (form === 'base' || form === 'flat') return offset;
    if (form === 'full' || form === 'wrap') return this.add(offset, this.#segmentBase());
    return this.#checked(this.operandSegment(), offset, bytes, write);
  }

  linearOf(segment: number, offset: Val, bytes: number, write: boolean): Val {
    this.consulted.add('segmentation');
    if (this.#segmentation !== 'checked') return offset;
    return this.#checked(this.i32(segment), offset, bytes, write);
  }

  linearOfOperandSegment(offset: Val, bytes: number, write: boolean): Val {
    this.consulted.add('segmentation');
    switch (this.#segmentation) {
      case 'none':
        return this.add(offset, this.#segmentBase());
      // FS and GS are not part of what makes a mode flat.
      case 'flat':
      case 'checked':
        return this.#checked(this.operandSegment(), offset, bytes, write);
    }
  }

  operandSegment(): Val {
    return this.load('i32', 1, this.ip(), R.REC_SEGMENT);
  }

  #segmentBase(): Val {
    const slot = this.and(this.operandSegment(), 15);
    return this.load('i64', 8, this.mul(slot, L.SEG_STRIDE), L.SEGMENTS + L.SEG_BASE);
  }

  #checked(slot: Val, offset: Val, bytes: number, write: boolean): Val {
    const check = this.runtime.segmentCheck;
    const at = this.let(this.call(check, this.ip(), slot, offset, bytes, write ? 1 : 0));
    this.if(this.eq(at, -1), () => this.leave());
    return at;
  }

  tlbBase(): Val {
    return this.load('i32', 4, this.i32(0), L.TLB_BASE);
  }

  leave(): void {
    this.ret(this.call(this.#control.leave, this.ip()));
  }

  fallback(): void {
    this.ret(this.call(this.#control.microcode, this.ip()));
  }

  rip(): Val {
    const offset = this.load('i64', 2, this.ip(), R.REC_OFFSET);
    return this.add(this.load('i64', 8, this.i32(0), L.RIP_PAGE), offset);
  }

  nextRip(): Val {
    const offset = this.load('i64', 2, this.ip(), R.REC_OFFSET);
    const length = this.load('i64', 1, this.ip(), R.REC_LENGTH);
    const page = this.load('i64', 8, this.i32(0), L.RIP_PAGE);
    return this.let(this.add(page, this.add(offset, length)));
  }

  jump(rip: Val): void {
    this.ret(this.call(this.#control.goto, rip));
  }

  branch(condition: Val | undefined): void {
    const go = (taken: 0 | 1): void => {
      const link = taken ? R.REC_TAKEN : R.REC_NOT_TAKEN;
      const block = this.let(this.load('i32', 4, this.ip(), link));
      this.if(this.eqz(block), () =>
        this.ret(this.call(this.#control.resolve, this.ip(), taken, this.size)),
      );
      enter(this, block, this.#control.stop);
    };
    if (condition) {
      this.if(condition, () => go(1));
      go(0);
    } else {
      go(1);
    }
    this.unreachable();
  }

  boundary(): void {
    this.ret(this.call(this.#control.retire, this.ip()));
  }

  repeat(done: Val, more: Val): void {
    const left = this.load('i32', 4, this.i32(0), L.LEFT);
    this.store(4, this.i32(0), this.sub(left, more), L.LEFT);
    this.if(done, () => {
      const block = this.let(this.load('i32', 4, this.ip(), R.REC_NOT_TAKEN));
      this.if(this.eqz(block), () =>
        this.ret(this.call(this.#control.resolve, this.ip(), 0, this.codeSize())),
      );
      enter(this, block, this.#control.stop);
    });
    const offset = this.load('i64', 2, this.ip(), R.REC_OFFSET);
    const page = this.load('i64', 8, this.i32(0), L.RIP_PAGE);
    this.ret(this.call(this.#control.goto, this.add(page, offset)));
  }

  /** Only whether it is 64-bit code matters to `resolve` where nothing is jumped to. */
  codeSize(): number {
    this.consulted.add('segmentation');
    return this.#segmentation === 'none' ? 8 : 4;
  }

  retired(): Val {
    const zero = this.i32(0);
    const left = this.loads('i64', 4, zero, L.LEFT);
    const remaining = this.load('i64', 1, this.ip(), R.REC_REMAINING);
    return this.sub(this.sub(this.load('i64', 8, zero, L.ICOUNT_END), left), remaining);
  }

  repBudget(): Val {
    return this.let(this.add(this.load('i32', 4, this.i32(0), L.LEFT), 1));
  }

  setCc(ccOp: number, a: Val, b: Val | undefined, r: Val | undefined): void {
    // Evaluate before storing: the operands may read the old flags.
    const values = [a, b, r].map((v) => (v ? this.let(v) : undefined));
    const zero = this.i32(0);
    this.store(4, zero, this.i32(ccOp), L.CC_OP);
    this.store(8, zero, values[0]!, L.CC_A);
    if (values[1]) this.store(8, zero, values[1], L.CC_B);
    if (values[2]) this.store(8, zero, values[2], L.CC_R);
  }

  cf(): Val {
    const result = this.var('i32');
    const op = this.load('i32', 4, this.i32(0), L.CC_OP);
    this.if(
      this.eq(op, CC_SUB),
      () => this.set(result, carry(this, CC_SUB, this.#cc())),
      () => this.set(result, this.call(this.runtime.carry)),
    );
    return this.get(result);
  }

  flagWord(): Val {
    return this.let(this.call(this.runtime.flagWord));
  }

  condition(cc: number): Val {
    const result = this.var('i32');
    const op = this.let(this.load('i32', 4, this.i32(0), L.CC_OP));
    const zero = cc >> 1 === 2;
    // ZF is CC_R == 0 in every form but the settled one.
    this.if(
      zero ? this.ne(op, CC_FLAGS) : this.eq(op, CC_SUB),
      () => this.set(result, conditionOfSub(this, cc, this.#cc())),
      () => this.set(result, conditionOfWord(this, cc, this.flagWord())),
    );
    return this.get(result);
  }

  /** The words of the lazy flags, each read only if it is wanted. */
  #cc(): Cc {
    const known = new Map<number, Val>();
    const read = (at: number): Val => {
      const value = known.get(at) ?? this.let(this.load('i64', 8, this.i32(0), at));
      known.set(at, value);
      return value;
    };
    return {
      get a() {
        return read(L.CC_A);
      },
      get b() {
        return read(L.CC_B);
      },
      get r() {
        return read(L.CC_R);
      },
    };
  }
}

/** A variant that notes which of its optional dimensions are looked at. */
function observe(variant: InterpVariant, consulted: Set<Dimension>): InterpVariant {
  const note = <T>(dimension: Dimension, value: T): T => {
    consulted.add(dimension);
    return value;
  };
  return {
    row: variant.row,
    operands: variant.operands,
    form: variant.form,
    segmentation: variant.segmentation,
    get size() {
      return note('size', variant.size);
    },
    get rep() {
      return note('rep', variant.rep);
    },
    get addressSize() {
      return note('addressSize', variant.addressSize);
    },
    get stackSize() {
      return note('stackSize', variant.stackSize);
    },
  };
}
