/** Opens what a debug adapter's client names: recordings, running guests, and what is known of their programs. */

import { isAbsolute, resolve } from 'node:path';
import type {
  AttachArguments,
  CommonArguments,
  DapHost,
  DapTarget,
  LaunchArguments,
  OpenControl,
  Opened,
} from '../dap/host.ts';
import { openProgram } from '../symbols/open.ts';
import type { Program, SymbolFile } from '../symbols/program.ts';
import { systemMap } from '../symbols/system-map.ts';
import { UsageError } from './errors.ts';
import type { Accel } from './guest-options.ts';
import { type GuestNames, guestNames, kernelOf, systemCallEntry } from './guest-symbols.ts';
import { openTarget } from './open-target.ts';
import { version } from './package-root.ts';
import { openRecording, readingFromAsync } from './recording-file.ts';

const ACCELS: readonly Accel[] = ['jit', 'interp'];
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

export class CliDapHost implements DapHost {
  readonly version = version();

  async attach(args: AttachArguments, control: OpenControl): Promise<Opened> {
    const path = placed(args.recording, args);
    const recording = await openRecording('recording', path);
    try {
      return await readingFromAsync(path, async () => {
        const target = openTarget(recording, path, accelOf(args));
        const kernel = kernelOf(recording);
        const files = symbolFiles(args, kernel);
        const names =
          files.length > 0
            ? undefined
            : guestNames({ command: 'symbols', recording, path, symbols: undefined });
        const known = new KnownProgram(args, files, names, () => systemCallEntry(recording));
        await known.prepare(control);
        return opened(target, known, path, async () => recording.close());
      });
    } catch (error) {
      recording.close();
      throw error;
    }
  }

  async launch(args: LaunchArguments, control: OpenControl): Promise<Opened> {
    const { launchGuest } = await import('./dap-launch.ts');
    const { target, path, kernel, close } = await launchGuest(args, (file) => placed(file, args));
    try {
      const known = new KnownProgram(args, symbolFiles(args, kernel), undefined, () => undefined);
      await known.prepare(control);
      return opened(target, known, args.record ?? kernel.name, async () => {
        await close();
      });
    } catch (error) {
      await close();
      throw error;
    } finally {
      control.note(`recording into ${path}`);
    }
  }
}

function opened(
  target: DapTarget,
  known: KnownProgram,
  path: string,
  close: () => Promise<void>,
): Opened {
  return {
    target,
    get program() {
      return known.program;
    },
    refresh: () => known.look(target),
    name: path.split('/').at(-1) ?? path,
    close: async () => {
      known.program.close();
      await close();
    },
  };
}

/** The program as it is known: better when Linux's own table has been found in the guest's memory. */
class KnownProgram {
  program: Program;
  readonly #args: CommonArguments;
  readonly #names: GuestNames | undefined;
  readonly #entry: () => bigint | undefined;

  constructor(
    args: CommonArguments,
    files: readonly SymbolFile[],
    names: GuestNames | undefined,
    entry: () => bigint | undefined,
  ) {
    this.#args = args;
    this.#names = names;
    this.#entry = entry;
    const table = names?.table;
    this.program = this.#open(table ? [kallsyms(systemMap(table))] : files, table ? 0n : undefined);
  }

  /** Indexes what has debug information, so that questions by name are fast. */
  async prepare({ progress, cancelled }: OpenControl): Promise<void> {
    await this.program.prepare({ progress, cancelled });
  }

  /** Looks for names in the guest as it stands. True if the program is another one now. */
  look(target: DapTarget): boolean {
    const names = this.#names;
    if (!names || names.table) return false;
    const work = names.look(target);
    let step = work.next();
    while (!step.done) step = work.next();
    if (!step.value || !names.table) return false;
    this.program.close();
    this.program = this.#open([kallsyms(systemMap(names.table))], 0n);
    return true;
  }

  #open(files: readonly SymbolFile[], slide: bigint | undefined): Program {
    const { debugDirectories = [], sourceFileMap = {}, slide: given } = this.#args;
    const from = (linked: (symbol: string) => bigint | undefined): bigint | undefined => {
      if (slide !== undefined) return slide;
      const start = linked('entry_SYSCALL_64');
      const now = start === undefined ? undefined : this.#entry();
      return start === undefined || now === undefined ? undefined : now - start;
    };
    return openProgram({
      ...{ files, sourceFileMap },
      debugDirectories: debugDirectories.map((folder) => placed(folder, this.#args)),
      slide: given === undefined ? from : BigInt(given),
    });
  }
}

const kallsyms = (text: string): SymbolFile => ({
  ...{ name: 'kallsyms', bytes: new TextEncoder().encode(text) },
});

/** Those that the client names; else the kernel itself, if it is an ELF file. */
function symbolFiles(
  args: CommonArguments,
  kernel: { readonly name: string; readonly bytes: Uint8Array } | undefined,
): SymbolFile[] {
  if (args.symbols !== undefined) {
    return [args.symbols].flat().map((file) => placed(file, args));
  }
  return kernel && ELF_MAGIC.every((byte, i) => kernel.bytes[i] === byte) ? [kernel] : [];
}

const placed = (path: string, { cwd }: CommonArguments): string =>
  isAbsolute(path) ? path : resolve(cwd ?? process.cwd(), path);

function accelOf({ accel = 'jit' }: CommonArguments): Accel {
  const found = ACCELS.find((one) => one === accel);
  if (found) return found;
  throw new UsageError(`accel: expected ${ACCELS.join(' or ')}, got '${accel}'`);
}
