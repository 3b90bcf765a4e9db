/** Skipping and reading attributes by their forms (DWARF 5 §7.5.5, §7.5.6). */

import { type FormSizes, fixedSize } from './abbreviations.ts';
import { FORM } from './constants.ts';
import type { Reader } from './reader.ts';

/**
 * What an attribute says, before anything is looked up elsewhere. `index` counts in .debug_addr,
 * .debug_str_offsets or a list table; `offset` is into the section its kind belongs to.
 */
export type FormValue =
  | { readonly kind: 'constant'; readonly value: bigint }
  /** No form says whether its bytes are signed: `bits` is how wide they are. */
  | { readonly kind: 'data'; readonly value: bigint; readonly bits: number }
  | { readonly kind: 'address'; readonly value: bigint }
  | { readonly kind: 'address index' | 'string index'; readonly index: number }
  | { readonly kind: 'location index' | 'range index'; readonly index: number }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'string' | 'line string' | 'alternate string'; readonly offset: number }
  | { readonly kind: 'block' | 'expression'; readonly bytes: Uint8Array }
  /** From the start of the unit; of .debug_info; of the alternate file's .debug_info. */
  | {
      readonly kind: 'unit reference' | 'reference' | 'alternate reference';
      readonly offset: number;
    }
  | { readonly kind: 'signature'; readonly value: bigint }
  | { readonly kind: 'section offset'; readonly offset: number };

export function skipForm(reader: Reader, form: number, sizes: FormSizes): void {
  const size = fixedSize(form, sizes);
  if (size >= 0) {
    reader.skip(size);
    return;
  }
  switch (form) {
    case FORM.BLOCK1:
      reader.skip(reader.u8());
      return;
    case FORM.BLOCK2:
      reader.skip(reader.u16());
      return;
    case FORM.BLOCK4:
      reader.skip(reader.u32());
      return;
    case FORM.BLOCK:
    case FORM.EXPRLOC:
      reader.skip(reader.uleb());
      return;
    case FORM.STRING:
      reader.string();
      return;
    case FORM.SDATA:
    case FORM.UDATA:
    case FORM.REF_UDATA:
    case FORM.STRX:
    case FORM.ADDRX:
    case FORM.LOCLISTX:
    case FORM.RNGLISTX:
    case FORM.GNU_ADDR_INDEX:
    case FORM.GNU_STR_INDEX:
      reader.uleb();
      return;
    case FORM.INDIRECT: {
      const actual = reader.uleb();
      // The standard allows neither: an implicit constant has no place to be.
      if (actual === FORM.INDIRECT || actual === FORM.IMPLICIT_CONST) {
        throw reader.error('a form that can be indirect');
      }
      skipForm(reader, actual, sizes);
      return;
    }
    default:
      throw reader.error(`a form of DWARF 5, not 0x${form.toString(16)},`);
  }
}

