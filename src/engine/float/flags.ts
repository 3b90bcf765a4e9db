/**
 * Exception flags and rounding control. MXCSR, the x87 status word and the x87 control word all
 * keep the six flags (or masks) in this order (SDM Vol. 1 §8.1.3.3, §8.1.5, §10.2.3).
 */

export const IE = 0x01;
export const DE = 0x02;
export const ZE = 0x04;
export const OE = 0x08;
export const UE = 0x10;
export const PE = 0x20;

/** All six. */
export const EXCEPTIONS = 0x3f;
/** Found by looking at the operands; unmasked, they stop the operation before it computes. */
export const PRE_COMPUTATION = IE | DE | ZE;

/** Rounding control as RC fields encode it (SDM Vol. 1 Table 4-8). */
export type Rounding = 0 | 1 | 2 | 3;
export const NEAREST: Rounding = 0;
export const DOWN: Rounding = 1;
export const UP: Rounding = 2;
export const ZERO_WARD: Rounding = 3;
