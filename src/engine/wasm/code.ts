/**
 * One WebAssembly function body under construction.
 *
 * Expressions are trees of `Val` that are written out when a statement consumes them; a value that
 * is wanted twice must be `let` into a local first, and the builder throws where one is not. Pure
 * operations may therefore be built in any order, but whatever reads state that can change (memory,
 * mutable locals) has to be `let` before it changes.
 */

import { Bytes } from './bytes.ts';
import * as op from './opcodes.ts';

export type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const TYPE_CODE: Record<Type, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A function of the module: what a `call` needs to know of it. */
export interface Func {
  readonly index: number;
  readonly typeIndex: number;
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

type Kind = 'const' | 'local' | 'op' | 'load' | 'select' | 'call' | 'shuffle' | 'lane';

/** A node of an expression tree. Constants and locals may be used any number of times. */
export class Val {
  readonly t: Type;
  readonly kind: Kind;
  readonly code: number;
  readonly args: readonly Val[];
  readonly imm: number;
  readonly big: bigint;
  used = false;

  constructor(t: Type, kind: Kind, code: number, args: readonly Val[], imm = 0, big = 0n) {
    this.t = t;
    this.kind = kind;
    this.code = code;
    this.args = args;
    this.imm = imm;
    this.big = big;
  }

  get isConst(): boolean {
    return this.kind === 'const';
  }
}

/** A mutable local. */
export interface Var {
  readonly t: Type;
  readonly index: number;
}

/** A branch target: the depth of nesting at which its block was opened. */
export interface Label {
  readonly depth: number;
}

/** A plain number stands for a constant of the other operand's type. */
export type Arg = Val | number;

const NO_ARGS: readonly Val[] = [];

export class Code {
  /** Instructions written so far. */
  out = new Bytes();
  #prologue: Bytes | undefined;
  readonly #params: readonly Type[];
  readonly #locals: Type[] = [];
  readonly #free: Record<Type, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  #scope: { t: Type; index: number }[] | undefined;
  #depth = 0;

  constructor(params: readonly Type[]) {
    this.#params = params;
  }

