/** Commands of the debug console, for every client: what the custom requests do, by name. */

import { ERROR, RequestError } from './errors.ts';
import type { Call } from './handler.ts';
import { positionOf } from './position.ts';
import { describePosition, grouped } from './position-text.ts';
import { REGISTER_GROUPS, registerText } from './register-view.ts';
import type { Session } from './session.ts';
import {
  bookmarkRows,
  consoleRows,
  exitRows,
  goToEvent,
  goToWrite,
  seekTo,
  setBookmark,
  travelHistory,
  walkOf,
} from './time.ts';

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  run(
    session: Session,
    rest: string,
    call: Call,
    frameId: number | undefined,
  ): Promise<string | undefined> | string | undefined;
}

export const COMMANDS: readonly Command[] = [
  {
    ...{ name: 'help', usage: 'help', help: 'shows the commands' },
    run: () =>
      [
        ...COMMANDS.map(({ usage, help }) => `${usage.padEnd(30)} ${help}`),
        'Anything else is an expression; "a = 1" writes, in a diversion.',
      ].join('\n'),
  },
  {
    ...{ name: 'when', usage: 'when', help: 'where in time the guest stands' },
    run: (session) => {
      const { target } = session.standing;
      const position = positionOf(target);
      const { mark, exits, interrupts, ticks } = position;
      return `mark ${mark}, ${describePosition(position)}; behind it ${grouped(exits)} exits, ${grouped(interrupts)} interrupts, ${grouped(ticks)} ns`;
    },
  },
  {
    ...{
      name: 'seek',
      usage: 'seek MARK',
      help: 'goes to 1234567, 50%, exit:9, irq:3, console:"text", a bookmark',
    },
    run: (session, rest, call) => {
      seekTo(session, needed(rest, 'a mark'), call);
      return undefined;
    },
  },
  {
    ...{ name: 'start', usage: 'start', help: 'goes to the start of the recording' },
    run: (session, _rest, call) => {
      seekTo(session, 'start', call);
      return undefined;
    },
  },
  {
    ...{ name: 'end', usage: 'end', help: 'goes to the end of the recording' },
    run: (session, _rest, call) => {
      seekTo(session, 'end', call);
      return undefined;
    },
  },
  {
    ...{
      name: 'lastwrite',
      usage: 'lastwrite EXPRESSION',
      help: 'goes back to what wrote it last',
    },
    run: (session, rest, call, frameId) => {
      const expression = needed(rest, 'an expression');
      return `back to the last write to ${goToWrite(session, { expression, ...frame(frameId) }, true, call)}`;
    },
  },
  {
    ...{ name: 'nextwrite', usage: 'nextwrite EXPRESSION', help: 'goes on to what writes it next' },
    run: (session, rest, call, frameId) => {
      const expression = needed(rest, 'an expression');
      return `on to the next write to ${goToWrite(session, { expression, ...frame(frameId) }, false, call)}`;
    },
  },
  {
    ...{
      name: 'next',
      usage: 'next KIND [VALUE]',
      help: 'goes to the next exit, irq, pio 0x3f8, console "text"',
    },
    run: (session, rest, call) => event(session, rest, false, call),
  },
  {
    ...{ name: 'last', usage: 'last KIND [VALUE]', help: 'goes back to the last one' },
    run: (session, rest, call) => event(session, rest, true, call),
  },
  {
    ...{
      name: 'exits',
      usage: 'exits [COUNT]',
      help: 'shows the exits and interrupts around here',
    },
    run: (session, rest) => {
      const count = Math.min(500, Number.parseInt(rest, 10) || 10);
      const half = Math.ceil(count / 2);
      return exitRows(session, { before: half, after: count - half })
        .exits.map(({ past, mark, text }) => `${past ? ' ' : '>'} ${mark.padStart(12)}  ${text}`)
        .join('\n');
    },
  },
  {
    ...{
      name: 'console',
      usage: 'console [LINES]',
      help: 'shows what the guest has printed by now',
    },
    run: (session, rest) =>
      consoleRows(session, { lines: Number.parseInt(rest, 10) || 25 })
        .lines.map(({ mark, text }) => `${mark.padStart(12)}  ${text}`)
        .join('\n'),
  },
  {
    ...{ name: 'bookmark', usage: 'bookmark NAME', help: 'names this place' },
    run: (session, rest) => {
      setBookmark(session, needed(rest, 'a name'), undefined);
      return `bookmark ${rest}`;
    },
  },
  {
    ...{ name: 'bookmarks', usage: 'bookmarks', help: 'shows them' },
    run: (session) =>
      bookmarkRows(session)
        .map(({ name, mark }) => `${mark.padStart(12)}  ${name}`)
        .join('\n') || 'none',
  },
  {
    ...{ name: 'regs', usage: 'regs', help: 'shows the registers' },
    run: (session) => {
      const { guest } = session.standing;
      return REGISTER_GROUPS.slice(0, 2)
        .flatMap(([, names]) => names)
        .map((name) => `${name.padEnd(10)} ${registerText(name, guest.register(name) ?? 0n)}`)
        .join('\n');
    },
  },
  {
    ...{ name: 'walk', usage: 'walk ADDRESS', help: 'shows the page walk of a linear address' },
    run: (session, rest, _call, frameId) => {
      const walk = walkOf(session, needed(rest, 'an address'), frameId);
      const entries = walk.entries.map(
        ({ name, at, value, flags }) => `${name.padEnd(6)} at ${at}: ${value} ${flags}`,
      );
      return [...entries, `${walk.physical ?? 'not present'} ${walk.rights}`].join('\n');
    },
  },
  {
    ...{ name: 'hash', usage: 'hash', help: 'shows the state hash' },
    run: (session) => session.standing.target.stateHash(),
  },
  {
    ...{
      name: 'undo',
      usage: 'undo',
      help: 'ends a diversion, or goes back to before the last move',
    },
    run: async (session, _rest, call) => await travelHistory(session, false, call),
  },
  {
    ...{ name: 'redo', usage: 'redo', help: 'the other way' },
    run: async (session, _rest, call) => await travelHistory(session, true, call),
  },
];

/** A text that begins with a command's name and does not go on as an expression would. */
export function findCommand(text: string): { command: Command; rest: string } | undefined {
  const found = /^(\w+)(?:\s+(.*))?$/s.exec(text);
  const command = found && COMMANDS.find(({ name }) => name === found[1]);
  if (!found || !command) return undefined;
  const rest = (found[2] ?? '').trim();
  // A variable may be called so: "next->prev", "start = 1", "end + 4".
  return /^(?:->|\.|\[|[-+*/%&|^<>=!])/.test(rest) ? undefined : { command, rest };
}

function event(session: Session, rest: string, back: boolean, call: Call): undefined {
  const [, kind = '', value] = /^(\S+)(?:\s+(.*))?$/s.exec(needed(rest, 'a kind')) ?? [];
  goToEvent(session, { kind, back, ...(value && { value }) }, call);
  return undefined;
}

function needed(rest: string, what: string): string {
  if (rest !== '') return rest;
  throw new RequestError(ERROR.badArguments, `expected ${what}`, true);
}

const frame = (frameId: number | undefined) => (frameId === undefined ? {} : { frameId });
