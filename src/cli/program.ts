/**
 * The command line as a whole: builds the commander program, runs one subcommand and turns
 * whatever went wrong into one line on stderr and an exit status.
 */

import { Command, CommanderError } from 'commander';
import { addBench } from './bench.ts';
import { type Cli, COMMON_FLAGS } from './command.ts';
import { addCompletion } from './completion.ts';
import { addDap } from './dap.ts';
import { type ExitStatus, oneLine, statusOf } from './errors.ts';
import { addExits } from './exits.ts';
import { addGdb } from './gdb.ts';
import { addInfo } from './info.ts';
import { ReaderGone, writeAll } from './output.ts';
import { version } from './package-root.ts';
import { addRecord } from './record.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';
import { addTui } from './tui.ts';

const DESCRIPTION = 'Record an x86 guest, replay it bit for bit, step it backwards.';

const AFTER_HELP = `
A MARK is an icount (1234567, 1.5G), a share (50%), an event (exit:1000, irq:20,
console:"login:"), start or end.

Exit status: 0 done, 1 the guest or the replay failed, 2 wrong usage or unusable
input, 130 interrupted. Ctrl-A x ends a guest on the console, as in QEMU.

Examples:
  $ retrovisor record --kernel vmlinuz --append console=ttyS0 -o boot.retro
  $ retrovisor replay boot.retro --verify
  $ retrovisor replay boot.retro --to 'console:"INIT-OK"'`;

export function createCli(): Cli {
  const program = new Command('retrovisor');
  const cli: Cli = { program, status: 0 };
  program
    .description(DESCRIPTION)
    .usage('COMMAND [options]')
    .version(version(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', AFTER_HELP)
    .configureHelp({ styleTitle: (text) => text })
    .configureOutput({ writeOut: (text) => writeAll(1, text), writeErr: () => {} })
    .showSuggestionAfterError(true)
    .exitOverride();
  addRecord(cli);
  addRun(cli);
  addReplay(cli);
  addTui(cli);
  addGdb(cli);
  addDap(cli);
  addExits(cli);
  addInfo(cli);
  addBench(cli);
  addCompletion(cli);
  return cli;
}

/** Runs one command line, without the interpreter and the script's name. */
export async function runCli(argv: readonly string[]): Promise<ExitStatus> {
  const cli = createCli();
  const args = arrange(argv);
  try {
    if (args.length === 0) cli.program.outputHelp();
    else await cli.program.parseAsync(args, { from: 'user' });
    return cli.status;
  } catch (error) {
    if (error instanceof ReaderGone) return 0;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      complain(usageLine(error, commandName(cli, args)));
      return 2;
    }
    report(error);
    return statusOf(error);
  }
}

/** `retrovisor FILE.retro` opens it; `retrovisor --json info F` is `retrovisor info --json F`. */
export function arrange(argv: readonly string[]): string[] {
  const at = argv.findIndex((arg) => !COMMON_FLAGS.includes(arg));
  const first = argv[at];
  if (first === undefined) return at < 0 && argv.length > 0 ? ['--help'] : [...argv];
  if (first.endsWith('.retro')) return ['tui', ...argv];
  if (at === 0 || first.startsWith('-')) return [...argv.slice(Math.max(at, 0))];
  return [first, ...argv.slice(0, at), ...argv.slice(at + 1)];
}

function commandName(cli: Cli, args: readonly string[]): string {
  const known = cli.program.commands.find((c) => c.name() === args[0]);
  return known ? `retrovisor ${known.name()}` : 'retrovisor';
}

/** Commander's message (`error: unknown option '--kernal'\n(Did you mean --kernel?)`) as one line. */
export function usageLine(error: CommanderError, command: string): string {
  const text = error.message
    .replace(/^error: /, '')
    .replace(/^command-argument value (.*) is invalid for argument '(\w+)'\./s, '$2 $1 is invalid:')
    .replace(/ is invalid\. (\w)/, (_, first: string) => ` is invalid: ${first.toLowerCase()}`)
    .replace(/\.?\s*\n\s*\(Did you mean (.*?)\?\)/s, '; did you mean $1?');
  return `${command}: ${oneLine(text)} (see '${command} --help')`;
}

/** Every error is one line; the stack of a bug of ours is for those who ask for it. */
export function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const ours = error instanceof Error && 'status' in error;
  complain(`retrovisor: ${ours ? '' : 'internal error: '}${oneLine(message)}`);
  if (!ours && process.env['RETROVISOR_DEBUG'] && error instanceof Error) {
    complain(error.stack ?? '');
  }
}

function complain(line: string): void {
  try {
    writeAll(2, line + '\n');
  } catch {
    // Nobody is left to be told.
  }
}
