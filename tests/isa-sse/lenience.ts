/** Where the host's outcome of a vector or x87 instruction is no measure of ours, and why. */

import type { Row } from '../../src/engine/isa/row.ts';
import { VECTOR } from '../../src/engine/isa/vector-rows.ts';
import type { Outcome } from '../isa/case.ts';
import type { Prepared } from './cases.ts';
import type { Leniency } from './compare.ts';

export function lenience(row: Row): Leniency {
  // Estimates differ between makers; their exactness is tested in tests/float.
  if (/^R(CP|SQRT)[PS]S$/.test(row.name)) return { xmm: true };
  // AMD's processors leave the x87 state changed to MMX behind when these end in #XM.
  if (/2PI$|^CVTPI2/.test(row.name)) return { x87AfterFault: true };
  return {};
}

/**
 * AMD's processors do not mind where an operand of SHA lies. By the SDM it must be aligned: exceptions
 * of type 4 (Vol. 2A §2.4.4).
 */
export const shaUnaligned = (row: Row, ours: Outcome, theirs: Outcome): boolean =>
  row.feature === 'SHA' && ours.vector === 13 && theirs.vector !== 13;

/** Images of the whole state have a test of their own, and so has LDMXCSR. */
const OWN_TEST = /^(FXSAVE|FXRSTOR|LDMXCSR)$/;
export const vectorRows = VECTOR.filter((row) => row.unit !== 'x87' && !OWN_TEST.test(row.name));

// --- x87 ---

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

const opcodeOf = ({ row }: Prepared['encoding']): number => Number.parseInt(row.enc, 16);

/** Can the host's result be expected of us, to the last bit? */
export function isX87Comparable({ encoding }: Prepared): boolean {
  const opcode = opcodeOf(encoding);
  const modrm = modrmOf(encoding, opcode);
  if (opcode === 0xd9 && TRANSCENDENTAL.includes(modrm)) return false;
  return !storesPointers(opcode, modrm);
}

/** FCOMI and its like clear C1 (SDM Vol. 2A FCOMI); AMD's processors leave it alone. */
export function x87Lenience({ encoding }: Prepared): Leniency {
  const opcode = opcodeOf(encoding);
  const modrm = modrmOf(encoding, opcode);
  const C1 = 0x200;
  const comparesToRflags = (opcode === 0xdb || opcode === 0xdf) && modrm >= 0xe8 && modrm < 0xf8;
  return { inPieces: true, ...(comparesToRflags ? { fsw: C1 } : {}) };
}
