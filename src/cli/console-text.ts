/**
 * What a person would see on the serial console, as plain text lines: escape sequences are left
 * out, carriage return and backspace do what they do. No terminal emulation beyond that.
 */

/**
 * CSI sequences (ECMA-48 §5.4: parameters and intermediates 20..3F, a final byte 40..7E), OSC up to
 * BEL or ST, and two-character ones; cut off at the end as well.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const ESCAPES = /\x1b(?:\[[\x20-\x3f]*(?:[\x40-\x7e]|$)|\][^\x07\x1b]*(?:\x07|\x1b\\|$)|.|$)/gs;
const TAB_COLUMNS = 8;

/** `limit` is how many lines to keep, from the end. */
export function consoleText(printed: string, limit = Number.POSITIVE_INFINITY): string[] {
  const lines = printed.replace(ESCAPES, '').split('\n').map(settle);
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-Math.min(limit, lines.length));
}

/** One line as its carriage returns and backspaces left it. */
function settle(line: string): string {
  const cells: string[] = [];
  let column = 0;
  for (const char of line) {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\r') column = 0;
    else if (char === '\b') column = Math.max(0, column - 1);
    else if (char === '\t') {
      const next = column + TAB_COLUMNS - (column % TAB_COLUMNS);
      while (column < next) cells[column++] ??= ' ';
    } else if (code >= 0x20 && code !== 0x7f) cells[column++] = char;
  }
  return cells.join('').trimEnd();
}
