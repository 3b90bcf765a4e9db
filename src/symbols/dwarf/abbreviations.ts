/**
 * The abbreviations of a unit (DWARF 5 §7.5.3): what tag an entry has and which attributes in which
 * form. Where the forms have fixed sizes the size of the whole entry is worked out once, which makes
 * walking over entries cheap.
 */

import { FORM } from './constants.ts';
import type { Reader } from './reader.ts';

export interface Abbreviation {
  readonly tag: number;
  readonly children: boolean;
  readonly names: Uint16Array;
  readonly forms: Uint16Array;
  /** Of DW_FORM_implicit_const; by attribute. */
  readonly constants: readonly (bigint | undefined)[];
  /** Bytes behind the code; -1 if that depends on the entry. */
  readonly size: number;
  /** By attribute, how far behind the code it is; -1 behind one of variable size. */
  readonly offsets: Int32Array;
}

export type Abbreviations = ReadonlyMap<number, Abbreviation>;

/** What decides the size of a form. */
export interface FormSizes {
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  readonly version: number;
}

/** Code numbers of gcc's tables stay in the hundreds. */
const ATTRIBUTES_MAX = 4096;

export function readAbbreviations(reader: Reader, sizes: FormSizes): Abbreviations {
  const table = new Map<number, Abbreviation>();
  for (;;) {
    if (reader.done) return table;
    const code = reader.uleb();
    if (code === 0) return table;
    const tag = reader.uleb();
    const children = reader.u8() !== 0;
    const names: number[] = [];
    const forms: number[] = [];
    const constants: (bigint | undefined)[] = [];
    for (;;) {
      const name = reader.uleb();
      const form = reader.uleb();
      if (name === 0 && form === 0) break;
      if (names.length >= ATTRIBUTES_MAX) throw reader.error('the end of an abbreviation');
      names.push(name);
      forms.push(form);
      constants.push(form === FORM.IMPLICIT_CONST ? reader.slebBig() : undefined);
    }
    const offsets = new Int32Array(names.length);
    let at = 0;
    forms.forEach((form, i) => {
      offsets[i] = at;
      const size = at < 0 ? -1 : fixedSize(form, sizes);
      at = size < 0 ? -1 : at + size;
    });
    if (!table.has(code)) {
      table.set(code, {
        tag,
        children,
        names: Uint16Array.from(names),
        forms: Uint16Array.from(forms),
        constants,
        size: at,
        offsets,
      });
    }
  }
}

/** -1 where it depends on the data. */
export function fixedSize(form: number, { addressSize, offsetSize, version }: FormSizes): number {
  switch (form) {
    case FORM.FLAG_PRESENT:
    case FORM.IMPLICIT_CONST:
      return 0;
    case FORM.DATA1:
    case FORM.FLAG:
    case FORM.REF1:
    case FORM.STRX1:
    case FORM.ADDRX1:
      return 1;
    case FORM.DATA2:
    case FORM.REF2:
    case FORM.STRX2:
    case FORM.ADDRX2:
      return 2;
    case FORM.STRX3:
    case FORM.ADDRX3:
      return 3;
    case FORM.DATA4:
    case FORM.REF4:
    case FORM.STRX4:
    case FORM.ADDRX4:
    case FORM.REF_SUP4:
      return 4;
    case FORM.DATA8:
    case FORM.REF8:
    case FORM.REF_SIG8:
    case FORM.REF_SUP8:
      return 8;
    case FORM.DATA16:
      return 16;
    case FORM.ADDR:
      return addressSize;
    // DWARF 2 had it as large as an address.
    case FORM.REF_ADDR:
      return version <= 2 ? addressSize : offsetSize;
    case FORM.STRP:
    case FORM.LINE_STRP:
    case FORM.STRP_SUP:
    case FORM.SEC_OFFSET:
    case FORM.GNU_REF_ALT:
    case FORM.GNU_STRP_ALT:
      return offsetSize;
    default:
      return -1;
  }
}
