/** The lines that a guest prints on its first serial port, each with when it began and ended. */

import { ConsoleTap } from '../trace/console.ts';
import type { Frame } from '../trace/frame.ts';

export interface ConsoleLine {
  readonly text: string;
  /** Ticks of its first and last byte. */
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 0x0a;

export class ConsoleLines {
  readonly #tap = new ConsoleTap();
  #bytes: number[] = [];
  #start = 0;

  /** The line that this frame ended, if it did. */
  add(frame: Frame, ticks: number): ConsoleLine | undefined {
    if (frame.kind !== 'exit' || frame.exit.kind !== 'pio' || frame.exit.dir !== 'out')
      return undefined;
    const byte = this.#tap.write(frame.exit.port, frame.exit.value);
    if (byte === undefined) return undefined;
    if (this.#bytes.length === 0) this.#start = ticks;
    if (byte !== NEWLINE) {
      this.#bytes.push(byte);
      return undefined;
    }
    const text = Buffer.from(this.#bytes).toString('utf8').trimEnd();
    this.#bytes = [];
    return { text, start: this.#start, end: ticks };
  }
}
