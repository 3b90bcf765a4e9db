/** x87 opcodes with a memory operand, by opcode and ModR/M.reg (SDM Vol. 2D, Tables, ...). */

import { EXCEPTIONS, ZERO_WARD } from '../flags.ts';
import { fromInteger, type Value } from '../value.ts';
import { arithmeticMemory } from './arith.ts';
import { fcomMemory } from './compare.ts';
import type { X87Environment } from './execute.ts';
import { encodeExact, fromBits, unpackM32, unpackM64 } from './format.ts';
import {
  environmentSize,
  fninit,
  type ImageFormat,
  loadAll,
  loadControl,
  loadEnvironment,
  saveSize,
  storeAll,
  storeEnvironment,
} from './image.ts';
import { fild, fldMemory, fldRegister } from './move.ts';
import { pop, roundingOf, updateSummary, type X87State } from './state.ts';
import { fbstp, fist, fstM32, fstM64, fstpM80, unpackBcd } from './store.ts';

const FCOM = 2;
const FCOMP = 3;

/** D8, DA, DC, DE: arithmetic with a float or an integer in memory. */
function arithmetic(s: X87State, reg: number, operand: Value): true {
  if (reg === FCOM || reg === FCOMP) {
    const compared = fcomMemory(s, operand);
    if (compared && reg === FCOMP) pop(s);
  } else {
    arithmeticMemory(s, reg, operand);
  }
  return true;
}

const readInteger = (env: X87Environment, size: number): bigint =>
  BigInt.asIntN(size * 8, env.read(size));

/** False if the opcode does not exist. */
export function executeMemory(
  s: X87State,
  opcode: number,
  reg: number,
  format: ImageFormat,
  env: X87Environment,
): boolean {
  switch (opcode) {
    case 0xd8:
      return arithmetic(s, reg, unpackM32(env.read(4)));
    case 0xd9:
      return control(s, reg, format, env);
    case 0xda:
      return arithmetic(s, reg, fromInteger(readInteger(env, 4)));
    case 0xdb:
      return integer32(s, reg, env);
    case 0xdc:
      return arithmetic(s, reg, unpackM64(env.read(8)));
    case 0xdd:
      return state(s, reg, format, env);
    case 0xde:
      return arithmetic(s, reg, fromInteger(readInteger(env, 2)));
    case 0xdf:
      return integer16(s, reg, env);
    default:
      throw new Error(`x87: expected opcode D8..DF, got ${opcode.toString(16)}`);
  }
}

/** D9. */
function control(s: X87State, reg: number, format: ImageFormat, env: X87Environment): boolean {
  switch (reg) {
    case 0:
      fldMemory(s, unpackM32(env.read(4)));
      return true;
    case 2:
    case 3:
      fstM32(s, env, reg === 3);
      return true;
    case 4:
      loadEnvironment(s, format, env.readBlock(environmentSize(format)));
      return true;
    case 5:
      loadControl(s, Number(env.read(2)));
      return true;
    case 6: {
      const image = new Uint8Array(environmentSize(format));
      storeEnvironment(s, format, image);
      env.writeBlock(image);
      // FNSTENV masks everything after it has stored the masks.
      s.fcw |= EXCEPTIONS;
      updateSummary(s);
      return true;
    }
    case 7:
      env.write(BigInt(s.fcw), 2);
      return true;
    default:
      return false;
  }
}

/** DB. */
function integer32(s: X87State, reg: number, env: X87Environment): boolean {
  switch (reg) {
    case 0:
      fild(s, readInteger(env, 4));
      return true;
    case 1:
      fist(s, env, 4, ZERO_WARD, true);
      return true;
    case 2:
    case 3:
      fist(s, env, 4, roundingOf(s), reg === 3);
      return true;
    case 5:
      fldRegister(s, fromBits(env.read(10)));
      return true;
    case 7:
      fstpM80(s, env);
      return true;
    default:
      return false;
  }
}

/** DD. */
function state(s: X87State, reg: number, format: ImageFormat, env: X87Environment): boolean {
  switch (reg) {
    case 0:
      fldMemory(s, unpackM64(env.read(8)));
      return true;
    case 1:
      fist(s, env, 8, ZERO_WARD, true);
      return true;
    case 2:
    case 3:
      fstM64(s, env, reg === 3);
      return true;
    case 4:
      loadAll(s, format, env.readBlock(saveSize(format)));
      return true;
    case 6:
      env.writeBlock(storeAll(s, format));
      fninit(s);
      return true;
    case 7:
      env.write(BigInt(s.fsw), 2);
      return true;
    default:
      return false;
  }
}

/** DF. */
function integer16(s: X87State, reg: number, env: X87Environment): boolean {
  switch (reg) {
    case 0:
      fild(s, readInteger(env, 2));
      return true;
    case 1:
      fist(s, env, 2, ZERO_WARD, true);
      return true;
    case 2:
    case 3:
      fist(s, env, 2, roundingOf(s), reg === 3);
      return true;
    case 4: {
      const { sign, magnitude } = unpackBcd(env.read(10));
      const value = fromInteger(magnitude);
      fldRegister(s, encodeExact({ ...value, sign }));
      return true;
    }
    case 5:
      fild(s, readInteger(env, 8));
      return true;
    case 6:
      fbstp(s, env);
      return true;
    default:
      fist(s, env, 8, roundingOf(s), true);
      return true;
  }
}
