/** Backtraces by the debug information of the ELF file given with `--symbols`: DWARF's call frames, or ORC. */

import { openProgram } from '../symbols/open.ts';
import { type Guest, SymbolError } from '../symbols/program.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';
import { bitsOf, GPR_NAMES } from '../target/index.ts';
import type { CodeFrame } from '../target/linux-frames.ts';
import type { Looked } from '../target/page-walk.ts';

export interface DebugFrames {
  /** Innermost first; undefined where nothing but the innermost is known. */
  frames(guest: Looked, limit: number): readonly CodeFrame[] | undefined;
}

/** Undefined for a file that has nothing to unwind by. `table` says how far the guest moved it. */
export function debugFrames(path: string, table: SymbolTable | undefined): DebugFrames | undefined {
  let program: ReturnType<typeof openProgram>;
  try {
    program = openProgram({ files: [path], ...(table ? { slide: table.slide } : {}) });
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
  return {
    frames(looked, limit) {
      const found = program.frames(guestOf(looked), limit);
      // Inlined calls are part of the frame they are in.
      const machine = found.filter(({ inlined }) => !inlined);
      const last = machine.findIndex(({ by }, i) => i > 0 && by === 'frame pointer');
      const known = last < 0 ? machine : machine.slice(0, last);
      if (known.length < 2) return undefined;
      return known.map(({ pc, interrupted, cfa }) => ({
        ...{ rip: pc, interrupted, slot: cfa === undefined ? undefined : cfa - 8n },
      }));
    },
  };
}

function guestOf(looked: Looked): Guest {
  const registers = looked.registers();
  return {
    bits: bitsOf(registers),
    readMemory: (at, length) => looked.readMemory({ space: 'gva', at, length }),
    register(name) {
      const index = (GPR_NAMES as readonly string[]).indexOf(name);
      if (index >= 0) return registers.gpr[index];
      if (name === 'rip') return registers.rip;
      return name === 'rflags' || name === 'eflags' ? registers.rflags : undefined;
    },
  };
}