export function readForm(
  reader: Reader,
  form: number,
  implicit: bigint | undefined,
  sizes: FormSizes,
): FormValue {
  const { offsetSize } = sizes;
  switch (form) {
    case FORM.ADDR:
      return { kind: 'address', value: reader.unsigned(sizes.addressSize) };
    case FORM.DATA1:
      return { kind: 'data', value: BigInt(reader.u8()), bits: 8 };
    case FORM.DATA2:
      return { kind: 'data', value: BigInt(reader.u16()), bits: 16 };
    case FORM.DATA4:
      return { kind: 'data', value: BigInt(reader.u32()), bits: 32 };
    case FORM.DATA8:
      return { kind: 'data', value: reader.u64(), bits: 64 };
    case FORM.DATA16: {
      const low = reader.u64();
      return { kind: 'data', value: low | (reader.u64() << 64n), bits: 128 };
    }
    case FORM.SDATA:
      return { kind: 'constant', value: reader.slebBig() };
    case FORM.UDATA:
      return { kind: 'constant', value: reader.ulebBig() };
    case FORM.IMPLICIT_CONST:
      return { kind: 'constant', value: implicit ?? 0n };
    case FORM.FLAG:
      return { kind: 'flag', value: reader.u8() !== 0 };
    case FORM.FLAG_PRESENT:
      return { kind: 'flag', value: true };
    case FORM.STRING:
      return { kind: 'text', value: reader.string() };
    case FORM.STRP:
      return { kind: 'string', offset: reader.offset(offsetSize) };
    case FORM.LINE_STRP:
      return { kind: 'line string', offset: reader.offset(offsetSize) };
    case FORM.STRP_SUP:
    case FORM.GNU_STRP_ALT:
      return { kind: 'alternate string', offset: reader.offset(offsetSize) };
    case FORM.STRX:
    case FORM.GNU_STR_INDEX:
      return { kind: 'string index', index: reader.uleb() };
    case FORM.STRX1:
      return { kind: 'string index', index: reader.u8() };
    case FORM.STRX2:
      return { kind: 'string index', index: reader.u16() };
    case FORM.STRX3:
      return { kind: 'string index', index: reader.u24() };
    case FORM.STRX4:
      return { kind: 'string index', index: reader.u32() };
    case FORM.ADDRX:
    case FORM.GNU_ADDR_INDEX:
      return { kind: 'address index', index: reader.uleb() };
    case FORM.ADDRX1:
      return { kind: 'address index', index: reader.u8() };
    case FORM.ADDRX2:
      return { kind: 'address index', index: reader.u16() };
    case FORM.ADDRX3:
      return { kind: 'address index', index: reader.u24() };
    case FORM.ADDRX4:
      return { kind: 'address index', index: reader.u32() };
    case FORM.LOCLISTX:
      return { kind: 'location index', index: reader.uleb() };
    case FORM.RNGLISTX:
      return { kind: 'range index', index: reader.uleb() };
    case FORM.REF1:
      return { kind: 'unit reference', offset: reader.u8() };
    case FORM.REF2:
      return { kind: 'unit reference', offset: reader.u16() };
    case FORM.REF4:
      return { kind: 'unit reference', offset: reader.u32() };
    case FORM.REF8:
      return { kind: 'unit reference', offset: reader.offset(8) };
    case FORM.REF_UDATA:
      return { kind: 'unit reference', offset: reader.uleb() };
    case FORM.REF_ADDR:
      return { kind: 'reference', offset: reader.offset(fixedSize(form, sizes) === 8 ? 8 : 4) };
    case FORM.GNU_REF_ALT:
      return { kind: 'alternate reference', offset: reader.offset(offsetSize) };
    case FORM.REF_SUP4:
      return { kind: 'alternate reference', offset: reader.u32() };
    case FORM.REF_SUP8:
      return { kind: 'alternate reference', offset: reader.offset(8) };
    case FORM.REF_SIG8:
      return { kind: 'signature', value: reader.u64() };
    case FORM.SEC_OFFSET:
      return { kind: 'section offset', offset: reader.offset(offsetSize) };
    case FORM.EXPRLOC:
      return { kind: 'expression', bytes: reader.block(reader.uleb()) };
    case FORM.BLOCK:
      return { kind: 'block', bytes: reader.block(reader.uleb()) };
    case FORM.BLOCK1:
      return { kind: 'block', bytes: reader.block(reader.u8()) };
    case FORM.BLOCK2:
      return { kind: 'block', bytes: reader.block(reader.u16()) };
    case FORM.BLOCK4:
      return { kind: 'block', bytes: reader.block(reader.u32()) };
    case FORM.INDIRECT: {
      const actual = reader.uleb();
      if (actual !== FORM.INDIRECT && actual !== FORM.IMPLICIT_CONST) {
        return readForm(reader, actual, undefined, sizes);
      }
      throw reader.error('a form that can be indirect');
    }
    default:
      throw reader.error(`a form of DWARF 5, not 0x${form.toString(16)},`);
  }
}
