/**
 * Call frame information (DWARF 5 §6.4; .eh_frame: Linux Standard Base, "Exception Frames"): for an
 * address, how to find the caller's registers. Entries are found once, their programs run when asked.
 */

import { SymbolError } from '../program.ts';
import type { Reader } from './reader.ts';
import type { DebugSections } from './sections.ts';

export type RegisterRule =
  | { readonly kind: 'undefined' | 'same' }
  /** Saved at CFA + offset; or CFA + offset is the value. */
  | { readonly kind: 'offset' | 'value offset'; readonly offset: bigint }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'expression' | 'value expression'; readonly bytes: Uint8Array };

export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: bigint }
  | { readonly kind: 'expression'; readonly bytes: Uint8Array };

export interface FrameRules {
  readonly cfa: CfaRule;
  /** By DWARF number. What is not there is unspecified. */
  readonly registers: ReadonlyMap<number, RegisterRule>;
  readonly returnRegister: number;
  /** An interrupt or signal frame: its caller was interrupted and made no call. */
  readonly signal: boolean;
  readonly addressSize: number;
}

interface Cie {
  readonly addressSize: number;
  readonly codeFactor: number;
  readonly dataFactor: number;
  readonly returnRegister: number;
  readonly pointerEncoding: number;
  readonly augmented: boolean;
  readonly signal: boolean;
  readonly start: number;
  readonly end: number;
}

interface Fde {
  readonly cie: Cie;
  readonly start: bigint;
  readonly end: bigint;
  readonly program: number;
  readonly programEnd: number;
}

/** Encodings of pointers in .eh_frame. */
const PE = { ABSOLUTE: 0x00, OMIT: 0xff, PC_RELATIVE: 0x10, DATA_RELATIVE: 0x30 } as const;

const REMEMBERED_MAX = 256;

export class CallFrames {
  readonly #sections: DebugSections;
  readonly #name: '.debug_frame' | '.eh_frame';
  /** Where the section is in memory: pointers count from there. */
  readonly #address: bigint;
  readonly #wide: boolean;
  readonly #fdes: Fde[] = [];
  readonly #cies = new Map<number, Cie | undefined>();

  constructor(sections: DebugSections, name: '.debug_frame' | '.eh_frame', address: bigint) {
    this.#sections = sections;
    this.#name = name;
    this.#address = address;
    this.#wide = sections.elf.wide;
    this.#readAll();
    this.#fdes.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  get count(): number {
    return this.#fdes.length;
  }

  /** Undefined where it says nothing about an address. */
  rulesAt(linked: bigint): FrameRules | undefined {
    const fdes = this.#fdes;
    let low = 0;
    let high = fdes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (fdes[middle]!.start <= linked) low = middle + 1;
      else high = middle;
    }
    const fde = fdes[low - 1];
    if (!fde || linked >= fde.end) return undefined;
    return new RowMachine(this.#sections.reader(this.#name), fde).run(linked);
  }

