/** Opcode maps built from the instruction rows: opcode → the rows that may apply, best first. */

import {
  memoryOnly,
  type OperandSpec,
  parseOperands,
  registerOnly,
  usesRm,
} from '../isa/operands.ts';
import type { Row } from '../isa/row.ts';

export type Mandatory = 'NP' | '66' | 'F2' | 'F3' | undefined;

/** A row with its encoding taken apart. */
export interface Candidate {
  readonly row: Row;
  readonly index: number;
  readonly specs: readonly OperandSpec[];
  /** Those of them that are bytes behind ModRM, SIB and displacement. */
  readonly immediates: readonly OperandSpec[];
  /** Is one of them an absolute offset? */
  readonly absolute: boolean;
  readonly prefix: Mandatory;
  readonly w: 0 | 1 | undefined;
  /** Encoded by VEX: its prefix is VEX.pp, and VEX.L must be this. */
  readonly vexL: 0 | 1 | undefined;
  /** Operand that VEX.vvvv names; a VEX encoding without one (-1) wants all ones there. */
  readonly vvvv: number;
  readonly hasModrm: boolean;
  /** ModRM.reg digit, or the whole byte. */
  readonly digit: number | undefined;
  readonly modrm: number | undefined;
  readonly mod: 'mem' | 'reg' | 'any';
  /** MOV CR and MOV DR: ModRM.mod is not looked at and the operand is a register. */
  readonly modIgnored: boolean;
  readonly map: number;
  readonly opcode: number;
  /** With REX.B it is another instruction: 90 is NOP, 41 90 is XCHG R8, RAX. */
  readonly withoutRexB: boolean;
}

/** opcode | map << 8, with maps 0 one-byte, 1 0F, 2 0F 38, 3 0F 3A, and 5, 6, 7 the last three by VEX. */
export type OpcodeTable = readonly (readonly Candidate[])[];

/** Takes one row's encoding apart; one candidate for each opcode byte it stands for. */
export function parseRow(row: Row, index: number): Candidate[] {
  const specs = parseOperands(row.ops);
  let prefix: Mandatory;
  let w: 0 | 1 | undefined;
  const opcode: number[] = [];
  let digit: number | undefined;
  let modrm: number | undefined;
  let plus = 1;
  let slash = false;
  const tokens = row.enc.split(/\s+/).filter(Boolean);
  const vex = tokens[0]!.startsWith('VEX.') ? parseVex(row, tokens.shift()!) : undefined;
  if (vex) ({ prefix, w } = vex);
  for (const [i, token] of tokens.entries()) {
    if (
      !vex &&
      i === 0 &&
      (token === 'NP' || token === '66' || token === 'F2' || token === 'F3') &&
      tokens.length > 1
    ) {
      prefix = token;
    } else if (token === 'W0' || token === 'W1') {
      w = token === 'W1' ? 1 : 0;
    } else if (token === '/r') {
      slash = true;
    } else if (/^\/[0-7]$/.test(token)) {
      slash = true;
      digit = Number(token[1]);
    } else if (/^\/[0-9A-F]{2}$/.test(token)) {
      slash = true;
      modrm = Number.parseInt(token.slice(1), 16);
    } else if (/^[0-9A-F]{2}(\+(r|i))?$/.test(token)) {
      opcode.push(Number.parseInt(token, 16));
      if (token.includes('+')) plus = 8;
    } else if (!/^(i[bwdoz]|c[bwdpo]|mo)$/.test(token)) {
      throw new Error(`rows: ${row.name}: cannot read '${token}' in '${row.enc}'`);
    }
  }
  let map = vex?.map ?? 0;
  if (!vex && opcode[0] === 0x0f && opcode.length > 1) {
    map =
      opcode[1] === 0x38 && opcode.length > 2 ? 2 : opcode[1] === 0x3a && opcode.length > 2 ? 3 : 1;
  }
  const escapes = vex ? 0 : Math.min(map, 2);
  const last = opcode[escapes]!;
  const extra = opcode.length - escapes - 1;
  if (extra !== 0) throw new Error(`rows: ${row.name}: opcode of '${row.enc}' is too long`);
  const letters = specs.map((s) => s.letter);
  const hasModrm = slash || letters.some((l) => usesRm(l) || 'GVPSCD'.includes(l));
  const modIgnored = letters.some((l) => l === 'C' || l === 'D');
  const memory = letters.some(memoryOnly);
  const register = letters.some(registerOnly) && !modIgnored;
  const mod = memory ? 'mem' : register ? 'reg' : 'any';
  return Array.from({ length: plus }, (_, i) => ({
    row,
    index,
    specs,
    immediates: specs.filter(({ letter }) => 'IJOA'.includes(letter)),
    absolute: letters.includes('O'),
    prefix,
    w,
    vexL: vex?.l,
    vvvv: letters.indexOf('B'),
    hasModrm,
    digit,
    modrm,
    mod,
    modIgnored,
    map,
    opcode: last + i,
    withoutRexB: map === 0 && last === 0x90 && plus === 1,
  }));
}

/** `VEX.LZ.F2.0F38.W1`: length, prefix, map and perhaps W. SDM Vol. 2A §3.1.1.2. */
function parseVex(
  row: Row,
  token: string,
): { l: 0 | 1; prefix: Mandatory; map: number; w: 0 | 1 | undefined } {
  const match = /^VEX\.(LZ|L0|L1|128|256)\.(NP|66|F2|F3)\.(0F|0F38|0F3A)(\.W[01])?$/.exec(token);
  if (!match) throw new Error(`rows: ${row.name}: cannot read '${token}'`);
  const [, l, prefix, map, w] = match;
  return {
    l: l === 'L1' || l === '256' ? 1 : 0,
    prefix: prefix as Mandatory,
    map: VEX_MAP + ['0F', '0F38', '0F3A'].indexOf(map!),
    w: w === undefined ? undefined : w === '.W1' ? 1 : 0,
  };
}

/** Map 0F by VEX. */
export const VEX_MAP = 5;

/** More specific first: mandatory prefix, whole ModRM byte, W, digit, memory or register only. */
const specificity = (c: Candidate): number =>
  (c.prefix ? 16 : 0) +
  (c.modrm !== undefined ? 8 : 0) +
  (c.w !== undefined ? 4 : 0) +
  (c.digit !== undefined ? 2 : 0) +
  (c.mod !== 'any' || c.withoutRexB ? 1 : 0);

export function buildTable(
  rows: readonly Row[],
  features: (feature: string) => boolean,
): OpcodeTable {
  const table: Candidate[][] = Array.from({ length: 2048 }, () => []);
  rows.forEach((row, index) => {
    if (row.feature !== undefined && !features(row.feature)) return;
    for (const c of parseRow(row, index)) table[(c.map << 8) | c.opcode]!.push(c);
  });
  for (const list of table) list.sort((a, b) => specificity(b) - specificity(a));
  return table;
}
