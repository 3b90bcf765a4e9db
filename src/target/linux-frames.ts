/**
 * Who called, in a Linux kernel that was built without frame pointers: by the ORC tables that it has in
 * its memory for its own backtraces. They are where its symbols say, and stay as they are.
 */

import type { SymbolTable } from '../symbols/symbol-table.ts';
import { type OrcState, type OrcTable, orcOfGuest, unwindOrc } from '../symbols/unwind/orc.ts';
import type { Looked } from './page-walk.ts';
import { linearRip } from './state-view.ts';

/** A place in a call, innermost first. */
export interface CodeFrame {
  readonly rip: bigint;
  /** An interrupt came in between: `rip` is what runs next, not where a call returns to. */
  readonly interrupted: boolean;
  /** Where the way out of this frame is on the stack: the return address, or what IRET takes. */
  readonly slot: bigint | undefined;
}

const RSP = 4;
const RBP = 5;
/** By DWARF number, as the tables name registers (System V psABI AMD64, figure 3.36). */
const DWARF: readonly number[] = [0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
/** A kernel's table is a megabyte; what has fewer entries is not one yet. */
const ENTRIES_MIN = 1000;
const KERNEL_HALF = 0xffff_8000_0000_0000n;

export class LinuxFrames {
  #orc: OrcTable | undefined;
  #of: SymbolTable | undefined;

  /** Undefined where the tables say nothing: outside the kernel, or if it has none. */
  frames(guest: Looked, names: SymbolTable, limit: number): CodeFrame[] | undefined {
    const registers = guest.registers();
    const rip = linearRip(registers);
    if (rip < KERNEL_HALF) return undefined;
    const orc = this.#tables(guest, names);
    if (!orc) return undefined;
    const start: OrcState = {
      ip: rip,
      sp: registers.gpr[RSP]!,
      bp: registers.gpr[RBP],
      interrupted: true,
      register: (number) => registers.gpr[DWARF[number] ?? -1],
    };
    const found = [...unwindOrc([orc], start, (at) => readWord(guest, at), limit)];
    if (found.length < 2) return undefined;
    return found.map((state, i) => {
      const next = found[i + 1];
      const slot = next && 'slot' in next ? (next.slot as bigint) : undefined;
      return { rip: state.ip, interrupted: state.interrupted, slot };
    });
  }

  #tables(guest: Looked, names: SymbolTable): OrcTable | undefined {
    if (this.#orc && this.#of === names) return this.#orc;
    const orc = orcOfGuest(
      (symbol) => names.address(symbol),
      (at, length) => guest.readMemory({ space: 'gva', at, length }),
    );
    if (!orc || orc.count < ENTRIES_MIN) return undefined;
    this.#orc = orc;
    this.#of = names;
    return orc;
  }
}

function readWord(guest: Looked, at: bigint): bigint | undefined {
  const bytes = guest.readMemory({ space: 'gva', at: BigInt.asUintN(64, at), length: 8 });
  return bytes.length < 8 ? undefined : Buffer.from(bytes).readBigUInt64LE();
}
