/**
 * What the guest printed as labels on the timeline: lines at the places where they were ended. Which of
 * many to show is a matter of room and of what they say.
 */

import type { TuiTarget } from './travel.ts';

export interface Milestone {
  readonly icount: number;
  readonly text: string;
  /** Greater ones get room first. */
  readonly weight: number;
}

const LINES_MAX = 20_000;
const TEXT_MAX = 60;
const NEWLINE = 0x0a;

/** What people look for in a boot, or in a crash. */
const WEIGHTS: readonly (readonly [RegExp, number])[] = [
  [/panic|Oops|BUG|double fault|triple fault|segfault|\*\*\*|assert/i, 5],
  [/error|fail|warning|unable/i, 3],
  [/Linux version|Run \S+ as init|login:|Welcome|Power down|reboot|halted|DONE|OK\b/i, 4],
  [/Memory:|Freeing|Unpacking|Calibrating|mount|Booting/i, 2],
];

export class Milestones {
  readonly #target: TuiTarget;
  #lines: readonly Milestone[] = [];
  #known: object | undefined;

  constructor(target: TuiTarget) {
    this.#target = target;
  }

  /** More of the recording has been read. */
  forget(): void {
    this.#known = undefined;
  }

  /** In order of time. Of what has been read of the recording. */
  get lines(): readonly Milestone[] {
    const { recording } = this.#target;
    if (this.#known !== recording) {
      this.#known = recording;
      this.#lines = milestones(recording.consoleRead());
    }
    return this.#lines;
  }

  /** Labels that fit on `columns` columns: each with its column and its text, not overlapping. */
  placed(
    columns: number,
    columnOf: (icount: number) => number,
  ): { readonly column: number; readonly text: string }[] {
    const room: { readonly column: number; readonly text: string }[] = [];
    const free = new Array<boolean>(columns).fill(true);
    const candidates = this.lines
      .map((line) => ({ ...line, column: columnOf(line.icount) }))
      .filter(({ column }) => column >= 0 && column < columns)
      .sort((a, b) => b.weight - a.weight || a.icount - b.icount);
    for (const { column, text } of candidates) {
      if (!free[column] || (column > 0 && !free[column - 1])) continue;
      let width = 0;
      while (width < text.length && column + width < columns && free[column + width]) width++;
      // Something must be left of it to be of use, and a blank behind it.
      const whole = width === text.length;
      const shown = whole ? width : width - 1;
      if (shown < Math.min(text.length, LEAST)) continue;
      for (let i = 0; i <= shown && column + i < columns; i++) free[column + i] = false;
      room.push({ column, text: text.slice(0, shown) });
      if (!free.includes(true)) break;
    }
    return room.sort((a, b) => a.column - b.column);
  }
}

const LEAST = 6;

function milestones({
  bytes,
  icountOf,
}: {
  readonly bytes: Uint8Array;
  readonly icountOf: (i: number) => number;
}): Milestone[] {
  const found: Milestone[] = [];
  let start = 0;
  for (let i = 0; i < bytes.length && found.length < LINES_MAX; i++) {
    if (bytes[i] !== NEWLINE) continue;
    const text = readable(bytes.subarray(start, i));
    if (text !== '') found.push({ icount: icountOf(i), text, weight: weightOf(text) });
    start = i + 1;
  }
  return found;
}

/** Without colors, and without the kernel's time stamps: the place says when. */
function readable(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes)
      .toString('utf8')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/\x1b\[[0-9;?]*[A-Za-z]|\p{Cc}/gu, '')
      .replace(/^\[ *\d+\.\d+\] /, '')
      .trim()
      .slice(0, TEXT_MAX)
  );
}

const weightOf = (text: string): number =>
  WEIGHTS.find(([pattern]) => pattern.test(text))?.[1] ?? 1;
