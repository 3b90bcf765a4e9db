/** Memory references as texts: "0xffff888000000000", and "phys:0x100000" for guest physical memory. */

import type { MemoryRange } from '../target/index.ts';
import { ERROR, RequestError } from './errors.ts';

export const hex = (value: bigint): string => `0x${value.toString(16)}`;

export interface Place {
  readonly space: MemoryRange['space'];
  readonly at: bigint;
}

export function parsePlace(text: string, offset = 0): Place {
  const found = /^\s*(phys:)?\s*(0x[0-9a-f]{1,16}|\d{1,20})\s*$/i.exec(text);
  if (!found) {
    throw new RequestError(
      ERROR.badArguments,
      `expected an address such as 0x1000, got '${text.slice(0, 60)}'`,
    );
  }
  if (!Number.isSafeInteger(offset)) {
    throw new RequestError(ERROR.badArguments, `expected a whole offset, got ${offset}`);
  }
  const at = BigInt.asUintN(64, BigInt(found[2]!) + BigInt(offset));
  return { space: found[1] ? 'gpa' : 'gva', at };
}

export const placeText = ({ space, at }: Place): string =>
  `${space === 'gpa' ? 'phys:' : ''}${hex(at)}`;