  /** The whole body: local declarations, instructions, end. */
  finish(): Bytes {
    const body = new Bytes();
    body.u32(this.#locals.length);
    for (const t of this.#locals) {
      body.u32(1);
      body.byte(TYPE_CODE[t]);
    }
    if (this.#prologue) body.append(this.#prologue);
    body.append(this.out);
    body.byte(op.END);
    return body;
  }

  /** Writes code that runs before all that has been written; once, when what it needs is known. */
  prologue(write: () => void): void {
    const rest = this.out;
    this.out = new Bytes();
    write();
    this.#prologue = this.out;
    this.out = rest;
  }

  /** How many blocks the code being written is nested in. */
  protected get depth(): number {
    return this.#depth;
  }

  // --- constants and locals ---------------------------------------------------------------------

  i32(n: number): Val {
    return new Val('i32', 'const', 0, NO_ARGS, n | 0);
  }

  i64(n: number | bigint): Val {
    return new Val('i64', 'const', 0, NO_ARGS, 0, BigInt.asIntN(64, BigInt(n)));
  }

  constant(t: Type, n: number): Val {
    if (t === 'i32') return this.i32(n);
    if (t === 'i64') return this.i64(n);
    throw new Error(`code: no plain constant of type ${t}`);
  }

  param(index: number): Val {
    return new Val(this.#params[index]!, 'local', 0, NO_ARGS, index);
  }

  /** A fresh mutable local, zero unless initialised (v128: undefined). */
  var(t: Type, init?: Arg): Var {
    const reuse = this.#free[t].pop();
    const index = reuse ?? this.#params.length + this.#locals.push(t) - 1;
    this.#scope?.push({ t, index });
    const v = { t, index };
    if (init !== undefined) this.set(v, init);
    else if (reuse !== undefined && (t === 'i32' || t === 'i64')) this.set(v, 0);
    return v;
  }

  get(v: Var): Val {
    return new Val(v.t, 'local', 0, NO_ARGS, v.index);
  }

  set(v: Var, value: Arg): void {
    this.#emit(this.#arg(value, v.t));
    this.out.byte(op.LOCAL_SET);
    this.out.u32(v.index);
  }

  /** Evaluates now and keeps the result in a local, which can be used any number of times. */
  let(value: Val): Val {
    if (value.kind === 'const') return value;
    const v = this.var(value.t, value);
    return this.get(v);
  }

  /** Locals made inside `body` are free for reuse after it. */
  scope(body: () => void): void {
    const outer = this.#scope;
    const mine: { t: Type; index: number }[] = [];
    this.#scope = mine;
    body();
    this.#scope = outer;
    for (const { t, index } of mine) this.#free[t].push(index);
  }

  // --- integer operations, on i32 or i64 by the type of the first operand -------------------------

  add(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    if (isZero(y)) return a;
    if (isZero(a)) return y;
    if (a.isConst && y.isConst && a.t === 'i32') return this.i32(a.imm + y.imm);
    if (a.isConst && y.isConst && a.t === 'i64') return this.i64(a.big + y.big);
    return this.#bin(a.t, op.ADD, a, y);
  }
  sub(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    return isZero(y) ? a : this.#bin(a.t, op.SUB, a, y);
  }
  mul(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.MUL, a, this.#arg(b, a.t));
  }
  divu(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.DIV_U, a, this.#arg(b, a.t));
  }
  divs(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.DIV_S, a, this.#arg(b, a.t));
  }
  remu(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.REM_U, a, this.#arg(b, a.t));
  }
  rems(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.REM_S, a, this.#arg(b, a.t));
  }
  and(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    if (a.isConst && y.isConst && a.t === 'i32') return this.i32(a.imm & y.imm);
    if (a.isConst && y.isConst && a.t === 'i64') return this.i64(a.big & y.big);
    return this.#bin(a.t, op.AND, a, y);
  }
  or(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    if (isZero(y)) return a;
    return this.#bin(a.t, op.OR, a, y);
  }
  xor(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.XOR, a, this.#arg(b, a.t));
  }
  shl(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    return isZero(y) ? a : this.#bin(a.t, op.SHL, a, y);
  }
  shru(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    return isZero(y) ? a : this.#bin(a.t, op.SHR_U, a, y);
  }
  shrs(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    return isZero(y) ? a : this.#bin(a.t, op.SHR_S, a, y);
  }
  rotl(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.ROTL, a, this.#arg(b, a.t));
  }
  rotr(a: Val, b: Arg): Val {
    return this.#bin(a.t, op.ROTR, a, this.#arg(b, a.t));
  }
  not(a: Val): Val {
    return this.xor(a, -1);
  }
  neg(a: Val): Val {
    return this.sub(this.constant(a.t, 0), a);
  }
  clz(a: Val): Val {
    return this.#un(a.t, op.CLZ, a);
  }
  ctz(a: Val): Val {
    return this.#un(a.t, op.CTZ, a);
  }
  popcnt(a: Val): Val {
    return this.#un(a.t, op.POPCNT, a);
  }

  // Comparisons give an i32 that is 0 or 1.
  eqz(a: Val): Val {
    if (a.isConst && a.t === 'i32') return this.i32(a.imm === 0 ? 1 : 0);
    return new Val('i32', 'op', op.EQZ[a.t as 'i32' | 'i64'], [a]);
  }
  eq(a: Val, b: Arg): Val {
    const y = this.#arg(b, a.t);
    return isZero(y) ? this.eqz(a) : this.#cmp(op.EQ, a, y);
  }
  ne(a: Val, b: Arg): Val {
    return this.#cmp(op.NE, a, this.#arg(b, a.t));
  }
  lts(a: Val, b: Arg): Val {
    return this.#cmp(op.LT_S, a, this.#arg(b, a.t));
  }
  ltu(a: Val, b: Arg): Val {
    return this.#cmp(op.LT_U, a, this.#arg(b, a.t));
  }
  gts(a: Val, b: Arg): Val {
    return this.#cmp(op.GT_S, a, this.#arg(b, a.t));
  }
  gtu(a: Val, b: Arg): Val {
    return this.#cmp(op.GT_U, a, this.#arg(b, a.t));
  }
  les(a: Val, b: Arg): Val {
    return this.#cmp(op.LE_S, a, this.#arg(b, a.t));
  }
  leu(a: Val, b: Arg): Val {
    return this.#cmp(op.LE_U, a, this.#arg(b, a.t));
  }
  ges(a: Val, b: Arg): Val {
    return this.#cmp(op.GE_S, a, this.#arg(b, a.t));
  }
  geu(a: Val, b: Arg): Val {
    return this.#cmp(op.GE_U, a, this.#arg(b, a.t));
  }

  // --- conversions --------------------------------------------------------------------------------

  /** Low 32 bits of an i64; an i32 as it is. */
  wrap(a: Val): Val {
    if (a.t === 'i32') return a;
    if (a.isConst) return this.i32(Number(BigInt.asIntN(32, a.big)));
    return new Val('i32', 'op', op.I32_WRAP, [a]);
  }
  /** Zero-extends an i32 to i64; an i64 as it is. */
  extu(a: Val): Val {
    if (a.t === 'i64') return a;
    if (a.isConst) return this.i64(a.imm >>> 0);
    return new Val('i64', 'op', op.I64_EXTEND_U, [a]);
  }
  /** Sign-extends an i32 to i64; an i64 as it is. */
  exts(a: Val): Val {
    if (a.t === 'i64') return a;
    if (a.isConst) return this.i64(a.imm);
    return new Val('i64', 'op', op.I64_EXTEND_S, [a]);
  }
  sext8(a: Val): Val {
    return this.#un(a.t, op.EXTEND8, a);
  }
  sext16(a: Val): Val {
    return this.#un(a.t, op.EXTEND16, a);
  }
  /** Sign-extends the low half of an i64 in place. */
  sext32(a: Val): Val {
    return new Val('i64', 'op', op.I64_EXTEND32, [a]);
  }

  select(condition: Val, ifTrue: Val, ifFalse: Val): Val {
    return new Val(ifTrue.t, 'select', op.SELECT, [ifTrue, ifFalse, condition]);
  }

  // --- memory -------------------------------------------------------------------------------------

  /** Loads `bytes` (1, 2, 4, 8) zero-extended to `t`. Evaluated where the value is consumed. */
  load(t: 'i32' | 'i64', bytes: number, at: Val, offset = 0): Val {
    return new Val(t, 'load', op.loadOpcode(t, bytes, false), [at], offset);
  }
  loads(t: 'i32' | 'i64', bytes: number, at: Val, offset = 0): Val {
    return new Val(t, 'load', op.loadOpcode(t, bytes, true), [at], offset);
  }
  loadv(at: Val, offset = 0): Val {
    return new Val('v128', 'load', 0xfd00, [at], offset);
  }
  /** Stores the low `bytes` of `value` (i32, i64 or v128 for 16). */
  store(bytes: number, at: Val, value: Val, offset = 0): void {
    this.#emit(at);
    this.#emit(value);
    if (value.t === 'v128') {
      this.out.byte(0xfd);
      this.out.u32(0x0b);
    } else {
      this.out.byte(op.storeOpcode(value.t, bytes));
    }
    this.out.u32(0); // alignment hint: none
    this.out.u32(offset);
  }

  memoryCopy(to: Val, from: Val, bytes: Val): void {
    this.#emitAll([to, from, bytes]);
    this.out.raw(new Uint8Array([0xfc, 0x0a, 0, 0]));
  }
  memoryFill(to: Val, value: Val, bytes: Val): void {
    this.#emitAll([to, value, bytes]);
    this.out.raw(new Uint8Array([0xfc, 0x0b, 0]));
  }

  // --- anything else by opcode ----------------------------------------------------------------------

  /** A plain instruction by opcode; codes of the 0xFD (SIMD) and 0xFC pages are 0xFDxx and 0xFCxx. */
  op(t: Type, code: number, ...args: Val[]): Val {
    return new Val(t, 'op', code, args);
  }
  /** A SIMD instruction with a lane immediate. */
  lane(t: Type, code: number, lane: number, ...args: Val[]): Val {
    return new Val(t, 'lane', code, args, lane);
  }
  /** i8x16.shuffle with 16 constant lane indices into the concatenation of `a` and `b`. */
  shuffle(a: Val, b: Val, lanes: readonly number[]): Val {
    let big = 0n;
    for (let i = 15; i >= 0; i--) big = (big << 8n) | BigInt(lanes[i]!);
    return new Val('v128', 'shuffle', 0xfd0d, [a, b], 0, big);
  }

  call(func: Func, ...args: Arg[]): Val {
    const list = args.map((a, i) => this.#arg(a, func.params[i]!));
    return new Val(func.results[0] ?? 'i32', 'call', op.CALL, list, func.index);
  }
  /** A call for its effect; a result is dropped. */
  do(func: Func, ...args: Arg[]): void {
    this.#emit(this.call(func, ...args));
    if (func.results.length) this.out.byte(op.DROP);
  }
  callIndirect(typeIndex: number, result: Type, table: Val, ...args: Val[]): Val {
    return new Val(result, 'call', op.CALL_INDIRECT, [...args, table], typeIndex);
  }

  // --- control ------------------------------------------------------------------------------------

  if(condition: Val, then: () => void, otherwise?: () => void): void {
    this.#emit(condition);
    this.out.byte(op.IF);
    this.out.byte(op.VOID);
    this.#depth++;
    then();
    if (otherwise) {
      this.out.byte(op.ELSE);
      otherwise();
    }
    this.#depth--;
    this.out.byte(op.END);
  }

  /** `br` to the label leaves the block. */
  block(body: (out: Label) => void): void {
    this.#nest(op.BLOCK, body);
  }
  /** `br` to the label starts the loop again; falling off its end leaves it. */
  loop(body: (again: Label) => void): void {
    this.#nest(op.LOOP, body);
  }
  br(label: Label): void {
    this.out.byte(op.BR);
    this.out.u32(this.#depth - label.depth);
  }
  brIf(label: Label, condition: Val): void {
    this.#emit(condition);
    this.out.byte(op.BR_IF);
    this.out.u32(this.#depth - label.depth);
  }

  /** Branches to the label that `index` chooses; beyond the last it is the last. */
  brTable(index: Val, labels: readonly Label[]): void {
    this.#emit(index);
    this.out.byte(op.BR_TABLE);
    this.out.u32(labels.length - 1);
    for (const label of labels) this.out.u32(this.#depth - label.depth);
  }

  /** One case runs, chosen by `index`; an index beyond the cases runs the last one. */
  switch(index: Val, cases: readonly (() => void)[]): void {
    this.block((out) => {
      const open = (n: number): void => {
        if (n === 0) {
          this.#emit(index);
          this.out.byte(op.BR_TABLE);
          this.out.u32(cases.length - 1);
          for (let i = 0; i < cases.length; i++) this.out.u32(i);
          return;
        }
        this.block(() => open(n - 1));
        cases[n - 1]!();
        if (n < cases.length) this.br(out);
      };
      open(cases.length);
    });
  }

  ret(value?: Arg): void {
    if (value !== undefined) this.#emit(typeof value === 'number' ? this.i32(value) : value);
    this.out.byte(op.RETURN);
  }

  unreachable(): void {
    this.out.byte(op.UNREACHABLE);
  }

  /** Leaves a value on the stack as the function's result. */
  result(value: Val): void {
    this.#emit(value);
  }

  // --- writing out ----------------------------------------------------------------------------------

  #nest(code: number, body: (label: Label) => void): void {
    this.out.byte(code);
    this.out.byte(op.VOID);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.out.byte(op.END);
  }

  #arg(a: Arg, t: Type): Val {
    return typeof a === 'number' ? this.constant(t, a) : a;
  }

  #un(t: Type, codes: op.Pair, a: Val): Val {
    return new Val(t, 'op', codes[t as 'i32' | 'i64'], [a]);
  }

  #bin(t: Type, codes: op.Pair, a: Val, b: Val): Val {
    if (a.t !== b.t) throw new Error(`code: operands of types ${a.t} and ${b.t}`);
    return new Val(t, 'op', codes[t as 'i32' | 'i64'], [a, b]);
  }

  #cmp(codes: op.Pair, a: Val, b: Val): Val {
    if (a.t !== b.t) throw new Error(`code: comparing ${a.t} with ${b.t}`);
    return new Val('i32', 'op', codes[a.t as 'i32' | 'i64'], [a, b]);
  }

  #emitAll(values: readonly Val[]): void {
    for (const v of values) this.#emit(v);
  }

  #emit(v: Val): void {
    const out = this.out;
    if (v.kind === 'local') {
      out.byte(op.LOCAL_GET);
      out.u32(v.imm);
      return;
    }
    if (v.kind === 'const') {
      if (v.t === 'i32') {
        out.byte(op.I32_CONST);
        out.s32(v.imm);
      } else {
        out.byte(op.I64_CONST);
        out.s64(v.big);
      }
      return;
    }
    if (v.used) throw new Error('code: a value is used twice; `let` it first');
    v.used = true;
    for (const a of v.args) this.#emit(a);
    if (v.code >= 0xfc00) {
      out.byte(v.code >> 8);
      out.u32(v.code & 0xff);
    } else {
      out.byte(v.code);
    }
    switch (v.kind) {
      case 'load':
        out.u32(0);
        out.u32(v.imm);
        break;
      case 'call':
        out.u32(v.imm);
        if (v.code === op.CALL_INDIRECT) out.u32(0);
        break;
      case 'lane':
        out.byte(v.imm);
        break;
      case 'shuffle':
        for (let i = 0n; i < 16n; i++) out.byte(Number((v.big >> (i * 8n)) & 0xffn));
        break;
      default:
        break;
    }
  }
}

function isZero(v: Val): boolean {
  return v.kind === 'const' && (v.t === 'i32' ? v.imm === 0 : v.big === 0n);
}
