/** Going through time and looking at it: what the custom requests and the console's commands do. */

import {
  compareMarks,
  DENSITY_KINDS,
  formatMark,
  frameLine,
  gpa,
  type Mark,
  pageWalk,
  type StopCondition,
} from '../target/index.ts';
import type { BookmarkRow, CustomRequests, TimelineData, WalkReply } from './custom.ts';
import { ERROR, RequestError } from './errors.ts';
import type { Call } from './handler.ts';
import { positionOf } from './position.ts';
import { hex, parsePlace } from './references.ts';
import { expressionWatched, WATCH_BYTES_MAX, type Watched } from './requests/data-breakpoints.ts';
import { start } from './requests/execution.ts';
import type { Session } from './session.ts';

export function seekTo(session: Session, text: string, call: Call): void {
  const { target } = session;
  const mark = target.resolve(text);
  start(session, call, undefined, `Going to ${text}`, 'goto', (travel) => travel.seek(mark));
}

/** Where the last or the next write to something is; says what that is. */
export function goToWrite(
  session: Session,
  args: CustomRequests['retrovisor/lastWrite']['args'],
  back: boolean,
  call: Call,
): string {
  const watched = watchedBy(session, args);
  const { space, at, length, label } = watched;
  const writes: StopCondition = { kind: 'memory', space, at, length, on: 'write' };
  const title = back ? `Back to the last write to ${label}` : `On to the next write to ${label}`;
  start(session, call, undefined, title, 'goto', (travel) =>
    travel.search(back ? 'back' : 'forward', [writes]),
  );
  return label;
}

function watchedBy(
  session: Session,
  { expression, memoryReference, bytes, frameId }: CustomRequests['retrovisor/lastWrite']['args'],
): Watched {
  session.standing.guest;
  if (memoryReference !== undefined) {
    const length = bytes ?? 8;
    if (!Number.isSafeInteger(length) || length < 1 || length > WATCH_BYTES_MAX) {
      throw new RequestError(ERROR.badArguments, `bytes: expected 1 to ${WATCH_BYTES_MAX}`);
    }
    return { ...parsePlace(memoryReference), length, label: memoryReference };
  }
  if (expression === undefined) {
    throw new RequestError(ERROR.badArguments, 'expected an expression or a memoryReference');
  }
  const found = expressionWatched(session, expression, frameId, bytes);
  if (typeof found === 'string') throw new RequestError(ERROR.failed, found, true);
  return found;
}

const EXIT_KINDS = ['pio', 'mmio', 'hlt', 'cpuid', 'rdmsr', 'wrmsr', 'cr8', 'random', 'shutdown'];

/** To the next or the last exit, interrupt, port access or console text. */
export function goToEvent(
  session: Session,
  { kind, back = false, value }: CustomRequests['retrovisor/event']['args'],
  call: Call,
): void {
  const condition = eventCondition(kind, value?.trim() || undefined);
  const title = `${back ? 'Back to the last' : 'On to the next'} ${kind}`;
  start(session, call, undefined, title, 'goto', (travel) =>
    travel.search(back ? 'back' : 'forward', [condition]),
  );
}

function eventCondition(kind: string, value: string | undefined): StopCondition {
  const number = value === undefined ? undefined : Number(value);
  const wrong = (expected: string) =>
    new RequestError(
      ERROR.badArguments,
      `${kind}: expected ${expected}, got '${value ?? ''}'`,
      true,
    );
  const whole = number !== undefined && Number.isSafeInteger(number) && number >= 0;
  if (kind === 'console') {
    const text = value?.replace(/^"(.*)"$/s, '$1');
    if (!text) throw wrong('a text');
    return { kind: 'console', text };
  }
  if (value !== undefined && !whole) throw wrong('a number');
  if (kind === 'irq' || kind === 'interrupt') {
    return { kind: 'interrupt', ...(number !== undefined && { vector: number }) };
  }
  if (kind === 'exit') return { kind: 'exit' };
  if (kind === 'pio' && number !== undefined) return { kind: 'port', first: number, last: number };
  if (kind === 'mmio' && number !== undefined) {
    return { kind: 'mmio', first: gpa(number), last: gpa(number) };
  }
  if (EXIT_KINDS.includes(kind)) return { kind: 'exit', exit: kind as 'pio' };
  throw wrong(`exit, irq, console or one of ${EXIT_KINDS.join(', ')}`);
}

