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
import { UsageError } from './errors.ts';
import type { Accel } from './guest-options.ts';
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
        const [file] = [args.symbols ?? []].flat();
        const symbols = file === undefined ? undefined : placed(file, args);
        const names = guestNames({ command: 'symbols', recording, path, symbols });
        return {
          ...{ target, program: bareProgram(names.table), name: path.split('/').at(-1) ?? path },
          close: async () => recording.close(),
        };
      });
    } catch (error) {
      recording.close();
      throw error;
    }
  }

  async launch(_args: LaunchArguments, _control: OpenControl): Promise<Opened> {
    throw new UsageError('launch is not there yet');
  }
}

const placed = (path: string, { cwd }: CommonArguments): string =>
  isAbsolute(path) ? path : resolve(cwd ?? process.cwd(), path);

function accelOf({ accel = 'jit' }: CommonArguments): Accel {
  const found = ACCELS.find((one) => one === accel);
  if (found) return found;
  throw new UsageError(`accel: expected ${ACCELS.join(' or ')}, got '${accel}'`);
}
