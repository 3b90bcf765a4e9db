/**
 * What a person types for the guest: stdin, raw if it is a terminal, with the Ctrl-A escape. Bytes
 * wait here until the guest's UART has room for them. However the process ends, the terminal gets
 * its old mode back.
 */

import type { ReadStream } from 'node:tty';
import { CONSOLE_HELP, ConsoleEscape } from './console-escape.ts';
import { writeAll } from './output.ts';

export class ConsoleInput {
  readonly #stdin: ReadStream | undefined;
  readonly #escape = new ConsoleEscape();
  readonly #restore = () => this.#setRaw(false);
  #queue: number[] = [];
  #sent = 0;
  #wake: (() => void) | undefined;
  #exitAsked = false;
  /** Called when Ctrl-A x is typed. */
  onExit: (() => void) | undefined;
  #ended = false;

  /** With `listen` false nothing is read: the console is not on stdio. */
  constructor(listen: boolean) {
    if (!listen) {
      this.#ended = true;
      return;
    }
    this.#stdin = process.stdin;
    this.#setRaw(true);
    process.once('exit', this.#restore);
    this.#stdin.on('data', this.#onData);
    this.#stdin.on('end', this.#onEnd);
    // A stdin that was closed or cannot be read is one without input.
    this.#stdin.on('error', this.#onEnd);
  }

  /** A person sits there: time passes as by the wall clock while the guest is idle. */
  get interactive(): boolean {
    return this.#stdin?.isTTY === true;
  }

  /** Ctrl-A x was typed. */
  get exitAsked(): boolean {
    return this.#exitAsked;
  }

  /** Nothing more will come; something may still be pending. */
  get ended(): boolean {
    return this.#ended;
  }

  get #pending(): number {
    return this.#queue.length - this.#sent;
  }

  get hasPending(): boolean {
    return this.#pending > 0;
  }

  /** The next bytes for the guest, `limit` at the most. */
  take(limit: number): Uint8Array {
    const bytes = Uint8Array.from(this.#queue.slice(this.#sent, this.#sent + limit));
    this.#sent += bytes.length;
    if (this.#sent > 4096 || this.#pending === 0) {
      this.#queue = this.#queue.slice(this.#sent);
      this.#sent = 0;
    }
    return bytes;
  }

  /** Waits for something new to be typed, `timeoutMs` at the most. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#exitAsked || this.#ended) return;
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(timeoutMs) ? setTimeout(resolve, timeoutMs) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Ends a `wait` from elsewhere: a signal has come. */
  interruptWait(): void {
    this.#wake?.();
  }

  close(): void {
    this.#stdin?.off('data', this.#onData);
    this.#stdin?.off('end', this.#onEnd);
    this.#stdin?.off('error', this.#onEnd);
    this.#stdin?.pause();
    this.#setRaw(false);
    process.off('exit', this.#restore);
  }

  readonly #onData = (data: Buffer): void => {
    // The escape key is a terminal's; bytes from a file or a pipe all belong to the guest.
    if (!this.interactive) {
      for (const byte of data) this.#queue.push(byte);
    } else {
      const { bytes, commands } = this.#escape.feed(data);
      this.#queue.push(...bytes);
      for (const command of commands) {
        if (command === 'exit') {
          this.#exitAsked = true;
          this.onExit?.();
        } else if (command === 'help') writeAll(2, `\r\n${CONSOLE_HELP.join('\r\n')}\r\n`);
        else writeAll(2, '\r\nthere is no monitor in this version; Ctrl-A h helps\r\n');
      }
    }
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  #setRaw(raw: boolean): void {
    if (this.#stdin?.isTTY === true) this.#stdin.setRawMode(raw);
  }
}
