/**
 * What the guest prints, for the client's console: each line when the guest first gets past it, tied
 * to its moment. The tie is a `source` whose number stands for the mark; a client that opens it (by a
 * click on the line's end) asks for that source, and the guest goes there.
 */

import { compareMarks, formatMark, type Mark } from '../target/index.ts';
import type { DapTarget } from './host.ts';
import type { Outlet } from './session.ts';

/** Source numbers of moments begin here. */
const MOMENTS = 1_000_000;
/** A jump over more than this shows the end of it. */
const SHOWN_MAX = 64 * 1024;

export class ConsoleOutput {
  readonly #target: DapTarget;
  readonly #out: Outlet;
  /** Bytes of the guest's console that have been shown. */
  #shown = 0;
  readonly #moments: Mark[] = [];

  constructor(target: DapTarget, out: Outlet) {
    this.#target = target;
    this.#out = out;
  }

  /** The session begins here: what came before is in the console view, and is not said. */
  begin(): void {
    this.#shown = this.#target.recording.consoleAt(this.#target.mark).length;
  }

  /** The guest stands at a mark. */
  passed(mark: Mark): void {
    const bytes = this.#target.recording.consoleAt(mark);
    let from = this.#shown;
    if (bytes.length <= from) return;
    this.#shown = bytes.length;
    if (bytes.length - from > SHOWN_MAX) {
      from = bytes.length - SHOWN_MAX;
      this.#say('… (more than is shown here: see the guest console)\n');
    }
    while (from < bytes.length) {
      const newline = bytes.indexOf(0x0a, from);
      const to = newline < 0 ? bytes.length : newline + 1;
      const text = Buffer.from(bytes.subarray(from, to)).toString('utf8').replace(/\r/g, '');
      this.#say(text, this.#target.recording.consoleMark(to), 'stdout');
      from = to;
    }
  }

  /** A log point's message. */
  logged(text: string, mark: Mark): void {
    this.#say(`${text}\n`, mark, 'console');
  }

  /** The mark that a source number stands for. */
  moment(reference: number): Mark | undefined {
    return this.#moments[reference - MOMENTS];
  }

  /** What that source shows: the console as it was then. */
  textAt(mark: Mark): string {
    const bytes = this.#target.recording.consoleAt(mark);
    return Buffer.from(bytes).toString('utf8').replace(/\r/g, '');
  }

  #say(output: string, mark?: Mark, category = 'console'): void {
    this.#out.event('output', {
      category,
      output,
      ...(mark && {
        source: {
          name: `@${formatMark(mark)}`,
          sourceReference: this.#reference(mark),
          origin: 'the moment it was printed',
        },
        line: 1,
        data: { mark: formatMark(mark) },
      }),
    });
  }

  #reference(mark: Mark): number {
    const last = this.#moments.at(-1);
    if (!last || compareMarks(last, mark) !== 0) this.#moments.push(mark);
    return MOMENTS + this.#moments.length - 1;
  }
}