const COLUMNS_MAX = 4096;
const MILESTONES_MAX = 400;

export function timelineOf(
  session: Session,
  { from, to, columns }: CustomRequests['retrovisor/timeline']['args'],
): TimelineData {
  const { target } = session.standing;
  const { recording } = target;
  const end = target.end.icount;
  const whole = Number.isSafeInteger(columns) && columns >= 1 && columns <= COLUMNS_MAX;
  if (!whole) throw new RequestError(ERROR.badArguments, `columns: expected 1 to ${COLUMNS_MAX}`);
  const first = Math.max(0, Math.floor(from ?? 0));
  const last = Math.max(first + 1, Math.min(end + 1, Math.ceil(to ?? end + 1)));
  return {
    ...{ from: first, to: last, end, kinds: DENSITY_KINDS },
    columns: recording.density(first, last, columns).map((counts) => [...counts]),
    checkpoints: recording.checkpoints().map(({ icount }) => icount),
    bookmarks: bookmarkRows(session).map(({ name, icount }) => ({ name, icount })),
    console: milestones(session, first, last),
    position: positionOf(target),
  };
}

/** Lines of the console in a range, evenly thinned out. */
function milestones(session: Session, from: number, to: number): TimelineData['console'] {
  const lines = consoleLines(session, session.target.end).filter(
    ({ at, text }) => text.trim() !== '' && at.icount >= from && at.icount < to,
  );
  const every = Math.max(1, Math.ceil(lines.length / MILESTONES_MAX));
  return lines
    .filter((_, i) => i % every === 0)
    .map(({ text, at }) => ({ text, icount: at.icount, mark: formatMark(at) }));
}

interface ConsoleLine {
  readonly text: string;
  /** When its last character was printed. */
  readonly at: Mark;
}

/** What the guest prints up to a mark, by lines. */
function consoleLines(session: Session, upTo: Mark): ConsoleLine[] {
  const { recording } = session.target;
  const bytes = Buffer.from(recording.consoleAt(upTo));
  const lines: ConsoleLine[] = [];
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, from);
    const to = newline < 0 ? bytes.length : newline;
    const text = bytes.subarray(from, to).toString('utf8').replace(/\r/g, '');
    lines.push({
      text: text.replace(ESCAPES, ''),
      at: recording.consoleMark(Math.max(to, from + 1)),
    });
    from = to + 1;
  }
  return lines;
}

/** What only moves a terminal's cursor or colours it (ECMA-48 §5.4). */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, 'g');

export function consoleRows(
  session: Session,
  { lines = 200, all = false }: CustomRequests['retrovisor/console']['args'],
): CustomRequests['retrovisor/console']['reply'] {
  const { target } = session.standing;
  const found = consoleLines(session, all ? target.end : target.mark);
  const kept = found.slice(-Math.max(0, Math.min(50_000, Math.trunc(lines))));
  return {
    lines: kept.map(({ text, at }) => ({
      ...{ text, mark: formatMark(at), past: compareMarks(at, target.mark) <= 0 },
    })),
  };
}

const ROWS_MAX = 2000;

