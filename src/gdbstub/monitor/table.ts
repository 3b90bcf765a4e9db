/** All `monitor` commands, and the line that calls one. */

import { MarkError, type WorkControl } from '../../target/index.ts';
import type { Stub } from '../stub.ts';
import { type MonitorCommand, MonitorError } from './command.ts';
import { inspectCommands } from './inspect.ts';
import { travelCommands } from './travel.ts';

const help: MonitorCommand = {
  name: 'help',
  help: 'this list',
  run: () =>
    MONITOR_COMMANDS.map(
      ({ name, operands = '', help: text }) => `${`${name} ${operands}`.padEnd(24)} ${text}`,
    ).join('\n'),
};

export const MONITOR_COMMANDS: readonly MonitorCommand[] = [
  help,
  ...travelCommands,
  ...inspectCommands,
];

/** QEMU's and rr's words for the same, where they are others. */
const ALIASES: Readonly<Record<string, string>> = {
  'info registers': 'registers',
  'info tlb': 'tlb',
  'info mem': 'tlb',
  'info replay': 'when',
  'info checkpoints': 'bookmarks',
  'info bookmarks': 'bookmarks',
  gva2gpa: 'page-walk',
  restart: 'seek',
  'seek-ticks': 'seek',
  replay_seek: 'seek',
  'elapsed-time': 'when',
  'when-ticks': 'when',
  'delete checkpoint': 'unbookmark',
};

/** What it shows, each line ended. Never throws for what a person can type. */
export async function monitor(stub: Stub, line: string, control: WorkControl): Promise<string> {
  const words = line.trim().split(/\s+/).filter(Boolean);
  const alias = Object.keys(ALIASES).find((known) =>
    ` ${words.join(' ')} `.startsWith(` ${known} `),
  );
  const spelled = alias ? [ALIASES[alias]!, ...words.slice(alias.split(' ').length)] : words;
  const [name = 'help', ...operands] = spelled;
  const command = find(name);
  if (typeof command === 'string') return `${command}\n`;
  try {
    return `${await command.run(stub, operands, control)}\n`;
  } catch (error) {
    if (error instanceof MonitorError || error instanceof MarkError) return `${error.message}\n`;
    throw error;
  }
}

/** A command by its name or an unmistakable beginning of it; or what is wrong. */
function find(name: string): MonitorCommand | string {
  const exact = MONITOR_COMMANDS.find((command) => command.name === name);
  if (exact) return exact;
  const begun = MONITOR_COMMANDS.filter((command) => command.name.startsWith(name));
  if (begun.length === 1) return begun[0]!;
  if (begun.length > 1) return `${name}: expected one of ${begun.map((c) => c.name).join(' ')}`;
  return `no command ${JSON.stringify(name)}; 'monitor help' lists them`;
}
