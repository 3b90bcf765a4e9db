/**
 * Marks as people write them, on the command line and in a debugger:
 *
 *     1234567  1.5G  20k      an icount (k, M, G are powers of 1000)
 *     1234567+2               an icount and a step, as `formatMark` prints them
 *     50%                     a share of the recording
 *     exit:1000  irq:20       in front of the n-th exit or interrupt of the recording, from 1
 *     console:"login:"        after the first time the guest printed that
 *     start  end              the first and the last place there is
 *     anything else           a bookmark
 */

import { type Gva, gva } from '../engine/units.ts';
import type { ConsoleLog } from '../trace/console.ts';
import { compareMarks, formatMark, type Mark, MarkError, mark } from './mark.ts';
import type { Positions } from './positions.ts';

export interface MarkContext {
  readonly positions: Positions;
  /** Built when first asked for: it reads the whole recording. */
  readonly console: () => ConsoleLog;
  readonly bookmarks: ReadonlyMap<string, Mark>;
}

const SUFFIX: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** The mark that `text` names, at a place where the guest can stand. */
export function resolveMark(text: string, context: MarkContext): Mark {
  const { positions } = context;
  const found = find(text.trim(), context);
  if (compareMarks(found, positions.end) > 0) {
    throw new MarkError(
      `mark ${text}: expected a place up to the end at ${formatMark(positions.end)}, got ${formatMark(found)}`,
    );
  }
  return positions.restFrom(found);
}

function find(text: string, { positions, console, bookmarks }: MarkContext): Mark {
  const bookmark = bookmarks.get(text);
  if (bookmark) return bookmark;
  if (text === 'start') return positions.start;
  if (text === 'end') return positions.end;
  const exact = /^(\d+)(?:\+(\d+)(?:!(\d+)@([0-9a-f]+))?)?$/.exec(text);
  if (exact) return exactMark(text, exact);
  const scaled = /^(\d+(?:\.\d+)?)([kmg])$/i.exec(text);
  if (scaled) return mark(whole(text, Number(scaled[1]) * SUFFIX[scaled[2]!.toLowerCase()]!));
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (share) return shareMark(text, Number(share[1]), positions);
  const event = /^(exit|irq):(\d+)$/.exec(text);
  if (event) return eventMark(text, event[1] as 'exit' | 'irq', Number(event[2]), positions);
  const printed = /^console:(.+)$/s.exec(text);
  if (printed) return consoleMark(text, unquoted(printed[1]!), positions, console());
  throw new MarkError(
    `mark ${JSON.stringify(text)}: expected an icount, a share such as 50%, exit:N, irq:N, console:"TEXT", start, end or a bookmark`,
  );
}

function exactMark(text: string, [, at, step, count, rip]: RegExpExecArray): Mark {
  const plain = mark(whole(text, Number(at)), whole(text, Number(step ?? 0)));
  if (count === undefined || rip === undefined || Number(count) === 0) return plain;
  const handler: Gva = gva(BigInt(`0x${rip}`));
  return { ...plain, landing: { count: whole(text, Number(count)), rip: handler } };
}

function whole(text: string, value: number): number {
  const rounded = Math.round(value);
  if (!Number.isSafeInteger(rounded)) {
    throw new MarkError(`mark ${text}: expected a number below 2^53`);
  }
  return rounded;
}

function shareMark(text: string, percent: number, positions: Positions): Mark {
  if (percent > 100) throw new MarkError(`mark ${text}: expected a share of at most 100%`);
  if (percent === 100) return positions.end;
  return mark(Math.floor((positions.end.icount * percent) / 100));
}

function eventMark(text: string, what: 'exit' | 'irq', n: number, positions: Positions): Mark {
  const { recording } = positions;
  const ordinal = recording.nth(what === 'exit' ? 'exit' : 'interrupt', n);
  if (ordinal === undefined) {
    const total = what === 'exit' ? recording.exits : recording.interrupts;
    const noun = what === 'exit' ? 'exits' : 'interrupts';
    throw new MarkError(`mark ${text}: expected 1 to ${total}, the recording's ${noun}`);
  }
  return positions.before(ordinal);
}

function consoleMark(text: string, wanted: string, positions: Positions, log: ConsoleLog): Mark {
  const last = log.next(wanted, 0);
  if (last === undefined) {
    throw new MarkError(`mark ${text}: the guest never printed ${JSON.stringify(wanted)}`);
  }
  return positions.after(log.ordinalOf(last));
}

/** Quotes are optional: a shell eats them. */
function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
