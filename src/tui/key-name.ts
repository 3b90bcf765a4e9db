/**
 * Keys as terminals send them (XTerm Control Sequences, "PC-Style Function Keys"; ECMA-48 for the
 * rest), by the names that the table of keys uses. Ink takes escape sequences apart from text; what it
 * makes of them afterwards loses which function key it was, and keys that come together.
 */

const SEQUENCES: Readonly<Record<string, string>> = {
  '\x1b': 'Esc',
  '\x1b\x1b': 'Esc',
  ...{ '\x1b[A': 'Up', '\x1b[B': 'Down', '\x1b[C': 'Right', '\x1b[D': 'Left' },
  ...{ '\x1bOA': 'Up', '\x1bOB': 'Down', '\x1bOC': 'Right', '\x1bOD': 'Left' },
  ...{ '\x1b[5~': 'PgUp', '\x1b[6~': 'PgDn', '\x1b[Z': 'Shift-Tab' },
  ...{ '\x1b[H': 'Home', '\x1bOH': 'Home', '\x1b[1~': 'Home', '\x1b[7~': 'Home' },
  ...{ '\x1b[F': 'End', '\x1bOF': 'End', '\x1b[4~': 'End', '\x1b[8~': 'End' },
  ...{ '\x1b[3~': 'Delete', '\x1bOP': 'F1', '\x1b[11~': 'F1', '\x1b[[A': 'F1' },
};
const CONTROL: Readonly<Record<string, string>> = {
  ...{ '\r': 'Enter', '\n': 'Enter', '\t': 'Tab', '\x7f': 'Backspace', '\b': 'Backspace' },
};
const CTRL = 0x40;

/** A sequence, or text that was typed fast or pasted. */
export function keyNames(input: string): string[] {
  if (input.startsWith('\x1b')) return SEQUENCES[input] === undefined ? [] : [SEQUENCES[input]];
  return [...input].flatMap((char) => {
    const named = CONTROL[char];
    if (named !== undefined) return [named];
    if (char >= ' ') return [char];
    return char === '\0' ? [] : [`Ctrl-${String.fromCharCode(char.charCodeAt(0) + CTRL)}`];
  });
}
