/** What `?` shows: the tables of keys and of commands. */

import { COMMANDS } from './commands.ts';
import type { Group } from './keys.ts';
import { type Line, line, span } from './text.ts';

const KEY_COLUMNS = 16;
const COMMAND_COLUMNS = 30;

export function helpLines(groups: readonly Group[]): Line[] {
  const found: Line[] = [];
  for (const { title, bindings } of groups) {
    found.push(line(title, 'focus'));
    for (const { keys, help } of bindings) {
      found.push([span(`  ${keys.join(' ')}`.padEnd(KEY_COLUMNS), 'strong'), span(help)]);
    }
    found.push([]);
  }
  found.push(line('Commands, after :', 'focus'));
  for (const { usage, help } of COMMANDS) {
    found.push([span(`  ${usage}`.padEnd(COMMAND_COLUMNS), 'strong'), span(help)]);
  }
  return [
    ...found,
    [],
    line('A MARK is an icount (1.5M, 1234567+2), a share (50%), exit:N, irq:N, console:"TEXT",'),
    line('start, end or a bookmark. An EXPR is C over registers, symbols and memory: [rbp+8],'),
    line('dword[x]. A FILTER is that of retrovisor exits: com1 and value&0x20.'),
  ];
}
