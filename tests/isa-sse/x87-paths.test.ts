/**
 * The x87 instructions in generated code against the exact routine: whole states after each, and that
 * doubles in the default control word never leave generated code. Needs no host CPU.
 */

import { describe, expect, test } from 'vitest';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import { parseRow } from '../../src/engine/decode/tables.ts';
import { generateMain } from '../../src/engine/interp/module.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { x87 } from '../../src/engine/isa/x87.ts';
import { x87Fast } from '../../src/engine/isa/x87-fast.ts';
import { gpa, icount } from '../../src/engine/units.ts';
import { SoftVcpu } from '../../src/engine/vcpu/soft-vcpu.ts';
import type { Registers } from '../../src/engine/vcpu/vcpu.ts';
import { f64Bits, f80Bits, near, Random, SEED } from '../float/cases.ts';

const CODE = 0x7c00;
const OPERAND = 0x9000;
const CASES = Number(process.env['ISA_CASES'] ?? 150);

let fallbacks = 0;
const counting = x87Fast.map((row): Row => {
  const { slow } = row;
  if (!slow) return row;
  return {
    ...row,
    slow: (cpu, insn) => {
      fallbacks++;
      slow(cpu, insn);
    },
  };
});

function makeVcpu(rows: readonly Row[]): SoftVcpu {
  const { bytes, handlers } = generateMain(rows);
  const main = { module: new WebAssembly.Module(bytes), handlers };
  return new SoftVcpu({ memoryBytes: 1 << 20, main, decoder: new Decoder(rows) });
}

const fast = makeVcpu([...x87, ...counting]);
const exact = makeVcpu(x87);

interface Case {
  readonly code: Uint8Array;
  readonly memory: Uint8Array;
  readonly registers: Partial<Registers>;
}

/** With its operand at OPERAND, or in ST(i). */
function encode(row: Row, i: number): Uint8Array {
  const c = parseRow(row, 0)[0]!;
  const digit = (c.digit ?? 0) << 3;
  if (c.modrm !== undefined) return Uint8Array.of(c.opcode, c.modrm);
  if (c.mod === 'reg') return Uint8Array.of(c.opcode, 0xc0 | digit | i);
  return Uint8Array.of(c.opcode, digit | 6, OPERAND & 0xff, OPERAND >> 8);
}

function run(vcpu: SoftVcpu, { code, memory, registers }: Case) {
  vcpu.ram.poke(gpa(CODE), code);
  vcpu.ram.poke(gpa(OPERAND), memory);
  const { segments } = vcpu.registers();
  const flat = { selector: 0, base: 0n, limit: 0xffff, rights: 0x9b };
  vcpu.setRegisters({
    ...registers,
    rip: BigInt(CODE),
    rflags: 0x8d7n,
    segments: segments.map((s, n) => (n === 1 ? flat : s)),
  });
  const exit = vcpu.run(icount(vcpu.icount + 1));
  // A pending exception is delivered through a vector table of zeros.
  const stopped = exit.kind === 'until' ? 'retired' : exit.kind;
  const { x87, fcw, fsw, ftw, fip, fdp, fop, rip, rflags, gpr } = vcpu.registers();
  const after = Buffer.from(vcpu.ram.peek(gpa(OPERAND), 16)).toString('hex');
  return { stopped, x87, fcw, fsw, ftw, fip, fdp, fop, rip, rflags, gpr, after };
}

const bytesOf = (bits: bigint): Uint8Array => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, bits), true);
  return bytes;
};

const toRegister = (bits: bigint) => ({
  significand: BigInt.asUintN(64, bits),
  signExponent: Number(bits >> 64n),
});

/** A double as ST holds it. */
function ofDouble(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = (bits >> 63n) << 79n;
  const exponent = (bits >> 52n) & 0x7ffn;
  if (exponent === 0n) return sign;
  const word = (exponent + 15360n) << 64n;
  return sign | word | (1n << 63n) | (BigInt.asUintN(52, bits) << 11n);
}

