/**
 * The x87 opcodes as instructions against the host CPU: memory operands of every size, pending
 * exceptions, RFLAGS, AX. What they compute is tested in tests/float.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { x87 } from '../../src/engine/isa/x87.ts';
import { Box } from '../isa/box.ts';
import { type HostCpu, hostCpu, warnSkipped } from '../isa/host/step.ts';
import { Random, SEED } from '../isa/values.ts';
import { type Prepared, prepare } from './cases.ts';
import { describeCase, differences, type Leniency } from './compare.ts';

const host = hostCpu();
if (typeof host === 'string') warnSkipped(host);
const cpu = host as HostCpu;

const CASES = Number(process.env['ISA_CASES'] ?? 250);

/** ModRM of an encoding whose bytes end in the addressing: found behind prefixes and opcode. */
function modrmOf({ bytes }: Prepared['encoding'], opcode: number): number {
  return bytes[bytes.indexOf(opcode) + 1]!;
}

/** Transcendentals agree to the last bit with no two makers; tests/float bounds their error. */
const TRANSCENDENTAL = [0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff];

/** FNSTENV and FNSAVE store the pointers that AMD's processors do not keep. */
function storesPointers(opcode: number, modrm: number): boolean {
  return modrm < 0xc0 && (opcode === 0xd9 || opcode === 0xdd) && (modrm & 0x38) === 0x30;
}

/** FCOMI and its like clear C1 (SDM Vol. 2A FCOMI); AMD's processors leave it alone. */
function lenience(opcode: number, modrm: number): Leniency {
  const C1 = 0x200;
  const comparesToRflags = (opcode === 0xdb || opcode === 0xdf) && modrm >= 0xe8 && modrm < 0xf8;
  return { inPieces: true, ...(comparesToRflags ? { fsw: C1 } : {}) };
}

describe.skipIf(typeof host === 'string')('x87 agrees with the host', () => {
  const box = new Box();
  afterAll(() => cpu.remove());

  test.each(x87)('$enc', (row) => {
    const r = new Random(SEED ^ Number.parseInt(row.enc, 16));
    const opcode = Number.parseInt(row.enc, 16);
    const differing: string[] = [];
    const cases = Array.from({ length: CASES }, () => prepare(row, r, r.below(5) === 0)).filter(
      ({ encoding }) => {
        const modrm = modrmOf(encoding, opcode);
        if (opcode === 0xd9 && TRANSCENDENTAL.includes(modrm)) return false;
        return !storesPointers(opcode, modrm);
      },
    );
    const wanted = cpu.run(cases.map((c) => c.case));
    for (const [i, prepared] of cases.entries()) {
      const lines = differences(
        wanted[i]!,
        box.run(prepared.case),
        prepared.case,
        lenience(opcode, modrmOf(prepared.encoding, opcode)),
      );
      if (lines.length) differing.push(describeCase(row.enc, prepared.case, lines));
    }
    expect(differing.slice(0, 3).join('\n'), `${differing.length} cases differ`).toBe('');
  });
});