export function exitRows(
  session: Session,
  { mark, before = 20, after = 20 }: CustomRequests['retrovisor/exits']['args'],
): CustomRequests['retrovisor/exits']['reply'] {
  const { target } = session.standing;
  const { recording } = target;
  const at = mark === undefined ? target.mark : target.resolve(mark);
  const here = recording.ordinalAt(at);
  const now = recording.ordinalAt(target.mark);
  const collect = (from: number, direction: 1 | -1, wanted: number) => {
    const rows = [];
    for (let o = from; o >= 0 && o < recording.frames && rows.length < wanted; o += direction) {
      const { frame, mark: place } = recording.frame(o);
      if (frame.kind === 'hash') continue;
      rows.push({
        ...{ ordinal: o, mark: formatMark(place), icount: frame.icount },
        kind: frame.kind === 'exit' ? frame.exit.kind : frame.kind,
        ...{ text: frameLine(frame), past: o < now },
      });
    }
    return rows;
  };
  const limit = (count: number) => Math.max(0, Math.min(ROWS_MAX, Math.trunc(count)));
  return {
    exits: [...collect(here - 1, -1, limit(before)).reverse(), ...collect(here, 1, limit(after))],
    total: recording.frames,
  };
}

export function bookmarkRows(session: Session): BookmarkRow[] {
  const { target } = session.opened;
  const end = Math.max(1, target.end.icount);
  return [...target.bookmarks]
    .sort(([, a], [, b]) => compareMarks(a, b))
    .map(([name, mark]) => ({
      ...{ name, mark: formatMark(mark), icount: mark.icount, share: mark.icount / end },
    }));
}

export function setBookmark(session: Session, name: string, mark: string | undefined): void {
  const { target } = session.standing;
  target.setBookmark(name, mark === undefined ? target.mark : target.resolve(mark));
  session.out.custom('retrovisor/bookmarks', { bookmarks: bookmarkRows(session) });
}

export function removeBookmark(session: Session, name: string): void {
  const { target } = session.standing;
  target.setBookmark(name, undefined);
  session.out.custom('retrovisor/bookmarks', { bookmarks: bookmarkRows(session) });
}

const ENTRY_FLAGS = ['P', 'RW', 'US', 'PWT', 'PCD', 'A', 'D', 'PS', 'G'];

export function walkOf(session: Session, text: string, frameId: number | undefined): WalkReply {
  const { target } = session.standing;
  const address = /^(?:0x[0-9a-f]+|\d+)$/i.test(text)
    ? BigInt(text)
    : session.program.evaluate(text, session.context(frameId)).integer;
  if (address === undefined) throw new RequestError(ERROR.failed, `${text} is no address`, true);
  const linear = BigInt.asUintN(64, address);
  const walk = pageWalk(target, linear);
  const rights = [
    walk.writable ? 'writable' : 'read-only',
    walk.user ? 'user' : 'supervisor',
    walk.executable ? 'executable' : 'no execute',
  ];
  return {
    address: hex(linear),
    entries: walk.entries.map(({ name, at, value }) => ({
      ...{ name, at: hex(at), value: hex(value) },
      flags: [
        ...ENTRY_FLAGS.filter((_, bit) => (value >> BigInt(bit)) & 1n),
        ...(value >> 63n ? ['XD'] : []),
      ].join(' '),
    })),
    ...(walk.gpa !== undefined && { physical: `phys:${hex(walk.gpa)}` }),
    ...{ pageBytes: Number(walk.page), rights: rights.join(', ') },
  };
}

/** Ends a diversion, or goes to where the session was before; says so. */
export function travelHistory(session: Session, redo: boolean, call: Call): string {
  const { target, history } = session;
  session.standing.guest;
  if (target.diversion && !redo) {
    start(session, call, undefined, 'Back to the recording', 'goto', (t) => t.endDiversion());
    return 'the diversion ends';
  }
  if (!(redo ? history.canRedo : history.canUndo)) {
    throw new RequestError(
      ERROR.failed,
      redo ? 'there is nothing to redo' : 'there is nothing to undo',
      true,
    );
  }
  const mark = redo ? history.redo(target.mark) : history.undo(target.mark);
  const title = redo ? 'Forth again' : 'Back to where it was';
  start(session, call, undefined, title, 'goto', (travel) => travel.seek(mark));
  return `${redo ? 'redo' : 'undo'}: to ${formatMark(mark)}`;
}
