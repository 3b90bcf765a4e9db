/**
 * String instructions: MOVS CMPS SCAS STOS LODS, with REP, REPE and REPNE. SDM Vol. 2A/2B, by name and
 * "REP/REPE/REPZ/REPNE/REPNZ".
 *
 * Under REP one execution runs a chunk of iterations that cannot fault, or a single one that may:
 * a chunk stays within the pages that the fast TLB holds, within the segments and within what may
 * still run. Registers move once per chunk, so a fault leaves them at the iteration that faulted.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { type Emitter, typeOf } from './emitter.ts';
import type { Row } from './row.ts';
import { atLeastOne, type Cursor, chunk, cursor, moveBy, pointerOf } from './string-chunk.ts';

type Width = 'b' | 'v';
const bytesOf = (e: Emitter, width: Width): number => (width === 'b' ? 1 : e.size);

const source = (e: Emitter, at: Cursor, bytes: number): Val =>
  e.let(e.linearOfOperandSegment(at.offset, bytes, false));
const destination = (e: Emitter, at: Cursor, bytes: number, write: boolean): Val =>
  e.let(e.linearOf(L.ES, at.offset, bytes, write));

/** The iterations left, as an i64; where there are none REP does nothing but retire. */
function repCount(e: Emitter): Val {
  const count = e.let(e.extu(e.read(L.RCX, e.variant.addressSize)));
  e.if(e.eqz(count), () => e.repeat(e.i32(1), e.i32(0)));
  return count;
}

/** Takes `n` (an i32, let) iterations off the count and ends this execution. */
function finish(e: Emitter, count: Val, n: Val, stop?: Val): void {
  const { addressSize } = e.variant;
  const left = e.let(e.sub(count, e.extu(n)));
  e.write(L.RCX, addressSize, addressSize === 8 ? left : e.wrap(left));
  const done = e.eqz(left);
  e.repeat(stop ? e.or(done, stop) : done, e.sub(n, 1));
}

/** Runs `body` n times with pointers that move by `step` bytes each time. */
function eachElement(
  e: Emitter,
  n: Val,
  step: Val,
  start: readonly Val[],
  body: (at: Val[]) => void,
): void {
  const pointers = start.map((p) => e.var('i32', p));
  const left = e.var('i32', n);
  e.loop((again) => {
    body(pointers.map((p) => e.get(p)));
    for (const p of pointers) e.set(p, e.add(e.get(p), step));
    e.set(left, e.sub(e.get(left), 1));
    e.brIf(again, e.get(left));
  });
}

// --- MOVS ---------------------------------------------------------------------------------------------

function movsOnce(e: Emitter, from: Val, to: () => Val, bytes: number): void {
  const value = e.loadAt(from, bytes);
  e.storeAt(to(), bytes, value);
}

/**
 * memory.copy is as if through a buffer; REP MOVS is not. They agree unless the destination starts
 * inside the source, where MOVS repeats a pattern; compared as pointers, because two linear
 * addresses may be one byte of RAM.
 */
function copyChunk(e: Emitter, from: Val, to: Val, n: Val, step: Val, bytes: number): void {
  const total = e.let(e.mul(n, bytes));
  const apart = e.geu(e.sub(to, from), total);
  e.if(
    e.and(apart, e.gts(step, 0)),
    () => e.memoryCopy(to, from, total),
    () =>
      eachElement(e, n, step, [from, to], ([a, b]) =>
        e.store(bytes, b!, e.load(typeOf(bytes), bytes, a!)),
      ),
  );
}

function movs(width: Width): (e: Emitter) => void {
  return (e) => {
    const bytes = bytesOf(e, width);
    if (e.variant.rep === 'none') {
      const si = cursor(e, L.RSI, bytes);
      const di = cursor(e, L.RDI, bytes);
      movsOnce(e, source(e, si, bytes), () => destination(e, di, bytes, true), bytes);
      moveBy(e, si, e.i32(1));
      moveBy(e, di, e.i32(1));
      return;
    }
    const count = repCount(e);
    const si = cursor(e, L.RSI, bytes);
    const di = cursor(e, L.RDI, bytes);
    const from = source(e, si, bytes);
    const to = destination(e, di, bytes, true);
    const a = pointerOf(e, from, L.TLB_READ);
    const b = pointerOf(e, to, L.TLB_WRITE);
    const n = chunk(e, count, [
      { cursor: si, linear: from, pointer: a, segment: e.operandSegment() },
      { cursor: di, linear: to, pointer: b, segment: e.i32(L.ES) },
    ]);
    e.if(
      n,
      () => copyChunk(e, a, b, n, e.let(e.wrap(si.step)), bytes),
      () => movsOnce(e, from, () => to, bytes),
    );
    const ran = atLeastOne(e, n);
    moveBy(e, si, ran);
    moveBy(e, di, ran);
    finish(e, count, ran);
  };
}

