/**
 * What a person would see on the serial console, as plain text lines: escape sequences are left
 * out, carriage return and backspace do what they do. No terminal emulation beyond that.
 */

const ESCAPE = 0x1b;
const TAB_COLUMNS = 8;

/** `limit` is how many lines to keep, from the end. */
export function consoleText(bytes: Uint8Array, limit = Number.POSITIVE_INFINITY): string[] {
  const text = Buffer.from(withoutEscapes(bytes)).toString('utf8');
  const lines = text.split('\n').map(settle);
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

/** Drops ESC sequences: CSI (ECMA-48 §5.4), OSC up to BEL or ST, and two-character ones. */
function withoutEscapes(bytes: Uint8Array): number[] {
  const kept: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte !== ESCAPE) {
      kept.push(byte);
      continue;
    }
    const next = bytes[++i];
    if (next === 0x5b) {
      // Parameters and intermediates are 20..3F, the final byte 40..7E.
      do i++;
      while (i < bytes.length && (bytes[i] ?? 0) < 0x40);
    } else if (next === 0x5d) {
      while (i < bytes.length && bytes[i] !== 0x07 && bytes[i] !== ESCAPE) i++;
      if (bytes[i] === ESCAPE) i++;
    }
  }
  return kept;
}
