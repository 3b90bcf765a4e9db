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
import { guestProgram } from './guest-program.ts';
import { type GuestNames, guestNames } from './guest-symbols.ts';
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
        const options = programOptions(args, namedFiles(args));
        const program = guestProgram(recording, options);
        const names = program
          ? undefined
          : guestNames({ command: 'symbols', recording, path, symbols: undefined });
        const known = new KnownProgram(program, names);
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
      const named = namedFiles(args);
      const own = ELF_MAGIC.every((byte, i) => kernel.bytes[i] === byte) ? [kernel] : [];
      const files = named.length > 0 ? named : own;
      const known = new KnownProgram(openProgram(programOptions(args, files)), undefined);
      await known.prepare(control);
      control.note(`recording into ${path}`);
      return opened(target, known, args.record ?? kernel.name, async () => {
        await close();
      });
    } catch (error) {
      await close();
      throw error;
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
  readonly #names: GuestNames | undefined;

  /** `names` is where names come from if there is no program. */
  constructor(program: Program | undefined, names: GuestNames | undefined) {
    this.#names = names;
    this.program = program ?? namesOnly(names?.table);
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
    this.program = namesOnly(names.table);
    return true;
  }
}

/** Addresses in such a table are the guest's already. */
function namesOnly(table: GuestNames['table']): Program {
  return openProgram({ files: table ? [kallsyms(systemMap(table))] : [], slide: 0n, cache: false });
}

const kallsyms = (text: string): SymbolFile => ({
  ...{ name: 'kallsyms', bytes: new TextEncoder().encode(text) },
});

const namedFiles = (args: CommonArguments): string[] =>
  [args.symbols ?? []].flat().map((file) => placed(file, args));

function programOptions(args: CommonArguments, files: readonly SymbolFile[]) {
  const { debugDirectories = [], sourceFileMap = {}, slide } = args;
  return {
    ...{ files, sourceFileMap },
    debugDirectories: debugDirectories.map((folder) => placed(folder, args)),
    ...(slide !== undefined && { slide: BigInt(slide) }),
  };
}

const placed = (path: string, { cwd }: CommonArguments): string =>
  isAbsolute(path) ? path : resolve(cwd ?? process.cwd(), path);

function accelOf({ accel = 'jit' }: CommonArguments): Accel {
  const found = ACCELS.find((one) => one === accel);
  if (found) return found;
  throw new UsageError(`accel: expected ${ACCELS.join(' or ')}, got '${accel}'`);
}
