/**
 * `retrovisor completion bash|zsh|fish`: a completion script, written from the command table so
 * that it cannot fall behind it.
 */

import { type Command, InvalidArgumentError, type Option } from 'commander';
import { type Cli, finish } from './command.ts';
import type { Output } from './output.ts';
import { writeAll } from './output.ts';

const SHELLS = { bash, zsh, fish } as const;
type Shell = keyof typeof SHELLS;

export function addCompletion(cli: Cli): void {
  const command = cli.program
    .command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', 'bash, zsh or fish', parseShell);
  const examples = [
    'source <(retrovisor completion bash)',
    'retrovisor completion zsh > ~/.zfunc/_retrovisor',
    'retrovisor completion fish > ~/.config/fish/completions/retrovisor.fish',
  ];
  finish(cli, command, examples, async (operands, _options, output: Output) => {
    const shell = operands[0] as Shell;
    const script = SHELLS[shell](entries(cli.program));
    if (output.json) output.document({ shell, script });
    else writeAll(1, script);
    return 0;
  });
}

function parseShell(text: string): Shell {
  if (text in SHELLS) return text as Shell;
  throw new InvalidArgumentError('expected bash, zsh or fish');
}

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionEntry[];
}
interface OptionEntry {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
}

/** The visible commands with their visible options. */
function entries(program: Command): Entry[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      options: command.options.filter((option) => !option.hidden).map(optionEntry),
    }));
}

function optionEntry(option: Option): OptionEntry {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  return { flags, description: option.description, takesValue: option.required };
}

function bash(all: readonly Entry[]): string {
  const cases = all.map((entry) => {
    const words = entry.options.flatMap((option) => option.flags);
    return `    ${entry.name}) words="${[...words, '--help'].join(' ')}" ;;`;
  });
  return `# bash completion for retrovisor
_retrovisor() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [[ $COMP_CWORD -eq 1 ]]; then
    words="${all.map((entry) => entry.name).join(' ')} --help --version"
    COMPREPLY=( $(compgen -W "$words" -- "$word") $(compgen -f -X '!*.retro' -- "$word") )
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=( $(compgen -W "$words" -- "$word") )
  else COMPREPLY=( $(compgen -f -- "$word") ); fi
}
complete -o filenames -F _retrovisor retrovisor
`;
}

function zsh(all: readonly Entry[]): string {
  const quote = (text: string) => text.replace(/'/g, "'\\''").replace(/([[\]:])/g, '\\$1');
  const commands = all.map((entry) => `    '${entry.name}:${quote(entry.description)}'`);
  const cases = all.map((entry) => {
    const options = entry.options.flatMap((option) =>
      option.flags.map(
        (flag) =>
          `'${flag}[${quote(option.description)}]${option.takesValue ? ':value:_files' : ''}'`,
      ),
    );
    return `    ${entry.name}) _arguments ${options.join(' ')} '*:file:_files' ;;`;
  });
  return `#compdef retrovisor
_retrovisor() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _files -g '*.retro'
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_retrovisor" ]; then _retrovisor "$@"; else compdef _retrovisor retrovisor; fi
`;
}

function fish(all: readonly Entry[]): string {
  const quote = (text: string) => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
  const lines = ['# fish completion for retrovisor'];
  for (const entry of all) {
    lines.push(
      `complete -c retrovisor -n __fish_use_subcommand -f -a ${entry.name} -d ${quote(entry.description)}`,
    );
    for (const option of entry.options) {
      const flags = option.flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = option.takesValue ? ' -r' : '';
      lines.push(
        `complete -c retrovisor -n '__fish_seen_subcommand_from ${entry.name}' ${flags.join(' ')}${value} -d ${quote(option.description)}`,
      );
    }
  }
  return lines.join('\n') + '\n';
}
