/** What all subcommands share: the common options, and how an action's status gets out. */

import type { Command } from 'commander';
import type { ExitStatus } from './errors.ts';
import { Output } from './output.ts';

/** The program under construction. Each subcommand's file adds itself. */
export interface Cli {
  readonly program: Command;
  /** What the action returned; commander has no way of its own to carry it. */
  status: ExitStatus;
}

interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

/** Flags that may also stand before the subcommand's name. */
export const COMMON_FLAGS: readonly string[] = ['--json', '-q', '--quiet', '--no-color'];

/**
 * Finishes a subcommand: common options last in the help, examples after them, and the action.
 * `act` gets the operands as typed, the command's options and where to write.
 */
export function finish<Options extends object>(
  cli: Cli,
  command: Command,
  examples: readonly string[],
  act: (operands: readonly string[], options: Options, output: Output) => Promise<ExitStatus>,
): void {
  command
    .optionsGroup('Common options:')
    .option('--json', 'print one JSON document on stdout and nothing else')
    .option('-q, --quiet', 'no progress, no summary')
    .option('--no-color', 'no color (NO_COLOR does the same)')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', ['', 'Examples:', ...examples.map((line) => `  $ ${line}`)].join('\n'))
    .action(async () => {
      const options = command.opts<Options & CommonOptions>();
      const output = new Output({
        json: options.json === true,
        quiet: options.quiet === true,
        color: options.color !== false,
      });
      cli.status = await act(command.processedArgs as string[], options, output);
    });
}
