/**
 * SSE4.1 and SSE4.2 on integers: more lane operations, widening moves, blends, inserts and extracts,
 * PTEST. SDM Vol. 2A and 2B, by name. MOVNTDQA is in sse-move.ts, CRC32 in bit.ts.
 */

import { mpsadbw, phminposuw } from '../microcode/sse4.ts';
import * as L from '../vcpu/layout.ts';
import type { Code, Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import { CF, ZF } from './flags.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { evenProducts } from './sse-int-arith.ts';
import { extractLane, insertLane } from './sse-shuffle.ts';
import { aligned, sseRow, widened } from './vector.ts';

const binary = (opcode: string, name: string, compute: simd.Binary): Row =>
  sseRow(`66 0F 38 ${opcode} /r`, name, compute, { cite: `SDM 2B ${name}`, feature: 'SSE4.1' });

const row = (enc: string, name: string, ops: string, emit: (e: Emitter) => void): Row => ({
  enc,
  name,
  ops,
  unit: 'sse',
  emit,
  feature: 'SSE4.1',
  cite: `SDM 2 ${name}`,
});

// --- widening ---------------------------------------------------------------------------------------

const BYTES = { B: 1, W: 2, D: 4, Q: 8 } as const;
const LETTER = { 2: 'w', 4: 'd', 8: 'q' } as const;

/** PMOVSX, PMOVZX: from lanes of one width to lanes of another, doubling step by step. */
function widen(opcode: string, from: 'B' | 'W' | 'D', to: 'W' | 'D' | 'Q', signed: boolean): Row {
  const codes = signed ? simd.EXTEND_LOW_S : simd.EXTEND_LOW_U;
  const bytes = (16 / BYTES[to]) * BYTES[from];
  return row(
    `66 0F 38 ${opcode} /r`,
    `PMOV${signed ? 'SX' : 'ZX'}${from}${to}`,
    `Vdq,W${LETTER[bytes as 2 | 4 | 8]}`,
    (e) => {
      let v = widened(e, 1);
      for (let lane = BYTES[from] as 1 | 2 | 4; lane < BYTES[to]; lane = (lane * 2) as 2 | 4) {
        v = e.op('v128', codes[lane], v);
      }
      e.assign(0, v);
    },
  );
}

const STEPS = [
  ['B', 'W'],
  ['B', 'D'],
  ['B', 'Q'],
  ['W', 'D'],
  ['W', 'Q'],
  ['D', 'Q'],
] as const;

const widenings: Row[] = STEPS.flatMap(([from, to], i) => [
  widen(`2${i}`, from, to, true),
  widen(`3${i}`, from, to, false),
]);

// --- blends -----------------------------------------------------------------------------------------

/** Lanes of ones where the immediate's bit of the lane's number is set. */
function lanesOf(c: Code, lane: 2 | 4 | 8, imm: Val): Val {
  const bits = (): Val =>
    simd.constant(simd.IOTA.map((i) => (i % lane === 0 ? 1 << (i / lane) : 0)));
  const all = simd.splat(c, lane, lane === 8 ? c.extu(imm) : imm);
  return c.op('v128', simd.EQ[lane], c.op('v128', simd.AND, all, bits()), bits());
}

const blend = (opcode: string, name: string, lane: 2 | 4 | 8): Row =>
  row(`66 0F 3A ${opcode} /r ib`, name, 'Vdq,Wdq,Ib', (e) => {
    const b = aligned(e, 1);
    e.assign(0, simd.bitselect(e, lanesOf(e, lane, e.value(2)), b, e.value(0)));
  });

/** Lanes of the source where XMM0's lane has its top bit set. */
const blendByXmm0 = (opcode: string, name: string, lane: 1 | 4 | 8): Row =>
  row(`66 0F 38 ${opcode} /r`, name, 'Vdq,Wdq', (e) => {
    const b = aligned(e, 1);
    const signs = e.xmmPart(L.XMM, 16);
    const mask =
      lane === 8
        ? e.op('v128', simd.GT_S[8], simd.nothing(), signs)
        : e.op('v128', simd.LT_S[lane], signs, simd.nothing());
    e.assign(0, simd.bitselect(e, mask, b, e.value(0)));
  });

// --- inserts and extracts ---------------------------------------------------------------------------

const extract = (opcode: string, name: string, ops: string, lane: 1 | 2): Row[] =>
  ['R', 'M'].map((form) =>
    row(`66 0F 3A ${opcode} /r ib`, name, `${form}${form === 'R' ? 'd' : ops},Vdq,Ib`, (e) =>
      e.assign(0, e.let(extractLane(e, lane, e.value(1), e.value(2)))),
    ),
  );

/** PEXTRD, PEXTRQ, EXTRACTPS: as wide as operand 0. */
const extractWide: (e: Emitter) => void = (e) =>
  e.assign(0, e.let(extractLane(e, e.bytes(0) as 4 | 8, e.value(1), e.value(2))));

const insert =
  (lane: 1 | 4 | 8 | 'operand') =>
  (e: Emitter): void => {
    const value = e.value(1);
    const width = lane === 'operand' ? (e.bytes(1) as 4 | 8) : lane;
    e.assign(0, insertLane(e, width, e.value(0), e.value(2), value));
  };

/** imm8: source lane (of a register), destination lane, lanes to clear. */
function insertps(e: Emitter): void {
  const imm = e.value(2);
  const value = e.isMemory(1) ? e.value(1) : e.let(extractLane(e, 4, e.readXmm(1), e.shru(imm, 6)));
  const inserted = insertLane(e, 4, e.value(0), e.and(e.shru(imm, 4), 3), value);
  e.assign(0, e.op('v128', simd.ANDNOT, inserted, lanesOf(e, 4, imm)));
}

/** ZF: no bit in common. CF: no bit of the source outside the destination. */
function ptest(e: Emitter): void {
  const b = aligned(e, 1);
  const a = e.let(e.value(0));
  const common = e.op('i32', simd.ANY_TRUE, e.op('v128', simd.AND, a, b));
  const outside = e.op('i32', simd.ANY_TRUE, e.op('v128', simd.ANDNOT, b, a));
  e.setFlags(e.or(e.mul(e.eqz(common), ZF), e.mul(e.eqz(outside), CF)));
}

const routine = (enc: string, name: string, ops: string, microcode: Row['microcode']): Row => ({
  enc,
  name,
  ops,
  unit: 'sse',
  microcode: microcode!,
  ends: false,
  feature: 'SSE4.1',
  cite: `SDM 2B ${name}`,
});

export const sse4Int: readonly Row[] = [
  ...widenings,
  binary('28', 'PMULDQ', evenProducts(simd.EXTMUL_LOW_S[4])),
  binary('29', 'PCMPEQQ', simd.binary(simd.EQ[8])),
  binary('2B', 'PACKUSDW', simd.binary(simd.NARROW_U[2])),
  binary('38', 'PMINSB', simd.binary(simd.MIN_S[1])),
  binary('39', 'PMINSD', simd.binary(simd.MIN_S[4])),
  binary('3A', 'PMINUW', simd.binary(simd.MIN_U[2])),
  binary('3B', 'PMINUD', simd.binary(simd.MIN_U[4])),
  binary('3C', 'PMAXSB', simd.binary(simd.MAX_S[1])),
  binary('3D', 'PMAXSD', simd.binary(simd.MAX_S[4])),
  binary('3E', 'PMAXUW', simd.binary(simd.MAX_U[2])),
  binary('3F', 'PMAXUD', simd.binary(simd.MAX_U[4])),
  binary('40', 'PMULLD', simd.binary(simd.MUL[4])),
  blend('0C', 'BLENDPS', 4),
  blend('0D', 'BLENDPD', 8),
  blend('0E', 'PBLENDW', 2),
  blendByXmm0('10', 'PBLENDVB', 1),
  blendByXmm0('14', 'BLENDVPS', 4),
  blendByXmm0('15', 'BLENDVPD', 8),
  row('66 0F 38 17 /r', 'PTEST', 'Vdq,Wdq', ptest),
  ...extract('14', 'PEXTRB', 'b', 1),
  ...extract('15', 'PEXTRW', 'w', 2),
  row('66 0F 3A 16 /r ib', 'PEXTRD', 'Ey,Vdq,Ib', extractWide),
  row('66 0F 3A 17 /r ib', 'EXTRACTPS', 'Ed,Vdq,Ib', extractWide),
  row('66 0F 3A 20 /r ib', 'PINSRB', 'Vdq,Rd,Ib', insert(1)),
  row('66 0F 3A 20 /r ib', 'PINSRB', 'Vdq,Mb,Ib', insert(1)),
  row('66 0F 3A 21 /r ib', 'INSERTPS', 'Vdq,Wd,Ib', insertps),
  row('66 0F 3A 22 /r ib', 'PINSRD', 'Vdq,Ey,Ib', insert('operand')),
  routine('66 0F 38 41 /r', 'PHMINPOSUW', 'Vdq,Wdq', phminposuw),
  routine('66 0F 3A 42 /r ib', 'MPSADBW', 'Vdq,Wdq,Ib', mpsadbw),
  sseRow('66 0F 38 37 /r', 'PCMPGTQ', simd.binary(simd.GT_S[8]), {
    cite: 'SDM 2B PCMPGTQ',
    feature: 'SSE4.2',
  }),
];
