/** `monitor` commands that move in the recording, and those that say where one is. */

import { formatMark } from '../../target/index.ts';
import type { Stub } from '../stub.ts';
import { arrived, type MonitorCommand, MonitorError, number } from './command.ts';

function whenText({ target }: Stub): string {
  const { mark, share, exits, interrupts, ticks } = target.when();
  const seconds = (ticks / 1e9).toFixed(9);
  const place = target.diversion
    ? `off the recording since ${formatMark(target.diversion.from)}, `
    : '';
  return (
    `${place}mark ${formatMark(mark)} of ${formatMark(target.end)} (${(share * 100).toFixed(2)}%), ` +
    `guest time ${seconds} s, ${exits} exits and ${interrupts} interrupts before`
  );
}

function range(stub: Stub, [at, length]: readonly string[]) {
  const bytes = length === undefined ? 8n : number(stub, length, 'a length');
  if (bytes < 1n || bytes > 65536n) {
    throw new MonitorError(`expected a length from 1 to 65536, got ${bytes}`);
  }
  return { space: stub.space, at: number(stub, at, 'an address'), length: Number(bytes) };
}

export const travelCommands: readonly MonitorCommand[] = [
  { name: 'when', help: 'where this is', run: whenText },
  {
    name: 'seek',
    operands: 'MARK',
    help: 'go to an icount (1.5G), share (50%), exit:N, irq:N, console:TEXT, start, end, bookmark',
    run: async (stub, operands, control) => {
      if (operands.length === 0) throw new MonitorError('seek: expected a MARK');
      const mark = stub.target.resolve(operands.join(' '));
      return arrived(stub, await stub.target.seekTo(mark, control));
    },
  },
  {
    name: 'last-write',
    operands: 'ADDR [LEN]',
    help: 'go back to after the last write to memory (LEN bytes, 8 if not said)',
    run: async (stub, operands, control) => {
      const stop = await stub.target.lastWrite(range(stub, operands), control);
      const none = stop.reason === 'start' ? 'nothing wrote it before; ' : '';
      return none + arrived(stub, stop);
    },
  },
  {
    name: 'next-write',
    operands: 'ADDR [LEN]',
    help: 'go on to after the next write to memory',
    run: async (stub, operands, control) => {
      const written = { kind: 'memory', ...range(stub, operands), on: 'write' } as const;
      const stop = await stub.target.run([written], control);
      const none = stop.reason === 'end' ? 'nothing writes it any more; ' : '';
      return none + arrived(stub, stop);
    },
  },
  {
    name: 'next-exit',
    operands: '[KIND]',
    help: 'go on to in front of the next exit: pio mmio hlt cpuid rdmsr wrmsr cr8 random shutdown',
    run: async (stub, [kind], control) => {
      const condition = exitCondition(kind);
      return arrived(stub, await stub.target.run([condition], control));
    },
  },
  {
    name: 'last-exit',
    operands: '[KIND]',
    help: 'go back to in front of the last exit',
    run: async (stub, [kind], control) => {
      const condition = exitCondition(kind);
      return arrived(stub, await stub.target.reverseContinue([condition], control));
    },
  },
  {
    name: 'bookmarks',
    help: 'the bookmarks of this recording',
    run: ({ target }) => {
      const lines = [...target.bookmarks].map(
        ([name, mark]) =>
          `${formatMark(mark).padEnd(20)} ${name}${mark.note === undefined ? '' : `  ${mark.note}`}`,
      );
      return lines.length > 0 ? lines.join('\n') : 'no bookmarks';
    },
  },
  {
    name: 'bookmark',
    operands: 'NAME [MARK]',
    help: 'name this place, or another; it is kept beside the recording',
    run: (stub, [name, ...mark]) => {
      if (name === undefined) throw new MonitorError('bookmark: expected a NAME');
      if (stub.target.diversion) throw new MonitorError('bookmark: this is off the recording');
      const place = mark.length > 0 ? stub.target.resolve(mark.join(' ')) : stub.mark;
      stub.target.setBookmark(name, place);
      return `${name}: ${formatMark(place)}`;
    },
  },
  {
    name: 'unbookmark',
    operands: 'NAME',
    help: 'forget a bookmark',
    run: ({ target }, [name = '']) => {
      if (!target.bookmarks.has(name))
        throw new MonitorError(`no bookmark ${JSON.stringify(name)}`);
      target.setBookmark(name, undefined);
      return `${name} forgotten`;
    },
  },
  {
    name: 'checkpoint',
    help: "rr's habit: 'bookmark NAME' here, 'seek NAME' there",
    run: (stub) => {
      const name = `checkpoint-${1 + [...stub.target.bookmarks.keys()].filter((n) => n.startsWith('checkpoint-')).length}`;
      stub.target.setBookmark(name, stub.mark);
      return `${name}: ${formatMark(stub.mark)} ('monitor seek ${name}' comes back)`;
    },
  },
  {
    name: 'diversion',
    operands: '[end]',
    help: 'is this off the recording, because something was written? `end` goes back',
    run: async (stub, [what], control) => {
      const { diversion } = stub.target;
      if (what !== undefined && what !== 'end') throw new MonitorError('diversion: expected end');
      if (!diversion) return 'on the recording; writing a register or memory starts a diversion';
      if (what === 'end') return arrived(stub, await stub.target.endDiversion(control));
      const { from, edits, instructions } = diversion;
      return (
        `off the recording since ${formatMark(from)}: ${edits} edits, ${instructions} instructions, ` +
        "no devices; 'monitor diversion end' goes back"
      );
    },
  },
];

const EXIT_KINDS = [
  'pio',
  'mmio',
  'hlt',
  'cpuid',
  'rdmsr',
  'wrmsr',
  'cr8',
  'random',
  'shutdown',
] as const;

function exitCondition(kind: string | undefined) {
  if (kind === undefined) return { kind: 'exit' } as const;
  const exit = EXIT_KINDS.find((known) => known === kind);
  if (!exit) throw new MonitorError(`expected one of ${EXIT_KINDS.join(' ')}, got ${kind}`);
  return { kind: 'exit', exit } as const;
}
