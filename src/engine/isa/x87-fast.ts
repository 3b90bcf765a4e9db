/**
 * The x87 instructions that programs compiled for it spend their time in, as generated code on the
 * functions of engine/fpu. Whatever those refuse, and every other x87 instruction, is x87.ts's.
 * SDM Vol. 2A FADD to FYL2XP1; Vol. 1 chapter 8.
 */

import { FADD, FDIV, FDIVR, FMUL, FPU_FUNCTIONS, type Fpu, FSUB, FSUBR } from '../fpu/unit.ts';
import { x87 as slow } from '../microcode/x87.ts';
import * as L from '../vcpu/layout.ts';
import type { Arg, Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';

type Emit = (e: Emitter) => void;

const F32_REINTERPRET = 0xbe;
const F64_PROMOTE = 0xbb;
const I64_REINTERPRET = 0xbd;
const ROUND_AS_FCW_SAYS = -1;
/** FSW.ES: an unmasked exception is pending. */
const FSW_ES = 0x80;

/** Calls a function of the unit; goes the exact way if it refuses. */
function must(e: Emitter, name: keyof Fpu, ...args: Arg[]): Val {
  if (args.length !== FPU_FUNCTIONS[name].length) throw new Error(`x87: arguments of ${name}`);
  const code = e.let(e.call(e.runtime[name], ...args));
  e.if(e.eqz(code), () => e.fallback());
  return code;
}

/**
 * Last instruction and last operand. The decoder has put FOP into the low half of the immediate and
 * where the operand's selector is into the high one. SDM Vol. 1 §8.1.8.
 */
function pointers(e: Emitter): void {
  const zero = e.i32(0);
  const packed = e.let(e.wrap(e.immediate()));
  e.store(8, zero, e.rip(), L.FIP);
  e.store(2, zero, e.load('i32', 2, zero, L.segment(L.CS) + L.SEG_SELECTOR), L.FCS);
  e.store(2, zero, packed, L.FOP);
  if (e.variant.form === 'reg') return;
  e.store(8, zero, e.effective(), L.FDP);
  e.store(2, zero, e.load('i32', 2, e.shru(packed, 16)), L.FDS);
}

/** ST(i) as the functions want it. */
const st = (e: Emitter): Val => e.pointer({ operand: 0 });
const result = (e: Emitter, bytes: number): Val =>
  e.load(bytes === 8 ? 'i64' : 'i32', bytes, e.i32(0), L.F80_RESULT);

/** The memory operand. A pending exception comes before whatever reading it may raise. */
function operand(e: Emitter): Val {
  e.if(e.and(e.load('i32', 2, e.i32(L.FSW)), FSW_ES), () => e.fallback());
  return e.let(e.value(0));
}

/** The memory operand of a float format as the bits of a double. */
function double(e: Emitter): Val {
  const value = operand(e);
  if (e.bytes(0) === 8) return value;
  // A denormal would be a normal number as a double.
  const denormal = e.and(e.eqz(e.and(value, 0x7f800000)), e.ne(e.and(value, 0x7fffff), 0));
  e.if(denormal, () => e.fallback());
  const wide = e.op('f64', F64_PROMOTE, e.op('f32', F32_REINTERPRET, value));
  return e.let(e.op('i64', I64_REINTERPRET, wide));
}

const integer = (e: Emitter): Val => e.let(e.signed(operand(e), e.bytes(0)));

/** An instruction that is one call. */
const calling =
  (name: keyof Fpu, ...args: Arg[]): Emit =>
  (e) => {
    must(e, name, ...args);
    pointers(e);
  };
const onSt =
  (name: keyof Fpu, ...more: Arg[]): Emit =>
  (e) => {
    must(e, name, st(e), ...more);
    pointers(e);
  };

const load: Emit = (e) => {
  must(e, 'fpuPush64', double(e));
  pointers(e);
};
const loadInteger: Emit = (e) => {
  must(e, 'fpuPushInteger', integer(e));
  pointers(e);
};

const storing =
  (pops: 0 | 1): Emit =>
  (e) => {
    const code = must(e, e.bytes(0) === 8 ? 'fpuRound64' : 'fpuRound32');
    e.assign(0, result(e, e.bytes(0)));
    e.do(e.runtime.fpuStored, code, pops);
    pointers(e);
  };
const storingInteger =
  (pops: 0 | 1): Emit =>
  (e) => {
    const code = must(e, 'fpuRoundInteger', e.bytes(0), ROUND_AS_FCW_SAYS);
    e.assign(0, result(e, e.bytes(0)));
    e.do(e.runtime.fpuStored, code, pops);
    pointers(e);
  };

const constant =
  (significand: bigint, word: number): Emit =>
  (e) => {
    must(e, 'fpuPush', e.i64(significand), word);
    pointers(e);
  };

const unpack = (kind: 'float' | 'integer'): Emit =>
  kind === 'float'
    ? (e) => must(e, 'fpuUnpack64', double(e))
    : (e) => must(e, 'fpuUnpackInteger', integer(e));

const arithmetic =
  (kind: 'float' | 'integer', operation: number): Emit =>
  (e) => {
    unpack(kind)(e);
    must(e, 'fpuArithmetic', operation);
    pointers(e);
  };
const comparison =
  (kind: 'float' | 'integer', pops: 0 | 1): Emit =>
  (e) => {
    unpack(kind)(e);
    must(e, 'fpuCompare', pops);
    pointers(e);
  };

const test: Emit = (e) => {
  must(e, 'fpuUnpackInteger', e.i64(0));
  must(e, 'fpuCompare', 0);
  pointers(e);
};

const compareFlags =
  (pops: 0 | 1): Emit =>
  (e) => {
    must(e, 'fpuCompareFlags', st(e), pops);
    e.setFlags(e.let(result(e, 4)));
    pointers(e);
  };

const loadControl: Emit = (e) => {
  must(e, 'fpuControl', operand(e));
};
const storeWord =
  (at: number): Emit =>
  (e) =>
    e.assign(0, e.load('i32', 2, e.i32(at)));
const statusToAx: Emit = (e) => e.write(L.RAX, 2, e.let(e.load('i32', 2, e.i32(L.FSW))));

const row = (enc: string, name: string, ops: string, emit: Emit, manual = name): Row => ({
  enc,
  name,
  ops,
  unit: 'x87',
  emit,
  slow,
  cite: `SDM 2A ${manual}`,
});

const OPERATIONS = [
  ['FADD', FADD],
  ['FMUL', FMUL],
  ['FSUB', FSUB],
  ['FSUBR', FSUBR],
  ['FDIV', FDIV],
  ['FDIVR', FDIVR],
] as const;

/** The opcodes of arithmetic with memory, and what their operands are. */
const IN_MEMORY = [
  ['D8', 'Md', 'float'],
  ['DC', 'Mq', 'float'],
  ['DA', 'Md', 'integer'],
  ['DE', 'Mw', 'integer'],
] as const;

const withMemory: readonly Row[] = IN_MEMORY.flatMap(([opcode, ops, kind]) => {
  const named = (name: string): string => (kind === 'float' ? name : `FI${name.slice(1)}`);
  return [
    ...OPERATIONS.map(([name, n]) =>
      row(`${opcode} /${n}`, named(name), ops, arithmetic(kind, n), name),
    ),
    row(`${opcode} /2`, named('FCOM'), ops, comparison(kind, 0), 'FCOM'),
    row(`${opcode} /3`, named('FCOMP'), ops, comparison(kind, 1), 'FCOM'),
  ];
});

const withStack: readonly Row[] = OPERATIONS.flatMap(([name, n]) => [
  row(`D8 /${n}`, name, 'T', (e) => {
    must(e, 'fpuArithmeticSt', n, st(e), 0, 0);
    pointers(e);
  }),
  // The opcodes with the result in ST(i) name the subtractions and divisions the other way round.
  ...(['DC', 'DE'] as const).map((opcode) => {
    const pops = opcode === 'DE' ? 1 : 0;
    const swapped = n < FSUB ? name : OPERATIONS.find(([, other]) => other === (n ^ 1))![0];
    return row(
      `${opcode} /${n}`,
      pops ? `${swapped}P` : swapped,
      'T',
      (e) => {
        must(e, 'fpuArithmeticSt', n, st(e), 1, pops);
        pointers(e);
      },
      swapped,
    );
  }),
]);

export const x87Fast: readonly Row[] = [
  row('D9 /0', 'FLD', 'Md', load),
  row('DD /0', 'FLD', 'Mq', load),
  row('DF /0', 'FILD', 'Mw', loadInteger),
  row('DB /0', 'FILD', 'Md', loadInteger),
  row('DF /5', 'FILD', 'Mq', loadInteger),
  row('D9 /2', 'FST', 'Md', storing(0)),
  row('D9 /3', 'FSTP', 'Md', storing(1), 'FST'),
  row('DD /2', 'FST', 'Mq', storing(0)),
  row('DD /3', 'FSTP', 'Mq', storing(1), 'FST'),
  row('DF /2', 'FIST', 'Mw', storingInteger(0)),
  row('DF /3', 'FISTP', 'Mw', storingInteger(1), 'FIST'),
  row('DB /2', 'FIST', 'Md', storingInteger(0)),
  row('DB /3', 'FISTP', 'Md', storingInteger(1), 'FIST'),
  row('DF /7', 'FISTP', 'Mq', storingInteger(1), 'FIST'),
  row('D9 /0', 'FLD', 'T', onSt('fpuPushSt')),
  row('D9 /1', 'FXCH', 'T', onSt('fpuExchange')),
  row('DD /2', 'FST', 'T', onSt('fpuStoreSt', 0)),
  row('DD /3', 'FSTP', 'T', onSt('fpuStoreSt', 1), 'FST'),
  row('D9 /E0', 'FCHS', '', calling('fpuSign', 0xffff, 0x8000)),
  row('D9 /E1', 'FABS', '', calling('fpuSign', 0x7fff, 0)),
  row('D9 /E4', 'FTST', '', test),
  row('D9 /E8', 'FLD1', '', constant(1n << 63n, 16383)),
  row('D9 /EE', 'FLDZ', '', constant(0n, 0), 'FLD1'),
  ...withMemory,
  ...withStack,
  row('D8 /2', 'FCOM', 'T', onSt('fpuCompareSt', 0)),
  row('D8 /3', 'FCOMP', 'T', onSt('fpuCompareSt', 1), 'FCOM'),
  row('DD /4', 'FUCOM', 'T', onSt('fpuCompareSt', 0)),
  row('DD /5', 'FUCOMP', 'T', onSt('fpuCompareSt', 1), 'FUCOM'),
  row('DA /E9', 'FUCOMPP', '', calling('fpuCompareSt', 16, 2), 'FUCOM'),
  row('DE /D9', 'FCOMPP', '', calling('fpuCompareSt', 16, 2), 'FCOM'),
  row('DB /5', 'FUCOMI', 'T', compareFlags(0), 'FCOMI'),
  row('DB /6', 'FCOMI', 'T', compareFlags(0)),
  row('DF /5', 'FUCOMIP', 'T', compareFlags(1), 'FCOMI'),
  row('DF /6', 'FCOMIP', 'T', compareFlags(1), 'FCOMI'),
  row('D9 /5', 'FLDCW', 'Mw', loadControl),
  row('D9 /7', 'FNSTCW', 'Mw', storeWord(L.FCW), 'FSTCW'),
  row('DD /7', 'FNSTSW', 'Mw', storeWord(L.FSW), 'FSTSW'),
  row('DF /E0', 'FNSTSW', '', statusToAx, 'FSTSW'),
];
