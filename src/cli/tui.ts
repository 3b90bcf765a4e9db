/** `retrovisor tui`: not there yet. Left out of the help, but whoever types it gets an answer. */

import type { Cli } from './command.ts';
import { notInThisVersion } from './errors.ts';

export function addTui(cli: Cli): void {
  cli.program
    .command('tui', { hidden: true })
    .description('time travel in the terminal')
    .argument('[file]')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((file: string | undefined) => {
      const recording = file ?? 'FILE';
      throw notInThisVersion(
        "'retrovisor tui'",
        `'retrovisor replay ${recording} --to MARK' shows the guest at any point`,
      );
    });
}
