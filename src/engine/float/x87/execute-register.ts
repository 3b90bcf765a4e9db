/**
 * x87 opcodes without a memory operand, by opcode and ModR/M (SDM Vol. 2D, Tables, ...).
 * Some encodings the manual leaves out run on every processor as aliases; they are marked so.
 */

import { EXCEPTIONS } from '../flags.ts';
import { arithmeticRegister, fabs, fchs, fsqrt } from './arith.ts';
import { fcom, fcomi, ftst, fxam } from './compare.ts';
import { fldConstant } from './constants.ts';
import type { X87Environment } from './execute.ts';
import { fninit } from './image.ts';
import { f2xm1, fyl2x, fyl2xp1 } from './logarithm.ts';
import { fcmov, ffree, fldSt, fstpNoCheck, fstSt, fxch, rotate } from './move.ts';
import { fprem } from './remainder.ts';
import { frndint, fscale, fxtract } from './scale.ts';
import { BUSY, ES, pop, SF, type X87State } from './state.ts';
import { fcos, fpatan, fptan, fsin, fsincos } from './trigonometry.ts';

const CF = 0x01;
const PF = 0x04;
const ZF = 0x40;

const FCOM = 2;
const FCOMP = 3;

/** D9 E0..FF, less the constants. */
const D9_TABLE: Readonly<Record<number, (s: X87State) => void>> = {
  224: fchs,
  225: fabs,
  228: ftst,
  229: fxam,
  240: f2xm1,
  241: fyl2x,
  242: fptan,
  243: fpatan,
  244: fxtract,
  245: (s) => fprem(s, true),
  246: (s) => rotate(s, -1),
  247: (s) => rotate(s, 1),
  248: (s) => fprem(s, false),
  249: fyl2xp1,
  250: fsqrt,
  251: fsincos,
  252: frndint,
  253: fscale,
  254: fsin,
  255: fcos,
};

/** False if the opcode does not exist. */
export function executeRegister(
  s: X87State,
  opcode: number,
  modrm: number,
  env: X87Environment,
): boolean {
  const reg = (modrm >> 3) & 7;
  const i = modrm & 7;
  switch (opcode) {
    case 0xd8:
      return arithmetic(s, reg, i, false);
    case 0xd9:
      return single(s, modrm, reg, i);
    case 0xda:
      if (modrm === 0xe9) return comparePopTwice(s, true);
      return conditionalMove(s, reg, i, env.eflags, true);
    case 0xdb:
      return control(s, modrm, reg, i, env);
    case 0xdc:
      return arithmetic(s, reg, i, true);
    case 0xdd:
      return stackMoves(s, reg, i);
    case 0xde:
      return arithmeticPop(s, modrm, reg, i);
    case 0xdf:
      return popForms(s, modrm, reg, i, env);
    default:
      throw new Error(`x87: expected opcode D8..DF, got ${opcode.toString(16)}`);
  }
}

function compare(s: X87State, i: number, quiet: boolean, pops: number): true {
  if (fcom(s, i, quiet)) {
    for (let n = 0; n < pops; n++) pop(s);
  }
  return true;
}

const comparePopTwice = (s: X87State, quiet: boolean): true => compare(s, 1, quiet, 2);

/** D8, and DC with the result in ST(i). DC D0+i and D8+i are aliases of D8's FCOM and FCOMP. */
function arithmetic(s: X87State, reg: number, i: number, toStack: boolean): true {
  if (reg === FCOM || reg === FCOMP) return compare(s, i, false, reg - FCOM);
  arithmeticRegister(s, reg, i, toStack, false);
  return true;
}

/** DE. D0+i is an alias of FCOMP. */
function arithmeticPop(s: X87State, modrm: number, reg: number, i: number): boolean {
  if (reg === FCOM) return compare(s, i, false, 1);
  if (reg === FCOMP) return modrm === 0xd9 ? comparePopTwice(s, false) : false;
  arithmeticRegister(s, reg, i, true, true);
  return true;
}

/** D9. D8+i is undocumented. */
function single(s: X87State, modrm: number, reg: number, i: number): boolean {
  switch (reg) {
    case 0:
      fldSt(s, i);
      return true;
    case 1:
      fxch(s, i);
      return true;
    case 2:
      return modrm === 0xd0; // FNOP
    case 3:
      fstpNoCheck(s, i);
      return true;
    case 5:
      if (i === 7) return false;
      fldConstant(s, i);
      return true;
    default: {
      const operation = D9_TABLE[modrm];
      operation?.(s);
      return operation !== undefined;
    }
  }
}

/** DA and, with the conditions negated, DB: FCMOVB, FCMOVE, FCMOVBE, FCMOVU. */
function conditionalMove(
  s: X87State,
  reg: number,
  i: number,
  eflags: number,
  wanted: boolean,
): boolean {
  const mask = [CF, ZF, CF | ZF, PF][reg];
  if (mask === undefined) return false;
  fcmov(s, i, ((eflags & mask) !== 0) === wanted);
  return true;
}

/** FCOMI and its like. */
function compareFlags(
  s: X87State,
  i: number,
  quiet: boolean,
  pops: boolean,
  env: X87Environment,
): true {
  const result = fcomi(s, i, quiet, env.eflags);
  env.eflags = result.eflags;
  if (pops && result.pops) pop(s);
  return true;
}

/** DB. */
function control(s: X87State, modrm: number, reg: number, i: number, env: X87Environment): boolean {
  switch (reg) {
    case 4:
      if (i === 2)
        s.fsw &= ~(EXCEPTIONS | SF | ES | BUSY); // FNCLEX
      else if (i === 3) fninit(s);
      // E0, E1, E4: the 8087's FNENI and FNDISI, the 287's FSETPM, which do nothing.
      return modrm <= 0xe4;
    case 5:
      return compareFlags(s, i, true, false, env);
    case 6:
      return compareFlags(s, i, false, false, env);
    default:
      return conditionalMove(s, reg, i, env.eflags, false);
  }
}

/** DD. C8+i is an alias of FXCH. */
function stackMoves(s: X87State, reg: number, i: number): boolean {
  switch (reg) {
    case 0:
      ffree(s, i);
      return true;
    case 1:
      fxch(s, i);
      return true;
    case 2:
    case 3:
      fstSt(s, i, reg === 3);
      return true;
    case 4:
    case 5:
      return compare(s, i, true, reg - 4);
    default:
      return false;
  }
}

/** DF. C0+i is FFREEP, undocumented; C8+i is an alias of FXCH, D0+i and D8+i of FSTP. */
function popForms(
  s: X87State,
  modrm: number,
  reg: number,
  i: number,
  env: X87Environment,
): boolean {
  switch (reg) {
    case 0:
      ffree(s, i);
      pop(s);
      return true;
    case 1:
      fxch(s, i);
      return true;
    case 2:
    case 3:
      fstSt(s, i, true);
      return true;
    case 4:
      if (modrm !== 0xe0) return false;
      env.setAx(s.fsw);
      return true;
    case 5:
      return compareFlags(s, i, true, true, env);
    case 6:
      return compareFlags(s, i, false, true, env);
    default:
      return false;
  }
}
