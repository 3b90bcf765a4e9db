/**
 * Lazy arithmetic flags. An instruction leaves behind what they can be computed from: CC_OP and up
 * to three 64-bit words, all operands sign-extended from their width. Sign extension keeps both
 * the signed and the unsigned order, so that no reader needs the width.
 *
 *     CC_FLAGS  CC_A = OF SF ZF AF PF CF as they stand in RFLAGS
 *     CC_ADD    CC_R = CC_A + CC_B
 *     CC_SUB    CC_R = CC_A - CC_B; logic is CC_SUB of the result and 0, which clears CF OF AF
 *     CC_RESULT SF ZF PF from CC_R; CC_A = OF AF CF as they stand in RFLAGS
 */

import type { Code, Val } from '../wasm/code.ts';

export const CC_FLAGS = 0;
export const CC_ADD = 1;
export const CC_SUB = 2;
export const CC_RESULT = 3;

export const CF = 0x001;
export const PF = 0x004;
export const AF = 0x010;
export const ZF = 0x040;
export const SF = 0x080;
export const OF = 0x800;
export const ARITHMETIC = CF | PF | AF | ZF | SF | OF;

export interface Cc {
  readonly a: Val;
  readonly b: Val;
  readonly r: Val;
}

/** CF of one CC_OP as an i32 of 0 or 1. */
export function carry(c: Code, ccOp: number, { a, b, r }: Cc): Val {
  switch (ccOp) {
    case CC_ADD:
      return c.ltu(r, a);
    case CC_SUB:
      return c.ltu(a, b);
    default:
      return c.and(c.wrap(a), CF);
  }
}

/** PF: even parity of the low byte, by the parity of a nibble in a 16-bit table. */
function parity(c: Code, r: Val): Val {
  const low = c.let(c.wrap(r));
  const folded = c.and(c.xor(low, c.shru(low, 4)), 0xf);
  return c.and(c.shru(c.i32(0x9669), folded), 1);
}

/** All six flags of one CC_OP as they stand in RFLAGS. SDM Vol. 1 §3.4.3.1. */
export function flagWord(c: Code, ccOp: number, cc: Cc): Val {
  if (ccOp === CC_FLAGS) return c.and(c.wrap(cc.a), ARITHMETIC);
  const { a, b, r } = cc;
  const szp = c.or(
    c.or(c.shl(c.eqz(r), 6), c.and(c.wrap(c.shru(r, 56)), SF)),
    c.shl(parity(c, r), 2),
  );
  if (ccOp === CC_RESULT) return c.or(c.and(c.wrap(a), OF | AF | CF), szp);
  const of = ccOp === CC_ADD ? c.and(c.xor(a, r), c.xor(b, r)) : c.and(c.xor(a, b), c.xor(a, r));
  const af = c.and(c.wrap(c.xor(c.xor(a, b), r)), AF);
  return c.or(c.or(szp, carry(c, ccOp, cc)), c.or(af, c.and(c.wrap(c.shru(of, 52)), OF)));
}

/** Condition `cc` (0..15 as in Jcc) straight from a CC_SUB, where that is a comparison. */
export function conditionOfSub(c: Code, cc: number, { a, b, r }: Cc): Val {
  const negate = cc & 1;
  const pick = (yes: () => Val, no: () => Val): Val => (negate ? no() : yes());
  switch (cc >> 1) {
    case 0: {
      const of = (): Val => c.and(c.xor(a, b), c.xor(a, r));
      return pick(
        () => c.lts(of(), 0),
        () => c.ges(of(), 0),
      );
    }
    case 1:
      return pick(
        () => c.ltu(a, b),
        () => c.geu(a, b),
      );
    case 2:
      return pick(
        () => c.eqz(r),
        () => c.ne(r, 0),
      );
    case 3:
      return pick(
        () => c.leu(a, b),
        () => c.gtu(a, b),
      );
    case 4:
      return pick(
        () => c.lts(r, 0),
        () => c.ges(r, 0),
      );
    case 5:
      return c.xor(parity(c, r), negate);
    case 6:
      return pick(
        () => c.lts(a, b),
        () => c.ges(a, b),
      );
    default:
      return pick(
        () => c.les(a, b),
        () => c.gts(a, b),
      );
  }
}

/** Condition `cc` from a word of flags. SDM Vol. 1 appendix B, "EFLAGS Condition Codes". */
export function conditionOfWord(c: Code, cc: number, word: Val): Val {
  const negate = cc & 1;
  const bit = (mask: number): Val => c.ne(c.and(word, mask), 0);
  const less = (): Val => c.xor(c.and(c.shru(word, 7), 1), c.and(c.shru(word, 11), 1));
  const yes = ((): Val => {
    switch (cc >> 1) {
      case 0:
        return bit(OF);
      case 1:
        return bit(CF);
      case 2:
        return bit(ZF);
      case 3:
        return bit(CF | ZF);
      case 4:
        return bit(SF);
      case 5:
        return bit(PF);
      case 6:
        return less();
      default:
        return c.or(less(), bit(ZF));
    }
  })();
  return negate ? c.eqz(yes) : yes;
}
