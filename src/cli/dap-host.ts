/** Opens what a debug adapter's client names: recordings, symbols, live guests. */

import { isAbsolute, resolve } from 'node:path';
import { bareProgram } from '../dap/bare-program.ts';
import type {
  AttachArguments,
  CommonArguments,
  DapHost,
  LaunchArguments,
  OpenControl,
  Opened,
} from '../dap/host.ts';
import type { Program } from '../symbols/program.ts';
import type { Recording } from '../trace/recording.ts';
import { UsageError } from './errors.ts';
import type { Accel } from './guest-options.ts';
import { guestProgram } from './guest-program.ts';
import { guestNames } from './guest-symbols.ts';
import { openTarget } from './open-target.ts';
import { version } from './package-root.ts';
import { openRecording, readingFromAsync } from './recording-file.ts';

const ACCELS: readonly Accel[] = ['jit', 'interp'];

export class CliDapHost implements DapHost {
  readonly version = version();

  async attach(args: AttachArguments, _control: OpenControl): Promise<Opened> {
    const path = placed(args.recording, args);
    const recording = await openRecording('recording', path);
    try {
      return await readingFromAsync(path, async () => {
        const target = openTarget(recording, path, accelOf(args));
        const program = programOf(recording, path, args);
        return {
          ...{ target, program, name: path.split('/').at(-1) ?? path },
          close: async () => {
            program.close();
            recording.close();
          },
        };
      });
    } catch (error) {
      recording.close();
      throw error;
    }
  }

  async launch(args: LaunchArguments, _control: OpenControl): Promise<Opened> {
    const { launchGuest } = await import('./dap-launch.ts');
    const { target, path, close } = await launchGuest(args, (file) => placed(file, args));
    return {
      ...{ target, program: bareProgram(undefined), name: path.split('/').at(-1) ?? path },
      close: async () => {
        await close();
      },
    };
  }
}

function programOf(recording: Recording, path: string, args: CommonArguments): Program {
  const { debugDirectories, sourceFileMap, slide } = args;
  const found = guestProgram(recording, {
    files: [args.symbols ?? []].flat().map((file) => placed(file, args)),
    ...(debugDirectories ? { debugDirectories } : {}),
    ...(sourceFileMap ? { sourceFileMap } : {}),
    ...(slide === undefined ? {} : { slide: slideOf(slide) }),
  });
  if (found) return found;
  const names = guestNames({ command: 'symbols', recording, path, symbols: undefined });
  return bareProgram(names.table);
}

function slideOf(text: string): bigint {
  if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(text)) return BigInt(`0x${text.replace(/^0x/i, '')}`);
  throw new UsageError(`slide: expected a hexadecimal number like 0x1a000000, got '${text}'`);
}

const placed = (path: string, { cwd }: CommonArguments): string =>
  isAbsolute(path) ? path : resolve(cwd ?? process.cwd(), path);

function accelOf({ accel = 'jit' }: CommonArguments): Accel {
  const found = ACCELS.find((one) => one === accel);
  if (found) return found;
  throw new UsageError(`accel: expected ${ACCELS.join(' or ')}, got '${accel}'`);
}
