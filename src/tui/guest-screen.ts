/**
 * The guest's console as it looked at the cursor: a terminal emulator (xterm's) fed with the bytes
 * sent up to there. Going on, it gets the new bytes; going back, it starts over.
 */

import type { Terminal } from '@xterm/headless';
import { type Line, type Span, span } from './text.ts';

const COLUMNS = 80;
const ROWS = 25;
const SCROLLBACK = 2000;
/** Of a console that printed more than this, the beginning has long scrolled away. */
const BYTES_MAX = 1024 * 1024;
const TAIL = 64;

export class GuestScreen {
  /** All there is to see, oldest first; the last line with anything on it ends it. */
  lines: readonly Line[] = [];
  /** Index into `lines` and column. */
  cursor = { line: 0, column: 0 };
  #terminal: Terminal | undefined;
  /** Of what it was fed: how much, and the end of it. */
  #fed = 0;
  #tail: Uint8Array = new Uint8Array(0);

  /** `bytes` is everything the guest sent. */
  async show(bytes: Uint8Array): Promise<void> {
    const goesOn = bytes.length >= this.#fed && endsWith(bytes.subarray(0, this.#fed), this.#tail);
    if (goesOn && bytes.length === this.#fed && this.#terminal) return;
    const terminal = await this.#ready(goesOn);
    const from = goesOn ? this.#fed : 0;
    this.#fed = bytes.length;
    this.#tail = bytes.slice(-TAIL);
    await this.#feed(terminal, bytes.subarray(Math.max(from, bytes.length - BYTES_MAX)));
  }

  /** The guest sends more while one looks. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#fed += bytes.length;
    this.#tail = Uint8Array.from([...this.#tail, ...bytes.subarray(-TAIL)]).slice(-TAIL);
    await this.#feed(await this.#ready(true), bytes);
  }

  async #feed(terminal: Terminal, bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => terminal.write(bytes, resolve));
    this.#read(terminal);
  }

  async #ready(goesOn: boolean): Promise<Terminal> {
    if (this.#terminal && goesOn) return this.#terminal;
    if (this.#terminal) this.#terminal.reset();
    else {
      const { default: xterm } = await import('@xterm/headless');
      this.#terminal = new xterm.Terminal({
        ...{ cols: COLUMNS, rows: ROWS, scrollback: SCROLLBACK },
        ...{ allowProposedApi: true, convertEol: false },
      });
    }
    return this.#terminal;
  }

  #read(terminal: Terminal): void {
    const { active } = terminal.buffer;
    const lines: Line[] = [];
    const cell = active.getNullCell();
    for (let y = 0; y < active.length; y++) {
      const row = active.getLine(y);
      const spans: Span[] = [];
      for (let x = 0; row && x < row.length; x++) {
        row.getCell(x, cell);
        if (cell.getWidth() === 0) continue;
        const tone = cell.isInverse() ? 'selected' : cell.isBold() ? 'strong' : 'plain';
        const chars = cell.getChars() || ' ';
        const last = spans.at(-1);
        if (last?.tone === tone) spans[spans.length - 1] = span(last.text + chars, tone);
        else spans.push(span(chars, tone));
      }
      lines.push(trimmed(spans));
    }
    this.cursor = { line: active.baseY + active.cursorY, column: active.cursorX };
    const last = lines.findLastIndex((spans) => spans.length > 0);
    this.lines = lines.slice(0, Math.max(last, this.cursor.line) + 1);
  }
}

function trimmed(spans: Span[]): Line {
  const last = spans.at(-1);
  if (!last || last.tone === 'selected') return spans;
  const text = last.text.trimEnd();
  return text === '' ? spans.slice(0, -1) : [...spans.slice(0, -1), span(text, last.tone)];
}

/** Both are of one console: it is enough to look at the ends. */
function endsWith(bytes: Uint8Array, tail: Uint8Array): boolean {
  return Buffer.from(bytes.slice(-tail.length || bytes.length)).equals(tail) || tail.length === 0;
}