  #readAll(): void {
    const reader = this.#sections.reader(this.#name);
    const eh = this.#name === '.eh_frame';
    while (!reader.done) {
      const start = reader.at;
      const { length, offsetSize } = reader.initialLength();
      if (length === 0) {
        // .eh_frame ends with it; in the middle of .debug_frame it is padding.
        if (eh) return;
        continue;
      }
      const body = reader.at;
      const end = body + length;
      if (end > reader.end) throw reader.error(`frame information of ${length} bytes`);
      const id = reader.offset(offsetSize);
      const isCie = eh ? id === 0 : id === (offsetSize === 4 ? 0xffff_ffff : 2 ** 64);
      if (!isCie) {
        const cie = this.#cie(eh ? body - id : id);
        if (cie) this.#addFde(reader, cie, end);
      }
      if (end <= start) throw reader.error('frame information');
      reader.at = end;
    }
  }

  #addFde(reader: Reader, cie: Cie, end: number): void {
    const start = this.#pointer(reader, cie.pointerEncoding, cie.addressSize);
    const size = this.#pointer(reader, cie.pointerEncoding & 0x0f, cie.addressSize);
    if (cie.augmented) reader.skip(reader.uleb());
    // What the linker threw away is left at 0.
    if (start === 0n || size <= 0n) return;
    this.#fdes.push({ cie, start, end: start + size, program: reader.at, programEnd: end });
  }

  #cie(at: number): Cie | undefined {
    if (this.#cies.has(at)) return this.#cies.get(at);
    this.#cies.set(at, undefined);
    const reader = this.#sections.reader(this.#name, at);
    const { length, offsetSize } = reader.initialLength();
    const end = reader.at + length;
    reader.offset(offsetSize);
    const version = reader.u8();
    const augmentation = reader.string();
    let addressSize = this.#wide ? 8 : 4;
    if (version >= 4) {
      addressSize = reader.u8();
      reader.skip(1); // the size of segment selectors
    }
    if (augmentation.startsWith('eh')) reader.skip(addressSize);
    const codeFactor = reader.uleb();
    const dataFactor = reader.sleb();
    const returnRegister = version === 1 ? reader.u8() : reader.uleb();
    let pointerEncoding: number = PE.ABSOLUTE;
    let signal = false;
    const augmented = augmentation.startsWith('z');
    if (augmented) {
      const after = reader.uleb();
      const next = reader.at + after;
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') pointerEncoding = reader.u8();
        else if (letter === 'S') signal = true;
        else if (letter === 'L') reader.skip(1);
        else if (letter === 'P') this.#pointer(reader, reader.u8(), addressSize);
        else break;
      }
      reader.at = next;
    } else if (augmentation === 'S') {
      // GNU as for .cfi_signal_frame in .debug_frame: nothing follows.
      signal = true;
    } else if (augmentation !== '' && !augmentation.startsWith('eh')) {
      // An unknown augmentation without a size: nothing behind it can be read.
      return undefined;
    }
    if (end > reader.end || reader.at > end) throw reader.error('a CIE');
    const cie: Cie = {
      addressSize,
      codeFactor,
      dataFactor,
      returnRegister,
      pointerEncoding,
      augmented,
      signal,
      start: reader.at,
      end,
    };
    this.#cies.set(at, cie);
    return cie;
  }

  #pointer(reader: Reader, encoding: number, addressSize: number): bigint {
    if (encoding === PE.OMIT) return 0n;
    const at = this.#address + BigInt(reader.at);
    const value = rawPointer(reader, encoding & 0x0f, addressSize);
    const bits = addressSize * 8;
    return (encoding & 0x70) === PE.PC_RELATIVE
      ? BigInt.asUintN(bits, at + value)
      : BigInt.asUintN(bits, value);
  }
}

function rawPointer(reader: Reader, format: number, addressSize: number): bigint {
  switch (format) {
    case 0x00:
      return reader.unsigned(addressSize);
    case 0x01:
      return reader.ulebBig();
    case 0x02:
      return BigInt(reader.u16());
    case 0x03:
      return BigInt(reader.u32());
    case 0x04:
      return reader.u64();
    case 0x09:
      return reader.slebBig();
    case 0x0a:
      return BigInt.asIntN(16, BigInt(reader.u16()));
    case 0x0b:
      return BigInt(reader.i32());
    case 0x0c:
      return BigInt.asIntN(64, reader.u64());
    default:
      throw reader.error(`an encoding of pointers, not 0x${format.toString(16)},`);
  }
}

interface Row {
  cfa: CfaRule | undefined;
  registers: Map<number, RegisterRule>;
}

/** Runs the instructions of a CIE and of an FDE up to an address (§6.4.2). */
class RowMachine {
  readonly #reader: Reader;
  readonly #fde: Fde;
  #row: Row = { cfa: undefined, registers: new Map() };
  #initial: ReadonlyMap<number, RegisterRule> = new Map();
  readonly #remembered: Row[] = [];

  constructor(reader: Reader, fde: Fde) {
    this.#reader = reader;
    this.#fde = fde;
  }

  run(linked: bigint): FrameRules | undefined {
    const { cie, start, program, programEnd } = this.#fde;
    this.#execute(cie.start, cie.end, start, linked);
    this.#initial = new Map(this.#row.registers);
    this.#execute(program, programEnd, start, linked);
    const { cfa, registers } = this.#row;
    if (!cfa) return undefined;
    const { returnRegister, signal, addressSize } = cie;
    return { cfa, registers, returnRegister, signal, addressSize };
  }

