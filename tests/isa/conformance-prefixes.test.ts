/**
 * Prefixes where they mean nothing, repeat or contradict each other: random legacy prefixes and REX
 * before the opcodes of integer instructions, and any ModRM byte behind. What our decoder makes of it
 * must do what the host CPU does.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import type { Instruction } from '../../src/engine/decode/instruction.ts';
import type { Mode } from '../../src/engine/decode/mode.ts';
import { parseRow } from '../../src/engine/decode/tables.ts';
import { INTEGER, ROWS } from '../../src/engine/isa/index.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { Box } from './box.ts';
import { A_BYTES, AT, B_BYTES, type Case, initialFx, WINDOW_A } from './case.ts';
import { differences } from './compare.ts';
import { showBytes, showCase } from './generate.ts';
import { hostCpu, warnSkipped } from './host/step.ts';
import { bytes, Random, SEED, value } from './values.ts';

const CASES = Number(process.env['ISA_CASES'] ?? 48) * 80;

const host = hostCpu();
if (typeof host === 'string') warnSkipped(host);

const integer = new Set<Row>(INTEGER);
const decoder = new Decoder(ROWS);
const mode = (codeSize: 4 | 8): Mode => ({
  codeSize,
  stackSize: codeSize,
  flat: codeSize === 4,
  em: false,
  ts: false,
  osfxsr: true,
});

// FS and GS have a base of the host's own.
const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26];

/** VEX has prefixes of its own, which are compared with the rows that use it. */
const LEGACY = INTEGER.filter((row) => !row.enc.startsWith('VEX'));

function soup(r: Random, long: boolean): Uint8Array {
  const out: number[] = [];
  for (let n = r.below(5); n > 0; n--) {
    out.push(long && r.below(4) === 0 ? 0x40 | r.below(16) : r.pick(PREFIXES));
  }
  const c = r.pick(parseRow(r.pick(LEGACY), 0));
  out.push(...[[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][c.map]!, c.opcode);
  if (c.hasModrm) {
    const digit = c.digit !== undefined && r.below(4) ? c.digit : r.below(8);
    out.push(c.modrm ?? (r.below(256) & ~0x38) | (digit << 3));
  }
  // Displacements and immediates, small so that addresses stay near.
  for (let n = 0; n < 12; n++) out.push(r.below(3) ? 0 : r.below(64));
  return new Uint8Array(out);
}

/** What may run: integer instructions that we and the host understand alike, or a wrong LOCK. */
function usable(code: Uint8Array, long: boolean): { row?: Row; length: number } | undefined {
  const decoded = decoder.decode(code, 0, code.length, mode(long ? 8 : 4), AT % 4096);
  if (decoded === 'more') return undefined;
  if ('fault' in decoded) {
    const opcode = decoded.length <= 15 && code.subarray(0, decoded.length).includes(0xf0);
    return opcode && decoded.fault === 6 && lockIsWhy(code, long) ? decoded : undefined;
  }
  const { row } = decoded as Instruction;
  if (!integer.has(row) || (row.feature && typeof host !== 'string' && !host.has(row.feature))) {
    return undefined;
  }
  // The harness owns TF, AC and NT; 66 before near branches in 64-bit code differs between vendors.
  if (row.name === 'POPF' || row.name === 'PUSHF') return undefined;
  if (long && row.size === 'f64' && code.subarray(0, decoded.length).includes(0x66))
    return undefined;
  // So do REP's effect on LOOPcc and what SHLD does with large counts.
  if (/^LOOPN?E$/.test(row.name) && /f[23]/.test(showBytes(code.subarray(0, decoded.length - 2)))) {
    return undefined;
  }
  if (/^SH[LR]D$/.test(row.name)) return undefined;
  return decoded;
}

/** Without its LOCK prefixes it is an integer instruction. */
function lockIsWhy(code: Uint8Array, long: boolean): boolean {
  const without = code.filter((b, i) => b !== 0xf0 || i > 5);
  const decoded = decoder.decode(without, 0, without.length, mode(long ? 8 : 4), 0);
  return decoded !== 'more' && !('fault' in decoded) && integer.has(decoded.row);
}

function makeCase(r: Random, code: Uint8Array, long: boolean): Case {
  const near = (): bigint => BigInt(WINDOW_A + 64 + r.below(A_BYTES - 128));
  const gpr = Array.from({ length: 16 }, (_, n) =>
    n >= 8 && !long ? 0n : r.below(3) ? near() : BigInt.asUintN(long ? 64 : 32, value(r, 8)),
  );
  gpr[1] = BigInt(r.below(20));
  gpr[4] = near();
  return {
    code,
    repeated: true,
    compatibility: !long,
    rflags: (r.u32() & 0xcd5) | 0x202,
    gpr,
    fx: initialFx(),
    a: bytes(r, A_BYTES),
    b: bytes(r, B_BYTES),
  };
}

describe.skipIf(typeof host === 'string')(`prefixes, seed ${SEED}`, () => {
  if (typeof host === 'string') return;
  afterAll(() => host.remove());

  test.each([
    ['64-bit code', true],
    ['32-bit code', false],
  ])('%s', (_, long) => {
    const r = new Random(SEED);
    const box = new Box();
    const cases: { c: Case; row: Row | undefined }[] = [];
    while (cases.length < CASES) {
      const code = soup(r, long);
      const found = usable(code, long);
      if (!found) continue;
      const c = makeCase(r, code.slice(0, found.length), long);
      cases.push({ c: { ...c, repeated: found.row?.rep !== undefined }, row: found.row });
    }
    const outcomes = host.run(cases.map(({ c }) => c));
    const failures: string[] = [];
    for (const [i, { c, row }] of cases.entries()) {
      const ours = box.run(c);
      const lines = differences(row ?? INTEGER[0]!, c, ours, outcomes[i]!);
      if (lines.length) {
        failures.push([`${row?.name}: ${showCase(c)}`, ...lines.slice(0, 6)].join('\n  '));
      }
    }
    expect(failures.slice(0, 8).join('\n'), `${failures.length} of ${CASES} differ`).toBe('');
  });
});
