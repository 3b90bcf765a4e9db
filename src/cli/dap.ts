/** `retrovisor dap`: not there yet. Left out of the help, but whoever types it gets an answer. */

import type { Cli } from './command.ts';
import { notInThisVersion } from './errors.ts';

export function addDap(cli: Cli): void {
  cli.program
    .command('dap', { hidden: true })
    .description('Debug Adapter Protocol, for editors')
    .argument('[file]')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((file: string | undefined) => {
      const recording = file ?? 'FILE';
      throw notInThisVersion(
        "'retrovisor dap'",
        `'retrovisor replay ${recording} --to MARK' shows the guest at any point`,
      );
    });
}
