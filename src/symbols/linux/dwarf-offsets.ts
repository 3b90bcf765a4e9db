/** Where members are, from a kernel's debug information: for one without BTF. */

import { ExpressionError, type Guest, type Program } from '../program.ts';
import type { OffsetOf } from './tasks.ts';

/** What an address needs of a guest: nothing. */
const NOWHERE: Guest = {
  bits: 64,
  readMemory: () => new Uint8Array(0),
  register: () => undefined,
};

export function offsetsFrom(program: Program): OffsetOf {
  return (structure, member) => {
    const expression = `(unsigned long)&((struct ${structure} *)0)->${member}`;
    try {
      const { integer } = program.evaluate(expression, { guest: NOWHERE });
      return integer === undefined ? undefined : Number(integer);
    } catch (error) {
      if (error instanceof ExpressionError) return undefined;
      throw error;
    }
  };
}
