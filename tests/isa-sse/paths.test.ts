/**
 * Rows with two forms: the shortcut in generated code must give what the exact routine gives, and it
 * must be taken where programs need its speed. Needs no host CPU.
 */

import { describe, expect, test } from 'vitest';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import { parseRow } from '../../src/engine/decode/tables.ts';
import { generateMain } from '../../src/engine/interp/module.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { VECTOR } from '../../src/engine/isa/vector-rows.ts';
import { type Gpa, icount } from '../../src/engine/units.ts';
import { SoftVcpu } from '../../src/engine/vcpu/soft-vcpu.ts';
import type { Registers } from '../../src/engine/vcpu/vcpu.ts';
import { f32Bits, f64Bits, Random, SEED } from '../float/cases.ts';
import { value } from '../isa/values.ts';
import { kindOf } from './cases.ts';

const CODE = 0x7c00;
/** Protection and x87 checks off, SSE on: real mode is enough for registers. */
const CR4 = 0x600n;

/** How often a routine was entered from generated code. */
let fallbacks = 0;

const rows = VECTOR.filter((row) => row.slow !== undefined && row.unit !== 'x87');

const counting = rows.map(
  (row): Row => ({
    ...row,
    slow: (cpu, insn) => {
      fallbacks++;
      row.slow!(cpu, insn);
    },
  }),
);

const exactOnly = rows.map(({ emit: _emit, slow, ...rest }): Row => {
  return { ...rest, microcode: slow!, ends: false };
});

function makeVcpu(from: readonly Row[]): SoftVcpu {
  const { bytes, handlers } = generateMain(from);
  const main = { module: new WebAssembly.Module(bytes), handlers };
  return new SoftVcpu({ memoryBytes: 1 << 20, main, decoder: new Decoder(from) });
}

const both = [makeVcpu(counting), makeVcpu(exactOnly)] as const;

interface State {
  readonly xmm: Registers['xmm'];
  readonly gpr: readonly bigint[];
  readonly mxcsr: number;
}

/** Registers 1 and 2 are the operands. */
function encode(row: Row, imm: number): Uint8Array {
  const c = parseRow(row, 0)[0]!;
  const prefix = c.prefix && c.prefix !== 'NP' ? [Number.parseInt(c.prefix, 16)] : [];
  const map = [[0x0f], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][c.map]!;
  const immediate = row.ops.endsWith('Ib') ? [imm] : [];
  return new Uint8Array([...prefix, ...map, c.opcode, 0xca, ...immediate]);
}

function run(vcpu: SoftVcpu, code: Uint8Array, state: State): Partial<Registers> {
  vcpu.ram.poke(CODE as Gpa, code);
  const flat = { selector: 0, base: 0n, limit: 0xffff, rights: 0x9b };
  const { segments } = vcpu.registers();
  vcpu.setRegisters({
    ...state,
    rip: BigInt(CODE),
    rflags: 0x8d7n,
    segments: segments.map((s, n) => (n === 1 ? flat : s)),
    cr4: CR4,
  });
  const exit = vcpu.run(icount(vcpu.icount + 1));
  if (exit.kind !== 'until') throw new Error(`paths: the vCPU stopped with ${exit.kind}`);
  const { xmm, gpr, mxcsr, rip, rflags } = vcpu.registers();
  return { xmm, gpr, mxcsr, rip, rflags };
}

const DEFAULT = 0x1f80;
const PE = 0x20;

/** The flag, other flags, rounding modes. */
const controls = (r: Random): number[] => [0, PE, PE, PE | r.below(64), PE | (r.below(4) << 13)];
/** DAZ and FTZ, rarely. */
const MODES = [0, 0, 0, 0, 0x40, 0x8000];

