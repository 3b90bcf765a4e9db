/** MMX registers are the significands of R0..R7 (SDM Vol. 1 §9.2.2, Vol. 3A §12.2). */

import { setTop, type X87State } from './state.ts';

/** Every MMX instruction but EMMS: TOP becomes 0 and all registers count as in use. */
export function enterMmx(s: X87State): void {
  setTop(s, 0);
  s.valid = 0xff;
}

export const readMmx = (s: X87State, i: number): bigint => s.registers[i & 7]!.significand;

/** Writing makes sign and exponent all ones. */
export function writeMmx(s: X87State, i: number, value: bigint): void {
  s.registers[i & 7] = { significand: value, signExponent: 0xffff };
}

/** EMMS: all registers empty. TOP is 0 already, as after any MMX instruction. */
export function emms(s: X87State): void {
  setTop(s, 0);
  s.valid = 0;
}
