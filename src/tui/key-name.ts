/** Keys as Ink reports them, by the names that the table of keys uses. */

import type { Key } from 'ink';

const NAMED: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'Up'],
  ['downArrow', 'Down'],
  ['leftArrow', 'Left'],
  ['rightArrow', 'Right'],
  ['pageUp', 'PgUp'],
  ['pageDown', 'PgDn'],
  ['return', 'Enter'],
  ['escape', 'Esc'],
  ['backspace', 'Backspace'],
  // Ink's name for what most terminals send for Backspace.
  ['delete', 'Backspace'],
];

/** One key, or the characters of what was pasted. */
export function keyName(input: string, key: Key): string[] {
  if (key.tab) return [key.shift ? 'Shift-Tab' : 'Tab'];
  if (input === '[11~' || input === 'OP') return ['F1'];
  const named = NAMED.find(([flag]) => key[flag]);
  if (named) return [named[1]];
  if (key.ctrl) return [`Ctrl-${input.toUpperCase()}`];
  return [...input].flatMap((char) => {
    if (char === '\r' || char === '\n') return ['Enter'];
    return char < ' ' ? [] : [char];
  });
}
