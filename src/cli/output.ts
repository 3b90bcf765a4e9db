/**
 * Where a command writes. Results go to stdout; messages, progress and errors to stderr. With
 * `--json` stdout carries exactly one JSON document, and messages are left out.
 */

import { writeSync } from 'node:fs';
import { styleText } from 'node:util';
import { errorCode } from './errors.ts';

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** False after `--no-color`. */
  readonly color: boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** NO_COLOR (no-color.org) wins over FORCE_COLOR; otherwise color is for terminals only. */
export function wantsColor(stream: { isTTY?: boolean }, options: OutputOptions): boolean {
  const env = process.env;
  if (!options.color || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return (env['FORCE_COLOR'] ?? '') !== '' || stream.isTTY === true;
}

/**
 * Writes all of `bytes` at once. Synchronous, so that a process which ends or is killed next has
 * said what it had to say; EAGAIN is a non-blocking pipe whose reader is slow.
 */
export function writeAll(fd: number, bytes: Uint8Array | string): void {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  for (let at = 0; at < data.length; ) {
    try {
      at += writeSync(fd, data, at, data.length - at);
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') {
        Atomics.wait(SLEEP, 0, 0, 1);
        continue;
      }
      if (errorCode(error) === 'EPIPE') throw new ReaderGone();
      throw error;
    }
  }
}
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/** Whoever read our output has gone (`retrovisor exits x.retro | head`): end quietly. */
export class ReaderGone extends Error {}

export class Output {
  readonly options: OutputOptions;

  constructor(options: OutputOptions) {
    this.options = options;
  }

  get json(): boolean {
    return this.options.json;
  }

  /** A line of the command's result, for people. Nothing under `--json`. */
  line(text = ''): void {
    if (!this.json) writeAll(1, text + '\n');
  }

  /** The command's one JSON document. */
  document(value: unknown): void {
    if (this.json) writeAll(1, JSON.stringify(value, jsonNumber) + '\n');
  }

  /** Something worth knowing that is not the result: stderr, and not under `--json` or `--quiet`. */
  note(text: string): void {
    if (!this.json && !this.options.quiet) writeAll(2, text + '\n');
  }

  style(style: Style | readonly Style[], text: string, stream: 'stdout' | 'stderr' = 'stdout') {
    if (!wantsColor(process[stream], this.options)) return text;
    return styleText(style as Parameters<typeof styleText>[0], text, { validateStream: false });
  }
}

/** JSON has no 64-bit integers that survive a JavaScript reader: bigints are hex strings. */
function jsonNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}