/** Around the least normal number: products that round up to it are tiny all the same. */
const EDGES = {
  f64: [
    0x0010_0000_0000_0000n,
    0x0010_0000_0000_0001n,
    0x000f_ffff_ffff_ffffn,
    0x3fef_ffff_ffff_ffffn,
    0x3ff0_0000_0000_0000n,
    0x3ff0_0000_0000_0001n,
    0x8010_0000_0000_0000n,
    0x7fef_ffff_ffff_ffffn,
    0n,
  ],
  f32: [
    0x00800000n,
    0x00800001n,
    0x007fffffn,
    0x3f7fffffn,
    0x3f800000n,
    0x3f800001n,
    0x7f7fffffn,
  ].map((bits) => (bits << 32n) | bits),
};

describe('the shortcut is the exact routine', () => {
  test.each(rows.map((row) => [`${row.name} ${row.enc}`, row] as const))('%s', (_, row) => {
    const r = new Random(SEED ^ row.enc.length);
    const kind = kindOf(row);
    const half = (): bigint => {
      if (kind === 'f64') return f64Bits(r);
      return kind === 'f32' ? (f32Bits(r) << 32n) | f32Bits(r) : value(r, 8);
    };
    for (let i = 0; i < 150; i++) {
      const state = {
        xmm: Array.from({ length: 16 }, () => ({ lo: half(), hi: half() })),
        gpr: Array.from({ length: 16 }, () => value(r, 8)),
        // All exceptions masked: a vector has nowhere to go here.
        mxcsr: DEFAULT | r.pick(controls(r)) | r.pick(MODES),
      };
      if (kind !== 'integer' && r.below(4) === 0) {
        const edge = EDGES[kind];
        for (const n of [1, 2]) state.xmm[n] = { lo: r.pick(edge), hi: r.pick(edge) };
      }
      const code = encode(row, r.below(256));
      const [quick, exact] = both.map((vcpu) => run(vcpu, code, state));
      expect(quick, `${i}: ${Buffer.from(code).toString('hex')}`).toEqual(exact);
    }
  });
});

/** An f64 and an f32 pair, as the halves of a register. */
const f64 = (x: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0);
};
const f32s = (lo: number, hi: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat32(0, hi);
  view.setFloat32(4, lo);
  return view.getBigUint64(0);
};

function stateOf(row: Row, mxcsr: number, [a, b]: readonly [number, number]): State {
  const of = (x: number): { lo: bigint; hi: bigint } => {
    if (/DQ2P/.test(row.name)) return { lo: BigInt(Math.trunc(x)), hi: 0n };
    const bits = kindOf(row) === 'f64' ? f64(x) : f32s(x, x);
    return { lo: bits, hi: bits };
  };
  return {
    xmm: Array.from({ length: 16 }, (_, n) => of(n === 1 ? a : b)),
    gpr: Array.from({ length: 16 }, () => 12345n),
    mxcsr,
  };
}

describe('the shortcut is taken', () => {
  test.each(rows.map((row) => [`${row.name} ${row.enc}`, row] as const))(
    '%s: by ordinary numbers once PE is set',
    (_, row) => {
      fallbacks = 0;
      for (const [a, b] of [
        [1.1, 3.7],
        [-2.5e-3, 17.25],
        [1e10, 0.125],
        [0, 2],
      ] as const) {
        run(both[0], encode(row, 0), stateOf(row, DEFAULT | PE, [a, b]));
      }
      expect(fallbacks).toBe(0);
    },
  );

  const exactScalars = /^(ADD|SUB|MUL|DIV|SQRT|MIN|MAX|CMP|ROUND)S[SD]$|COMIS|^CVT.*S[IDS]$/;
  test.each(
    rows.filter((row) => exactScalars.test(row.name)).map((row) => [row.name, row] as const),
  )('%s: by small integers before that', (_, row) => {
    fallbacks = 0;
    for (const [a, b] of [
      [12, 4],
      [-300, 16],
      [0, 1],
    ] as const) {
      const after = run(both[0], encode(row, 0), stateOf(row, DEFAULT, [a, b]));
      expect(after.mxcsr).toBe(DEFAULT);
    }
    expect(fallbacks).toBe(0);
  });
});