// --- STOS ---------------------------------------------------------------------------------------------

function fillChunk(e: Emitter, to: Val, value: Val, n: Val, step: Val, bytes: number): void {
  const low = e.let(e.and(e.wrap(value), 0xff));
  const wide = bytes === 8 ? e.extu(low) : low;
  const ones = bytes === 8 ? e.i64(0x0101010101010101n) : e.i32(bytes === 4 ? 0x01010101 : 0x0101);
  const uniform = bytes === 1 ? e.i32(1) : e.eq(value, e.mul(wide, ones));
  e.if(
    e.and(uniform, e.gts(step, 0)),
    () => e.memoryFill(to, low, e.mul(n, bytes)),
    () => eachElement(e, n, step, [to], ([at]) => e.store(bytes, at!, value)),
  );
}

function stos(width: Width): (e: Emitter) => void {
  return (e) => {
    const bytes = bytesOf(e, width);
    const value = e.read(L.RAX, bytes);
    if (e.variant.rep === 'none') {
      const di = cursor(e, L.RDI, bytes);
      e.storeAt(destination(e, di, bytes, true), bytes, value);
      moveBy(e, di, e.i32(1));
      return;
    }
    const count = repCount(e);
    const di = cursor(e, L.RDI, bytes);
    const to = destination(e, di, bytes, true);
    const pointer = pointerOf(e, to, L.TLB_WRITE);
    const n = chunk(e, count, [{ cursor: di, linear: to, pointer, segment: e.i32(L.ES) }]);
    e.if(
      n,
      () => fillChunk(e, pointer, value, n, e.let(e.wrap(di.step)), bytes),
      () => e.storeAt(to, bytes, value),
    );
    const ran = atLeastOne(e, n);
    moveBy(e, di, ran);
    finish(e, count, ran);
  };
}

// --- LODS ---------------------------------------------------------------------------------------------

/** REP LODS is nobody's fast path: one element at a time. */
function lods(width: Width): (e: Emitter) => void {
  return (e) => {
    const bytes = bytesOf(e, width);
    const count = e.variant.rep === 'none' ? undefined : repCount(e);
    const si = cursor(e, L.RSI, bytes);
    e.write(L.RAX, bytes, e.loadAt(source(e, si, bytes), bytes));
    moveBy(e, si, e.i32(1));
    if (count) finish(e, count, e.i32(1));
  };
}

// --- CMPS and SCAS --------------------------------------------------------------------------------------

/** Whether REPE or REPNE stops after comparing a and b. */
const stops = (e: Emitter, a: Val, b: Val): Val =>
  e.variant.rep === 'rep' ? e.ne(a, b) : e.eq(a, b);

/**
 * Compares up to `n` pairs (n not 0) as `load` gives them and stops where REPE or REPNE does.
 * Returns how many; `a` and `b` hold the last pair.
 */
function compareChunk(
  e: Emitter,
  n: Val,
  step: Val,
  start: readonly Val[],
  into: { a: ReturnType<Emitter['var']>; b: ReturnType<Emitter['var']> },
  load: (at: Val[]) => { a: Val; b: Val },
): Val {
  const pointers = start.map((p) => e.var('i32', p));
  const done = e.var('i32', 0);
  e.block((out) =>
    e.loop((again) => {
      const pair = load(pointers.map((p) => e.get(p)));
      e.set(into.a, pair.a);
      e.set(into.b, pair.b);
      e.set(done, e.add(e.get(done), 1));
      e.brIf(out, stops(e, e.get(into.a), e.get(into.b)));
      for (const p of pointers) e.set(p, e.add(e.get(p), step));
      e.brIf(again, e.ltu(e.get(done), n));
    }),
  );
  return e.get(done);
}

function compareFlags(e: Emitter, a: Val, b: Val, bytes: number): void {
  e.flagsSub(a, b, e.sub(a, b), bytes);
}

