/**
 * Register bits with the register in the type, so that a mask of one register cannot be tested
 * against another: `has(lcr, Fcr.CLEAR_RX)` does not compile.
 */

declare const register: unique symbol;

/** The value of a register, or a mask of its bits. */
export type Bits<Register extends string> = number & { readonly [register]: Register };

/** Names a register's bits: `const Lsr = bits('LSR', { DR: 0x01, ... })`. */
export function bits<R extends string, const M extends Record<string, number>>(
  _register: R,
  masks: M,
): { readonly [K in keyof M]: Bits<R> } {
  return masks as unknown as { readonly [K in keyof M]: Bits<R> };
}

/** Is any bit of `mask` set? */
export function has<R extends string>(value: Bits<R>, mask: NoInfer<Bits<R>>): boolean {
  return (value & mask) !== 0;
}

/** The value with the bits of `mask` set or cleared. */
export function withBits<R extends string>(
  value: Bits<R>,
  mask: NoInfer<Bits<R>>,
  on: boolean,
): Bits<R> {
  return (on ? value | mask : value & ~mask) as Bits<R>;
}
