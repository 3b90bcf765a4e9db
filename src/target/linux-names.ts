/**
 * Names out of a Linux guest's own memory. They are there from when the kernel has unpacked itself, and
 * hold for the rest of the recording: whoever travels asks at every stop until they are found.
 */

import { findKallsyms } from '../symbols/linux/kallsyms.ts';
import { SymbolTable } from '../symbols/symbol-table.ts';
import { type Looked, mappings } from './page-walk.ts';

export type { Looked };

/** Where the kernel image may be, moved by KASLR or not (Documentation/arch/x86/x86_64/mm.rst). */
const IMAGE = { from: 0xffff_ffff_8000_0000n, to: 0xffff_ffff_c000_0000n };
const MAPPINGS_MAX = 4000;
const EFER_LMA = 1n << 10n;

export class LinuxNames {
  #table: SymbolTable | undefined;
  /** What was mapped when there were none. */
  #seen = '';

  /** Undefined until they are found. */
  get table(): SymbolTable | undefined {
    return this.#table;
  }

  /** Looks at the guest as it stands; in slices, during which it may not move. True if that found them. */
  *look(guest: Looked): Generator<void, boolean> {
    if (this.#table || (guest.registers().efer & EFER_LMA) === 0n) return false;
    const image = mappings(guest, MAPPINGS_MAX, IMAGE);
    const seen = image.map(({ gva, length }) => `${gva}+${length}`).join(' ');
    if (seen === this.#seen) return false;
    const spans = image.map(({ gva, length }) => ({ start: gva, length }));
    const symbols = yield* findKallsyms(spans, (at, length) =>
      guest.readMemory({ space: 'gva', at, length }),
    );
    this.#seen = seen;
    if (!symbols) return false;
    this.#table = new SymbolTable(symbols);
    return true;
  }
}
