/**
 * BMI1, BMI2 and ADX: bit manipulation on general registers, three operands by VEX (SDM Vol. 2A
 * §2.3), and additions with two independent carries. SDM Vol. 2A to 2D, by name. TZCNT and LZCNT are
 * in bit.ts.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { type Emitter, typeOf, UD } from './emitter.ts';
import { CF, OF } from './flags.ts';
import type { Row } from './row.ts';
import { multiplyHighUnsigned } from './wide.ts';

const CR0_PE = 1;
const FL_VM_SHIFT = 17;

/** VEX is not recognized in real-address and virtual-8086 mode. SDM Vol. 2A §2.8. */
function requireProtectedMode(e: Emitter): void {
  const real = e.xor(e.and(e.load('i32', 4, e.i32(L.CR0)), CR0_PE), CR0_PE);
  const v86 = e.and(e.shru(e.load('i32', 4, e.i32(L.EFLAGS)), FL_VM_SHIFT), 1);
  e.raiseIf(e.or(real, v86), UD);
}

/** The constant one in the type of an operand of 4 or 8 bytes. */
const one = (e: Emitter, bytes: number): Val => e.constant(typeOf(bytes), 1);

function andn(e: Emitter): void {
  const bytes = e.bytes(0);
  const b = e.value(2);
  const r = e.let(e.and(e.not(e.value(1)), b));
  e.assign(0, r);
  e.flagsLogic(r, bytes);
}

/** BLSR, BLSMSK, BLSI: the lowest one bit; CF tells of a zero source, for BLSI of any other. */
function lowest(of: (e: Emitter, x: Val, less: Val) => Val, carryIfZero: boolean) {
  return (e: Emitter): void => {
    const bytes = e.bytes(0);
    const x = e.value(1);
    const r = e.let(of(e, x, e.sub(x, one(e, bytes))));
    const carry = e.let(carryIfZero ? e.eqz(x) : e.eqz(e.eqz(x)));
    e.assign(0, r);
    e.flagsResult(r, carry, bytes);
  };
}

/** Start in bits 0..7 of the control, length in bits 8..15; both may be beyond the operand. */
function bextr(e: Emitter): void {
  const bytes = e.bytes(0);
  const bits = bytes * 8;
  const source = e.value(1);
  const control = e.let(e.wrap(e.value(2)));
  const start = e.let(e.and(control, 0xff));
  const length = e.let(e.and(e.shru(control, 8), 0xff));
  const zero = e.constant(typeOf(bytes), 0);
  const count = (n: Val): Val => (bytes === 8 ? e.extu(n) : n);
  const moved = e.let(e.select(e.ltu(start, bits), e.shru(source, count(start)), zero));
  const mask = e.sub(e.shl(one(e, bytes), count(length)), one(e, bytes));
  const r = e.let(e.select(e.ltu(length, bits), e.and(moved, mask), moved));
  e.assign(0, r);
  e.flagsResult(r, e.i32(0), bytes);
}

/** Clears from the bit on that the index's low byte names; CF if that is beyond the operand. */
function bzhi(e: Emitter): void {
  const bytes = e.bytes(0);
  const bits = bytes * 8;
  const source = e.value(1);
  const index = e.let(e.and(e.wrap(e.value(2)), 0xff));
  const count = bytes === 8 ? e.extu(index) : index;
  const mask = e.sub(e.shl(one(e, bytes), count), one(e, bytes));
  const r = e.let(e.select(e.ltu(index, bits), e.and(source, mask), source));
  e.assign(0, r);
  e.flagsResult(r, e.geu(index, bits), bytes);
}

/** SARX, SHLX, SHRX: counts are modulo the width, as WebAssembly's are; no flags. */
const shift = (of: (e: Emitter, value: Val, count: Val) => Val) => (e: Emitter) => {
  const value = e.value(1);
  e.assign(0, of(e, value, e.value(2)));
};

function rorx(e: Emitter): void {
  const bytes = e.bytes(0);
  const value = e.value(1);
  const count = e.value(2);
  e.assign(0, e.rotr(value, bytes === 8 ? e.extu(count) : count));
}

/** rDX times the source: the low half to the second operand, then the high half to the first. */
function mulx(e: Emitter): void {
  const bytes = e.bytes(0);
  const b = e.value(2);
  const a = e.let(e.read(L.RDX, bytes));
  if (bytes === 8) {
    const low = e.let(e.mul(a, b));
    const high = multiplyHighUnsigned(e, a, b);
    e.assign(1, low);
    e.assign(0, high);
    return;
  }
  const product = e.let(e.mul(e.extu(a), e.extu(b)));
  e.assign(1, e.wrap(product));
  e.assign(0, e.wrap(e.shru(product, 32)));
}

/**
 * PDEP and PEXT go through the ones of the mask, from the lowest: bit n of the packed operand is the
 * n-th of them in the spread one.
 */
