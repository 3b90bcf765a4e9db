/**
 * One line on stderr that is drawn over itself, on a terminal only. It first appears after half a
 * second, so that quick commands stay silent, and is gone when the command ends.
 */

import { duration, percent, short } from './format.ts';
import { type Output, writeAll } from './output.ts';

const FIRST_MS = 500;
const EVERY_MS = 100;
const BAR_COLUMNS = 24;

export class Progress {
  readonly #title: string;
  readonly #total: number;
  readonly #enabled: boolean;
  readonly #startedMs = performance.now();
  #drawnMs = 0;
  #visible = false;

  /** `total` is the icount at which the bar is full. */
  constructor(output: Output, title: string, total: number) {
    this.#title = title;
    this.#total = total;
    this.#enabled =
      process.stderr.isTTY === true && !output.options.quiet && process.env['TERM'] !== 'dumb';
  }

  update(done: number): void {
    if (!this.#enabled) return;
    const nowMs = performance.now();
    if (nowMs - this.#startedMs < FIRST_MS || nowMs - this.#drawnMs < EVERY_MS) return;
    this.#drawnMs = nowMs;
    this.#visible = true;
    const line = progressLine(this.#title, done, this.#total, (nowMs - this.#startedMs) / 1000);
    const columns = process.stderr.columns ?? 80;
    writeAll(2, `\r${line.slice(0, columns - 1)}\x1b[K`);
  }

  end(): void {
    if (this.#visible) writeAll(2, '\r\x1b[K');
    this.#visible = false;
  }
}

/** "replaying  [=======>        ]  45.0 %  1.2 G of 2.7 G  eta 12 s" */
export function progressLine(title: string, done: number, total: number, seconds: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const filled = Math.floor(share * BAR_COLUMNS);
  const head = filled < BAR_COLUMNS ? '>' : '';
  const bar = ('='.repeat(filled) + head).padEnd(BAR_COLUMNS);
  const eta = share > 0.01 ? `  eta ${duration((seconds / share) * (1 - share))}` : '';
  return `${title}  [${bar}]  ${percent(share)}  ${short(done)} of ${short(total)}${eta}`;
}