function cmps(width: Width): (e: Emitter) => void {
  return (e) => {
    const bytes = bytesOf(e, width);
    const t = typeOf(bytes);
    if (e.variant.rep === 'none') {
      const si = cursor(e, L.RSI, bytes);
      const di = cursor(e, L.RDI, bytes);
      // Where both operands would fault, processors report this one.
      const b = e.loadAt(destination(e, di, bytes, false), bytes);
      const a = e.loadAt(source(e, si, bytes), bytes);
      moveBy(e, si, e.i32(1));
      moveBy(e, di, e.i32(1));
      compareFlags(e, a, b, bytes);
      return;
    }
    const count = repCount(e);
    const si = cursor(e, L.RSI, bytes);
    const di = cursor(e, L.RDI, bytes);
    const first = source(e, si, bytes);
    const second = destination(e, di, bytes, false);
    const p = pointerOf(e, first, L.TLB_READ);
    const q = pointerOf(e, second, L.TLB_READ);
    const n = chunk(e, count, [
      { cursor: si, linear: first, pointer: p, segment: e.operandSegment() },
      { cursor: di, linear: second, pointer: q, segment: e.i32(L.ES) },
    ]);
    const into = { a: e.var(t), b: e.var(t) };
    const ran = e.var('i32', 1);
    e.if(
      n,
      () => {
        const step = e.let(e.wrap(si.step));
        const load = ([x, y]: Val[]): { a: Val; b: Val } => ({
          a: e.load(t, bytes, x!),
          b: e.load(t, bytes, y!),
        });
        e.set(ran, compareChunk(e, n, step, [p, q], into, load));
      },
      () => {
        e.set(into.b, e.loadAt(second, bytes));
        e.set(into.a, e.loadAt(first, bytes));
      },
    );
    const [a, b] = [e.get(into.a), e.get(into.b)];
    moveBy(e, si, e.get(ran));
    moveBy(e, di, e.get(ran));
    compareFlags(e, a, b, bytes);
    finish(e, count, e.get(ran), stops(e, a, b));
  };
}

function scas(width: Width): (e: Emitter) => void {
  return (e) => {
    const bytes = bytesOf(e, width);
    const t = typeOf(bytes);
    const a = e.read(L.RAX, bytes);
    if (e.variant.rep === 'none') {
      const di = cursor(e, L.RDI, bytes);
      const b = e.loadAt(destination(e, di, bytes, false), bytes);
      moveBy(e, di, e.i32(1));
      compareFlags(e, a, b, bytes);
      return;
    }
    const count = repCount(e);
    const di = cursor(e, L.RDI, bytes);
    const at = destination(e, di, bytes, false);
    const pointer = pointerOf(e, at, L.TLB_READ);
    const n = chunk(e, count, [{ cursor: di, linear: at, pointer, segment: e.i32(L.ES) }]);
    const into = { a: e.var(t, a), b: e.var(t) };
    const ran = e.var('i32', 1);
    e.if(
      n,
      () => {
        const step = e.let(e.wrap(di.step));
        const load = ([x]: Val[]): { a: Val; b: Val } => ({ a, b: e.load(t, bytes, x!) });
        e.set(ran, compareChunk(e, n, step, [pointer], into, load));
      },
      () => e.set(into.b, e.loadAt(at, bytes)),
    );
    const b = e.get(into.b);
    moveBy(e, di, e.get(ran));
    compareFlags(e, a, b, bytes);
    finish(e, count, e.get(ran), stops(e, a, b));
  };
}

/** The two rows of one string instruction: bytes, and words of the operand size. */
function pair(
  name: string,
  opcode: number,
  rep: 'rep' | 'repz',
  emit: (width: Width) => (e: Emitter) => void,
  cite: string,
): Row[] {
  return (['b', 'v'] as const).map((width, i) => ({
    enc: (opcode + i).toString(16).toUpperCase(),
    name: width === 'b' ? `${name}B` : name,
    ops: '',
    emit: emit(width),
    rep,
    cite,
  }));
}

export const string: readonly Row[] = [
  ...pair('MOVS', 0xa4, 'rep', movs, 'SDM 2B MOVS/MOVSB/MOVSW/MOVSD/MOVSQ'),
  ...pair('CMPS', 0xa6, 'repz', cmps, 'SDM 2A CMPS/CMPSB/CMPSW/CMPSD/CMPSQ'),
  ...pair('STOS', 0xaa, 'rep', stos, 'SDM 2B STOS/STOSB/STOSW/STOSD/STOSQ'),
  ...pair('LODS', 0xac, 'rep', lods, 'SDM 2A LODS/LODSB/LODSW/LODSD/LODSQ'),
  ...pair('SCAS', 0xae, 'repz', scas, 'SDM 2B SCAS/SCASB/SCASW/SCASD'),
];
