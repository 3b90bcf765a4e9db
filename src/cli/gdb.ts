/** `retrovisor gdb`: not there yet. Left out of the help, but whoever types it gets an answer. */

import type { Cli } from './command.ts';
import { notInThisVersion } from './errors.ts';

export function addGdb(cli: Cli): void {
  cli.program
    .command('gdb', { hidden: true })
    .description('serve a recording to gdb')
    .argument('[file]')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((file: string | undefined) => {
      const recording = file ?? 'FILE';
      throw notInThisVersion(
        "'retrovisor gdb'",
        `'retrovisor replay ${recording} --to MARK' shows the guest at any point`,
      );
    });
}
