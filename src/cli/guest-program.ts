/**
 * The program of a recording's guest, for debuggers: from the files that were named, or from the kernel
 * inside the recording if that is an ELF image with debug information.
 */

import { openProgram } from '../symbols/open.ts';
import { type Program, type ProgramOptions, SymbolError } from '../symbols/program.ts';
import type { Recording } from '../trace/recording.ts';
import { UsageError } from './errors.ts';
import { kernelOf, systemCallEntry } from './guest-symbols.ts';

export type GuestProgramOptions = Omit<ProgramOptions, 'slide'> & {
  readonly slide?: bigint | undefined;
};

/** Undefined if nothing was named and the recording has none. Throws `UsageError` for a bad file. */
export function guestProgram(
  recording: Recording,
  options: GuestProgramOptions,
): Program | undefined {
  // What Linux told the CPU as its system call entry is known before the guest has got there.
  const slide =
    options.slide ??
    ((linked: (symbol: string) => bigint | undefined) =>
      slideOf(recording, linked('entry_SYSCALL_64')));
  if (options.files.length > 0) {
    try {
      return openProgram({ ...options, slide });
    } catch (error) {
      if (error instanceof SymbolError) throw new UsageError(error.message);
      throw error;
    }
  }
  const kernel = kernelOf(recording);
  if (!kernel) return undefined;
  try {
    const program = openProgram({ ...options, files: [kernel], slide });
    if (program.images.some(({ debugPath }) => debugPath !== undefined)) return program;
    program.close();
    return undefined;
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

function slideOf(recording: Recording, linked: bigint | undefined): bigint | undefined {
  const entry = linked === undefined ? undefined : systemCallEntry(recording);
  return entry === undefined || linked === undefined
    ? undefined
    : BigInt.asUintN(64, entry - linked);
}
