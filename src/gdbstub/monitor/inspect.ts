/** `monitor` commands that look at the guest as of now. */

import {
  bitsOf,
  codeText,
  disassemble,
  formatMark,
  frameLine,
  linearRip,
  mappings,
  pageWalk,
  registerLines,
} from '../../target/index.ts';
import { taskLines } from '../linux-guest.ts';
import type { Stub } from '../stub.ts';
import { count, hex, type MonitorCommand, MonitorError, number } from './command.ts';

const CONSOLE_LINES = 24;
const MAPPINGS_MAX = 200;

const rightsText = (r: { writable: boolean; user: boolean; executable: boolean }): string =>
  `${r.user ? 'u' : '-'}r${r.writable ? 'w' : '-'}${r.executable ? 'x' : '-'}`;

function walkText(stub: Stub, at: bigint): string {
  const { entries, gpa, page, ...rights } = pageWalk(stub.target, at);
  const lines = entries.map(
    ({ name, at: where, value }) => `${name.padEnd(5)} at ${hex(where).padEnd(12)} = ${hex(value)}`,
  );
  const end =
    gpa === undefined
      ? `${hex(at)}: not mapped`
      : `${hex(at)} -> ${hex(gpa)}, page of ${page >> 10n} KiB, ${rightsText(rights)}`;
  return [...lines, end].join('\n');
}

function framesText(stub: Stub, around: number, only?: 'interrupt'): string {
  const wide = only ? around * 64 : around;
  const near = stub.target.framesNear({ before: wide, after: wide });
  const here = stub.target.when();
  const seen = here.exits + here.interrupts;
  const lines = near
    .filter(({ frame }) => frame.kind !== 'hash' && (!only || frame.kind === only))
    .map(({ frame, mark }) => ({ past: mark.icount < here.mark.icount, text: frameLine(frame) }));
  const before = lines.filter(({ past }) => past).slice(-around);
  const after = lines.filter(({ past }) => !past).slice(0, around);
  const arrow = `-> ${formatMark(here.mark)} (${seen} exits and interrupts before)`;
  return [...before.map(({ text }) => text), arrow, ...after.map(({ text }) => text)].join('\n');
}

export const inspectCommands: readonly MonitorCommand[] = [
  {
    name: 'registers',
    help: 'all that `info registers` has, at a glance',
    run: ({ target }) => registerLines(target.registers()).join('\n'),
  },
  {
    name: 'disassemble',
    operands: '[ADDR [N]]',
    help: 'the code in the width the guest runs it, where gdb only knows 64-bit',
    run: async (stub, [at, lines]) => {
      const registers = stub.target.registers();
      const rip = at === undefined ? linearRip(registers) : number(stub, at, 'an address');
      const code = await disassemble({
        bits: bitsOf(registers),
        ...{ rip, before: 0, after: count(stub, lines, 10) },
        read: (address, length) => stub.read(address, length),
      });
      if (!code) throw new MonitorError(`nothing is mapped at ${hex(rip)}`);
      return codeText(code, linearRip(registers)).join('\n');
    },
  },
  {
    name: 'exits',
    operands: '[N]',
    help: 'the N exits, interrupts and DMA before here and after',
    run: (stub, [n]) => framesText(stub, count(stub, n, 8)),
  },
  {
    name: 'irqs',
    operands: '[N]',
    help: 'the interrupts before here and after',
    run: (stub, [n]) => framesText(stub, count(stub, n, 8), 'interrupt'),
  },
  {
    name: 'console',
    operands: '[N]',
    help: 'the last N lines the guest had printed by now',
    run: (stub, [n]) => {
      const text = stub.target.consoleText().replace(/\r/g, '').replace(/\n$/, '');
      return text
        .split('\n')
        .slice(-Math.max(1, count(stub, n, CONSOLE_LINES)))
        .join('\n');
    },
  },
  {
    name: 'page-walk',
    operands: 'ADDR',
    help: 'how an address is translated, entry by entry',
    run: (stub, [at]) => walkText(stub, number(stub, at, 'an address')),
  },
  {
    name: 'tlb',
    help: 'what the page tables map',
    run: ({ target }) => {
      const found = mappings(target, MAPPINGS_MAX);
      if (found.length === 0) return 'paging is off, or nothing is mapped';
      const lines = found.map(
        ({ gva, gpa, length, ...rights }) =>
          `${hex(gva)}-${hex(gva + length - 1n)} -> ${hex(gpa)} ${rightsText(rights)}`,
      );
      if (found.length === MAPPINGS_MAX) lines.push('... and more');
      return lines.join('\n');
    },
  },
  {
    name: 'ps',
    help: "a Linux guest's tasks as of now; * is on a CPU",
    run: ({ linux }) => {
      const tasks = linux.tasks();
      if (typeof tasks === 'string') throw new MonitorError(`ps: ${tasks}`);
      return taskLines(tasks).join('\n');
    },
  },
  {
    name: 'phys',
    operands: '[on|off]',
    help: 'are the addresses of memory and watchpoints physical? (also: Qqemu.PhyMemMode)',
    run: (stub, [what]) => {
      if (what !== undefined && what !== 'on' && what !== 'off') {
        throw new MonitorError(`phys: expected on or off, got ${what}`);
      }
      if (what !== undefined) stub.physical = what === 'on';
      return `addresses are ${stub.physical ? 'physical' : 'virtual'}`;
    },
  },
  {
    name: 'hash',
    help: 'the state hash of now, as `replay --to` shows it',
    run: ({ target }) => target.stateHash(),
  },
];
