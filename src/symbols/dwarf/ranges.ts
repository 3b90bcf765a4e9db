/** The addresses an entry covers (DWARF 5 §2.17): one range, or a list of them in one of two formats. */

import { AT } from './constants.ts';
import type { Die } from './die.ts';
import type { Unit } from './unit.ts';

export interface LinkedRange {
  readonly start: bigint;
  readonly end: bigint;
}

const RLE = {
  END: 0,
  BASE_ADDRESSX: 1,
  STARTX_ENDX: 2,
  STARTX_LENGTH: 3,
  OFFSET_PAIR: 4,
  BASE_ADDRESS: 5,
  START_END: 6,
  START_LENGTH: 7,
} as const;

/** A function in so many pieces is damaged. */
const RANGES_MAX = 100_000;

export function rangesOf(die: Die): LinkedRange[] {
  const ranges = die.attribute(AT.RANGES);
  if (ranges) {
    const offset = ranges.kind === 'range index' ? listOffset(die.unit, ranges.index) : undefined;
    const direct = ranges.kind === 'section offset' ? ranges.offset : undefined;
    const data = ranges.kind === 'data' ? Number(ranges.value) : undefined;
    const at = offset ?? direct ?? data;
    if (at === undefined) return [];
    return die.unit.header.version >= 5 ? newList(die.unit, at) : oldList(die.unit, at);
  }
  const start = die.address(AT.LOW_PC);
  if (start === undefined) return [];
  const high = die.attribute(AT.HIGH_PC);
  if (!high) return [];
  const length = high.kind === 'constant' || high.kind === 'data' ? high.value : undefined;
  const end = length === undefined ? die.address(AT.HIGH_PC) : BigInt.asUintN(64, start + length);
  return end !== undefined && end > start ? [{ start, end }] : [];
}

export const baseAddress = (unit: Unit): bigint => unit.root.address(AT.LOW_PC) ?? 0n;

function listOffset(unit: Unit, index: number): number {
  const { offsetSize } = unit.header;
  const base = unit.base(AT.RNGLISTS_BASE) ?? (offsetSize === 4 ? 12 : 20);
  return (
    base +
    unit.info.sections.reader('.debug_rnglists', base + index * offsetSize).offset(offsetSize)
  );
}

function newList(unit: Unit, offset: number): LinkedRange[] {
  const { addressSize } = unit.header;
  const reader = unit.info.sections.reader('.debug_rnglists', offset);
  const found: LinkedRange[] = [];
  const add = (start: bigint, end: bigint): void => {
    if (end > start) found.push({ start, end });
  };
  const indexed = (): bigint => unit.info.indexedAddress(unit, reader.uleb());
  let base = baseAddress(unit);
  while (found.length < RANGES_MAX) {
    const kind = reader.u8();
    switch (kind) {
      case RLE.END:
        return found;
      case RLE.BASE_ADDRESSX:
        base = indexed();
        break;
      case RLE.STARTX_ENDX:
        add(indexed(), indexed());
        break;
      case RLE.STARTX_LENGTH: {
        const start = indexed();
        add(start, start + reader.ulebBig());
        break;
      }
      case RLE.OFFSET_PAIR: {
        const start = base + reader.ulebBig();
        add(start, base + reader.ulebBig());
        break;
      }
      case RLE.BASE_ADDRESS:
        base = reader.unsigned(addressSize);
        break;
      case RLE.START_END: {
        const start = reader.unsigned(addressSize);
        add(start, reader.unsigned(addressSize));
        break;
      }
      case RLE.START_LENGTH: {
        const start = reader.unsigned(addressSize);
        add(start, start + reader.ulebBig());
        break;
      }
      default:
        throw reader.error(`an entry of a range list, not ${kind},`);
    }
  }
  throw reader.error('the end of a range list');
}

/** .debug_ranges of DWARF 3 and 4: pairs; a highest start sets the base. */
function oldList(unit: Unit, offset: number): LinkedRange[] {
  const { addressSize } = unit.header;
  const highest = (1n << BigInt(addressSize * 8)) - 1n;
  const reader = unit.info.sections.reader('.debug_ranges', offset);
  const found: LinkedRange[] = [];
  let base = baseAddress(unit);
  while (found.length < RANGES_MAX) {
    const start = reader.unsigned(addressSize);
    const end = reader.unsigned(addressSize);
    if (start === 0n && end === 0n) return found;
    if (start === highest) base = end;
    else if (end > start) found.push({ start: base + start, end: base + end });
  }
  throw reader.error('the end of a range list');
}