  #execute(from: number, end: number, start: bigint, limit: bigint): void {
    const reader = this.#reader;
    const { codeFactor, dataFactor, addressSize } = this.#fde.cie;
    const scaled = BigInt(dataFactor);
    let address = start;
    const advance = (count: number): boolean => {
      address += BigInt(count) * BigInt(codeFactor);
      return address > limit;
    };
    const set = (register: number, rule: RegisterRule): void => {
      this.#row.registers.set(register, rule);
    };
    reader.at = from;
    while (reader.at < end) {
      const opcode = reader.u8();
      const low = opcode & 0x3f;
      switch (opcode & 0xc0) {
        case 0x40: // DW_CFA_advance_loc
          if (advance(low)) return;
          continue;
        case 0x80: // DW_CFA_offset
          set(low, { kind: 'offset', offset: reader.ulebBig() * scaled });
          continue;
        case 0xc0: // DW_CFA_restore
          this.#restore(low);
          continue;
      }
      switch (opcode) {
        case 0x00: // DW_CFA_nop
          break;
        case 0x01: // DW_CFA_set_loc
          address = reader.unsigned(addressSize);
          if (address > limit) return;
          break;
        case 0x02: // DW_CFA_advance_loc1
          if (advance(reader.u8())) return;
          break;
        case 0x03: // DW_CFA_advance_loc2
          if (advance(reader.u16())) return;
          break;
        case 0x04: // DW_CFA_advance_loc4
          if (advance(reader.u32())) return;
          break;
        case 0x05: // DW_CFA_offset_extended
          set(reader.uleb(), { kind: 'offset', offset: reader.ulebBig() * scaled });
          break;
        case 0x06: // DW_CFA_restore_extended
          this.#restore(reader.uleb());
          break;
        case 0x07: // DW_CFA_undefined
          set(reader.uleb(), { kind: 'undefined' });
          break;
        case 0x08: // DW_CFA_same_value
          set(reader.uleb(), { kind: 'same' });
          break;
        case 0x09: // DW_CFA_register
          set(reader.uleb(), { kind: 'register', register: reader.uleb() });
          break;
        case 0x0a: // DW_CFA_remember_state
          if (this.#remembered.length >= REMEMBERED_MAX) throw reader.error('fewer states');
          this.#remembered.push({
            cfa: this.#row.cfa,
            registers: new Map(this.#row.registers),
          });
          break;
        case 0x0b: {
          // DW_CFA_restore_state
          const row = this.#remembered.pop();
          if (!row) throw reader.error('a state that was remembered');
          this.#row = row;
          break;
        }
        case 0x0c: // DW_CFA_def_cfa
          this.#row.cfa = {
            kind: 'register',
            register: reader.uleb(),
            offset: reader.ulebBig(),
          };
          break;
        case 0x0d: // DW_CFA_def_cfa_register
          this.#row.cfa = { ...this.#registerCfa(), register: reader.uleb() };
          break;
        case 0x0e: // DW_CFA_def_cfa_offset
          this.#row.cfa = { ...this.#registerCfa(), offset: reader.ulebBig() };
          break;
        case 0x0f: // DW_CFA_def_cfa_expression
          this.#row.cfa = { kind: 'expression', bytes: reader.block(reader.uleb()) };
          break;
        case 0x10: // DW_CFA_expression
          set(reader.uleb(), { kind: 'expression', bytes: reader.block(reader.uleb()) });
          break;
        case 0x11: // DW_CFA_offset_extended_sf
          set(reader.uleb(), { kind: 'offset', offset: reader.slebBig() * scaled });
          break;
        case 0x12: // DW_CFA_def_cfa_sf
          this.#row.cfa = {
            kind: 'register',
            register: reader.uleb(),
            offset: reader.slebBig() * scaled,
          };
          break;
        case 0x13: // DW_CFA_def_cfa_offset_sf
          this.#row.cfa = { ...this.#registerCfa(), offset: reader.slebBig() * scaled };
          break;
        case 0x14: // DW_CFA_val_offset
          set(reader.uleb(), { kind: 'value offset', offset: reader.ulebBig() * scaled });
          break;
        case 0x15: // DW_CFA_val_offset_sf
          set(reader.uleb(), { kind: 'value offset', offset: reader.slebBig() * scaled });
          break;
        case 0x16: // DW_CFA_val_expression
          set(reader.uleb(), { kind: 'value expression', bytes: reader.block(reader.uleb()) });
          break;
        case 0x2e: // DW_CFA_GNU_args_size
          reader.uleb();
          break;
        case 0x2f: // DW_CFA_GNU_negative_offset_extended
          set(reader.uleb(), { kind: 'offset', offset: -reader.ulebBig() * scaled });
          break;
        default:
          throw new SymbolError(`expected a call frame instruction, got 0x${opcode.toString(16)}`);
      }
    }
  }

  #registerCfa(): { kind: 'register'; register: number; offset: bigint } {
    const { cfa } = this.#row;
    if (cfa?.kind === 'register') return cfa;
    throw this.#reader.error('a CFA that is a register and an offset');
  }

  #restore(register: number): void {
    const rule = this.#initial.get(register);
    if (rule) this.#row.registers.set(register, rule);
    else this.#row.registers.delete(register);
  }
}
