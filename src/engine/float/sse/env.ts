/**
 * What an SSE instruction computes under: MXCSR (SDM Vol. 1 §10.2.3) and the flags it has raised so
 * far. All elements of one instruction share an environment; `settle` ends the instruction.
 */

import { EXCEPTIONS, OE, PRE_COMPUTATION, type Rounding, UE } from '../flags.ts';
import type { Delivery } from '../round.ts';

export const MXCSR_DAZ = 1 << 6;
export const MXCSR_FTZ = 1 << 15;
/** Power-on value: everything masked, round to nearest. */
export const MXCSR_RESET = 0x1f80;
/** Bits that exist; LDMXCSR with any other set is #GP(0). */
export const MXCSR_MASK = 0xffff;

const MASK_SHIFT = 7;

export interface SseEnv {
  mxcsr: number;
  /** Exceptions the instruction's elements have raised, IE..PE, masked or not. */
  flags: number;
}

export const sseEnv = (mxcsr: number): SseEnv => ({ mxcsr, flags: 0 });

export const roundingOf = (env: SseEnv): Rounding => ((env.mxcsr >> 13) & 3) as Rounding;

/** Exceptions whose mask bit is clear. */
export const unmaskedOf = (mxcsr: number): number => ~(mxcsr >> MASK_SHIFT) & EXCEPTIONS;

const deliveries = new Map<number, Delivery>();

/** RC, the O and U masks and FTZ, as `round` wants them. */
export function deliveryOf(env: SseEnv): Delivery {
  // RC and FTZ are the top three bits, the masks of #U and #O bits 11 and 10.
  const key = (env.mxcsr >> 10) & 0x3b;
  let delivery = deliveries.get(key);
  if (delivery === undefined) {
    delivery = {
      rounding: roundingOf(env),
      unmasked: unmaskedOf(env.mxcsr) & (OE | UE),
      flush: (env.mxcsr & MXCSR_FTZ) !== 0,
    };
    deliveries.set(key, delivery);
  }
  return delivery;
}

/**
 * Ends an instruction: moves its flags to MXCSR and says whether it raises #XM, in which case it
 * must not write its destination. If an exception found before computing is unmasked, no element
 * computes, so none reports overflow, underflow or precision (SDM Vol. 1 §11.5.3).
 */
export function settle(env: SseEnv): boolean {
  const unmasked = unmaskedOf(env.mxcsr);
  const raised = env.flags & unmasked & PRE_COMPUTATION ? env.flags & PRE_COMPUTATION : env.flags;
  env.mxcsr |= raised;
  env.flags = 0;
  return (raised & unmasked) !== 0;
}
