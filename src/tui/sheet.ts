/**
 * What stands where Ink was given a sign. Ink would take every cell of the screen apart and put it
 * together again, which is most of what a key costs; so each line of a pane is one character to it (from
 * Unicode's private use area, a column wide), Ink places that, and whoever paints its frames puts the
 * line back.
 */

import { columns, type Line, plain } from './text.ts';
import { ansi, type Theme } from './theme.ts';

const FIRST = 0xe000;
const LAST = 0xf8ff;

export class Sheet {
  readonly #lines: { readonly text: string; readonly width: number }[] = [];

  /** Before the lines of the next frame. */
  clear(): void {
    this.#lines.length = 0;
  }

  /** The sign for a line. */
  put(spans: Line, theme: Theme): string {
    const sign = FIRST + this.#lines.length;
    if (sign > LAST) throw new Error('a screen of more lines than there are signs');
    this.#lines.push({ text: ansi(spans, theme), width: columns(plain(spans)) });
    return String.fromCharCode(sign);
  }

  /** A frame of Ink's with all signs replaced; a line covers the blanks that are right of its sign. */
  expand(frame: string): string {
    return frame
      .split('\n')
      .map((row) => this.#expandRow(row))
      .join('\n');
  }

  #expandRow(row: string): string {
    let found = '';
    for (let i = 0; i < row.length; i++) {
      const line = this.#lines[row.charCodeAt(i) - FIRST];
      if (!line) found += row[i];
      else {
        found += line.text;
        i += Math.max(1, line.width) - 1;
      }
    }
    return found;
  }
}
