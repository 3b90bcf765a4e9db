/**
 * Where the guest's serial console goes: stdout (stderr under `--json`), a file, or nowhere. Bytes
 * are gathered and written a slice at a time.
 */

import { closeSync, openSync } from 'node:fs';
import { FailureError, reasonOf, UsageError } from './errors.ts';
import type { SerialTarget } from './guest-options.ts';
import { type Output, writeAll } from './output.ts';

const BUFFER_BYTES = 64 * 1024;

export class ConsoleOutput {
  readonly #fd: number | undefined;
  readonly #path: string | undefined;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #lastByte = 0x0a;

  constructor(target: SerialTarget, output: Output) {
    if (target.kind === 'stdio') this.#fd = output.json ? 2 : 1;
    if (target.kind !== 'file') return;
    this.#path = target.path;
    try {
      this.#fd = openSync(target.path, 'w');
    } catch (error) {
      throw new UsageError(
        `--serial expects a file that can be written: '${target.path}': ${reasonOf(error)}`,
      );
    }
  }

  /** The guest sent a byte. */
  byte(value: number): void {
    this.#lastByte = value;
    if (this.#fd === undefined) return;
    if (this.#used === BUFFER_BYTES) this.flush();
    this.#buffer[this.#used++] = value;
  }

  flush(): void {
    if (this.#used === 0 || this.#fd === undefined) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    try {
      writeAll(this.#fd, bytes);
    } catch (error) {
      if (this.#path === undefined) throw error;
      throw new FailureError(`--serial cannot write to '${this.#path}': ${reasonOf(error)}`);
    }
  }

  /** Flushes; on a terminal, what is printed next starts on a line of its own. */
  close(): void {
    this.flush();
    if (this.#path !== undefined && this.#fd !== undefined) closeSync(this.#fd);
    else if (this.#fd !== undefined && this.#lastByte !== 0x0a && process.stderr.isTTY) {
      writeAll(2, '\n');
    }
  }
}