/** Normal numbers of all sizes, some close to each other, some integers and halves. */
function normal(r: Random, previous: bigint): bigint {
  switch (r.below(8)) {
    case 0:
      return r.below(2) ? 1n << 79n : 0n;
    case 1:
      return ofDouble((r.below(2000) - 1000) / 2);
    case 2:
      return near(r, previous, 63, 80);
    case 3:
      return f80Bits(r);
    default: {
      const exponent = r.below(4) ? 16383 - 80 + r.below(160) : 1 + r.below(0x7ffd);
      const low = (BigInt(r.u32()) << 32n) | BigInt(r.u32());
      const sparse = r.below(2) ? low & 0xffff_0000_0000_0800n : low;
      return (
        (BigInt((r.below(2) << 15) | exponent) << 64n) | (1n << 63n) | BigInt.asUintN(63, sparse)
      );
    }
  }
}

function state(r: Random): Partial<Registers> {
  const values: bigint[] = [];
  for (let i = 0; i < 8; i++) values.push(normal(r, values[i - 1] ?? 1n));
  const inUse = r.below(9);
  let ftw = 0xffff;
  const top = (8 - inUse) & 7;
  for (let i = 0; i < inUse; i++) ftw &= ~(3 << (2 * ((top + i) & 7)));
  const masks = r.below(3) ? 0x3f : r.below(64);
  const fcw = r.below(3) ? 0x37f : 0x40 | (r.below(16) << 8) | masks;
  return {
    x87: values.map(toRegister),
    fcw,
    // No flag that is set and not masked: that would be a pending exception.
    fsw: (top << 11) | (r.below(2) ? fcw & 0x20 : 0) | (r.below(8) << 8),
    ftw,
    gpr: Array.from({ length: 16 }, () => BigInt(r.u32())),
  };
}

describe('generated code does what the exact routine does', () => {
  test.each(x87Fast.map((row) => [`${row.name} ${row.enc} ${row.ops}`, row] as const))(
    '%s',
    (_, row) => {
      const r = new Random(SEED ^ (row.enc.charCodeAt(1) * 31 + row.enc.charCodeAt(4)));
      for (let n = 0; n < CASES; n++) {
        const bits = r.below(2) ? f64Bits(r) : BigInt(r.u32()) << BigInt(r.below(33));
        const one: Case = {
          code: encode(row, r.below(8)),
          memory: bytesOf(bits),
          registers: state(r),
        };
        expect(run(fast, one), `case ${n}`).toEqual(run(exact, one));
      }
    },
  );
});

describe('doubles in the default control word', () => {
  test.each(x87Fast.map((row) => [`${row.name} ${row.enc} ${row.ops}`, row] as const))(
    '%s stays in generated code',
    (_, row) => {
      const r = new Random(SEED);
      const view = new DataView(new ArrayBuffer(8));
      fallbacks = 0;
      for (let n = 0; n < 50; n++) {
        const c = parseRow(row, 0)[0]!;
        const value = (): number => (1 + r.below(1000)) * (r.below(2) ? 0.37 : -1.25);
        if (row.ops === 'Md' && row.name[1] !== 'I') view.setFloat32(0, value(), true);
        else view.setFloat64(0, value(), true);
        const integerOperand = row.name[1] === 'I' || row.name === 'FLDCW';
        const bits = integerOperand
          ? BigInt(row.name === 'FLDCW' ? 0x37f : 1 + r.below(100))
          : view.getBigUint64(0, true);
        const registers = {
          ...state(r),
          x87: Array.from({ length: 8 }, () => toRegister(ofDouble(value()))),
          ...{ fcw: 0x37f, fsw: 5 << 11, ftw: 0x03ff },
        };
        const code = encode(row, c.mod === 'reg' ? r.below(3) : 0);
        run(fast, { code, memory: bytesOf(bits), registers });
      }
      expect(fallbacks).toBe(0);
    },
  );
});
