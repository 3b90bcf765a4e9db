/** Which location a variable has at an address: one for good, or one of a list (DWARF 5 §2.6.2, §7.7.3). */

import { AT } from './constants.ts';
import type { Die } from './die.ts';
import { baseAddress } from './ranges.ts';
import type { Unit } from './unit.ts';

const LLE = {
  END: 0,
  BASE_ADDRESSX: 1,
  STARTX_ENDX: 2,
  STARTX_LENGTH: 3,
  OFFSET_PAIR: 4,
  DEFAULT: 5,
  BASE_ADDRESS: 6,
  START_END: 7,
  START_LENGTH: 8,
  GNU_VIEW_PAIR: 9,
} as const;

const ENTRIES_MAX = 1_000_000;
const NOWHERE = new Uint8Array(0);

/**
 * The expression at an address. Empty where the list has none for it: optimised out there. Undefined if
 * the entry has no location at all. `entry`: where the function is entered.
 */
export function locationAt(
  die: Die,
  name: number,
  linked: bigint | undefined,
  entry: bigint | undefined,
): Uint8Array | undefined {
  const location = die.attribute(name);
  if (!location) return undefined;
  switch (location.kind) {
    case 'expression':
    case 'block':
      return location.bytes;
    case 'location index':
    case 'section offset':
    case 'data': {
      if (linked === undefined) return NOWHERE;
      const { unit } = die;
      const covers: Covers = (start, end) =>
        (linked >= start && linked < end) || (start === end && start === linked && start === entry);
      const offset =
        location.kind === 'location index'
          ? listOffset(unit, location.index)
          : die.sectionOffset(name);
      if (offset === undefined) return NOWHERE;
      const list = unit.header.version >= 5 ? newList : oldList;
      return list(unit, offset, covers) ?? NOWHERE;
    }
    default:
      return undefined;
  }
}

type Covers = (start: bigint, end: bigint) => boolean;

function listOffset(unit: Unit, index: number): number {
  const { offsetSize } = unit.header;
  const base = unit.base(AT.LOCLISTS_BASE) ?? (offsetSize === 4 ? 12 : 20);
  const reader = unit.info.sections.reader('.debug_loclists', base + index * offsetSize);
  return base + reader.offset(offsetSize);
}

function newList(unit: Unit, offset: number, covers: Covers): Uint8Array | undefined {
  const { addressSize } = unit.header;
  const reader = unit.info.sections.reader('.debug_loclists', offset);
  const indexed = (): bigint => unit.info.indexedAddress(unit, reader.uleb());
  let base = baseAddress(unit);
  let otherwise: Uint8Array | undefined;
  for (let i = 0; i < ENTRIES_MAX; i++) {
    let range: [bigint, bigint] | undefined;
    const kind = reader.u8();
    switch (kind) {
      case LLE.END:
        return otherwise;
      case LLE.BASE_ADDRESSX:
        base = indexed();
        continue;
      case LLE.BASE_ADDRESS:
        base = reader.unsigned(addressSize);
        continue;
      case LLE.GNU_VIEW_PAIR:
        reader.uleb();
        reader.uleb();
        continue;
      case LLE.STARTX_ENDX:
        range = [indexed(), indexed()];
        break;
      case LLE.STARTX_LENGTH: {
        const start = indexed();
        range = [start, start + reader.ulebBig()];
        break;
      }
      case LLE.OFFSET_PAIR: {
        const start = base + reader.ulebBig();
        range = [start, base + reader.ulebBig()];
        break;
      }
      case LLE.DEFAULT:
        break;
      case LLE.START_END: {
        const start = reader.unsigned(addressSize);
        range = [start, reader.unsigned(addressSize)];
        break;
      }
      case LLE.START_LENGTH: {
        const start = reader.unsigned(addressSize);
        range = [start, start + reader.ulebBig()];
        break;
      }
      default:
        throw reader.error(`an entry of a location list, not ${kind},`);
    }
    const expression = reader.block(reader.uleb());
    if (!range) otherwise = expression;
    else if (covers(range[0], range[1])) return expression;
  }
  throw reader.error('the end of a location list');
}

/** .debug_loc of DWARF 2 to 4. */
function oldList(unit: Unit, offset: number, covers: Covers): Uint8Array | undefined {
  const { addressSize } = unit.header;
  const highest = (1n << BigInt(addressSize * 8)) - 1n;
  const reader = unit.info.sections.reader('.debug_loc', offset);
  let base = baseAddress(unit);
  for (let i = 0; i < ENTRIES_MAX; i++) {
    const start = reader.unsigned(addressSize);
    const end = reader.unsigned(addressSize);
    if (start === 0n && end === 0n) return undefined;
    if (start === highest) {
      base = end;
      continue;
    }
    const expression = reader.block(reader.u16());
    if (covers(base + start, base + end)) return expression;
  }
  throw reader.error('the end of a location list');
}