function spread(deposit: boolean) {
  return (e: Emitter): void => {
    const t = typeOf(e.bytes(0));
    const mask = e.var(t, e.value(2));
    const source = e.value(1);
    const result = e.var(t, 0);
    const n = e.var(t, 0);
    e.block((out) => {
      e.loop((again) => {
        e.brIf(out, e.eqz(e.get(mask)));
        const at = e.ctz(e.get(mask));
        const [from, to] = deposit ? [e.get(n), at] : [at, e.get(n)];
        const bit = e.and(e.shru(source, from), e.constant(t, 1));
        e.set(result, e.or(e.get(result), e.shl(bit, to)));
        e.set(mask, e.and(e.get(mask), e.sub(e.get(mask), e.constant(t, 1))));
        e.set(n, e.add(e.get(n), e.constant(t, 1)));
        e.br(again);
      });
    });
    e.assign(0, e.get(result));
  };
}

/** ADCX adds with CF and ADOX with OF; neither touches any other flag. */
const addWith = (flag: number) => (e: Emitter) => {
  const bytes = e.bytes(0);
  const b = e.value(1);
  const word = e.let(e.flagWord());
  const carryIn = e.let(e.ne(e.and(word, flag), 0));
  const a = e.value(0);
  const partial = e.let(e.add(a, b));
  const r = e.let(e.add(partial, bytes === 8 ? e.extu(carryIn) : carryIn));
  const carryOut = e.or(e.ltu(partial, b), e.ltu(r, partial));
  const out = e.select(carryOut, e.i32(flag), e.i32(0));
  const next = e.let(e.or(e.and(word, ~flag), out));
  e.assign(0, r);
  e.setFlags(next);
};

type More = Pick<Row, 'enc' | 'name' | 'ops' | 'feature' | 'undef'>;

const vex = (emit: (e: Emitter) => void, more: More, volume: string): Row => ({
  ...more,
  emit: (e) => {
    requireProtectedMode(e);
    emit(e);
  },
  cite: `SDM ${volume} ${more.name}`,
});

const bmi1 = (enc: string, name: string, ops: string, undef: string, emit: (e: Emitter) => void) =>
  vex(emit, { enc: `VEX.LZ.${enc}`, name, ops, undef, feature: 'BMI1' }, '2A');
const bmi2 = (enc: string, name: string, ops: string, emit: (e: Emitter) => void, undef = '') =>
  vex(emit, { enc: `VEX.LZ.${enc}`, name, ops, undef, feature: 'BMI2' }, '2D');

export const bmi: readonly Row[] = [
  bmi1('NP.0F38 F2 /r', 'ANDN', 'Gy,By,Ey', 'AP', andn),
  bmi1(
    'NP.0F38 F3 /1',
    'BLSR',
    'By,Ey',
    'AP',
    lowest((e, x, less) => e.and(x, less), true),
  ),
  bmi1(
    'NP.0F38 F3 /2',
    'BLSMSK',
    'By,Ey',
    'AP',
    lowest((e, x, less) => e.xor(x, less), true),
  ),
  bmi1(
    'NP.0F38 F3 /3',
    'BLSI',
    'By,Ey',
    'AP',
    lowest((e, x, less) => e.and(x, e.not(less)), false),
  ),
  bmi1('NP.0F38 F7 /r', 'BEXTR', 'Gy,Ey,By', 'SAP', bextr),
  bmi2('NP.0F38 F5 /r', 'BZHI', 'Gy,Ey,By', bzhi, 'AP'),
  bmi2(
    'F3.0F38 F7 /r',
    'SARX',
    'Gy,Ey,By',
    shift((e, v, n) => e.shrs(v, n)),
  ),
  bmi2(
    '66.0F38 F7 /r',
    'SHLX',
    'Gy,Ey,By',
    shift((e, v, n) => e.shl(v, n)),
  ),
  bmi2(
    'F2.0F38 F7 /r',
    'SHRX',
    'Gy,Ey,By',
    shift((e, v, n) => e.shru(v, n)),
  ),
  bmi2('F2.0F3A F0 /r ib', 'RORX', 'Gy,Ey,Ib', rorx),
  bmi2('F2.0F38 F6 /r', 'MULX', 'Gy,By,Ey', mulx),
  bmi2('F2.0F38 F5 /r', 'PDEP', 'Gy,By,Ey', spread(true)),
  bmi2('F3.0F38 F5 /r', 'PEXT', 'Gy,By,Ey', spread(false)),
];

export const adx: readonly Row[] = [
  {
    enc: '66 0F 38 F6 /r',
    name: 'ADCX',
    ops: 'Gy,Ey',
    emit: addWith(CF),
    feature: 'ADX',
    cite: 'SDM 2A ADCX',
  },
  {
    enc: 'F3 0F 38 F6 /r',
    name: 'ADOX',
    ops: 'Gy,Ey',
    emit: addWith(OF),
    feature: 'ADX',
    cite: 'SDM 2A ADOX',
  },
];
