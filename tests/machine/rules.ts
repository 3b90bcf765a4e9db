/**
 * Differences between machines that are understood: what another machine does otherwise than the SDM
 * says, and what the SDM leaves open. Every rule has its line in docs/QUIRKS.md, "Other machines".
 */

import type { MachineCase } from './case.ts';
import { FREE, GDT, MAIN_TSS, PT_TRIED, ROOT } from './layout.ts';
import type { EndState } from './states.ts';

const TASK = FREE + 16;

export interface Difference {
  readonly case: MachineCase;
  readonly peer: string;
  readonly ours: EndState;
  readonly theirs: EndState;
  readonly names: readonly string[];
}

interface Rule {
  readonly peer: 'QEMU' | 'Bochs';
  readonly name: string;
  /** The names that it does not explain. */
  rest(d: Difference): readonly string[];
}

const changed = ({ ours, theirs }: Difference, name: string): bigint =>
  (ours.values.get(name) ?? 0n) ^ (theirs.values.get(name) ?? 0n);
const RF = 0x10000n;

/** Does the case lead to a 286 task? Its descriptor is among the patches. */
const has286Task = ({ case: c }: Difference): boolean =>
  c.patches.some(({ at: where, bytes }) => where === GDT + TASK && (bytes[5]! & 0x1d) === 1);

const upperHalves = (d: Difference): readonly string[] =>
  has286Task(d)
    ? d.names.filter(
        (n) => !((REGISTER.test(n) || n[0] === '[') && (changed(d, n) & 0xffffn) === 0n),
      )
    : d.names;
const REGISTER = /^(old-)?e([abcd]x|[sd]i|[bs]p)$/;

/** Pushes of a CALL or INT that then faults: SDM Vol. 2A CALL and INT check the target before. */
const pushesFirst = (d: Difference): readonly string[] =>
  (/call/.test(d.case.about) || /call|^int/.test(d.case.code)) &&
  d.ours.values.get('vector') === 13n
    ? d.theirs.values.get('vector') === 14n
      ? []
      : d.names.filter((n) => n !== 'changes' && n[0] !== '[')
    : d.names;

const without = (
  d: Difference,
  drop: (name: string, change: bigint) => boolean,
): readonly string[] => d.names.filter((name) => !drop(name, changed(d, name)));
const vectorOf = (state: EndState): number => Number(state.values.get('vector') ?? -1n);
const isMemory = (name: string): boolean => name === 'changes' || name[0] === '[';

/** A fault that a new task's own selectors cause: #TS, #NP, #SS or what becomes of it. */
const inNewTask = ({ ours, theirs, case: c }: Difference): boolean =>
  ours.values.get('tr') !== BigInt(c.state.tr ?? MAIN_TSS) &&
  [8, 10, 11, 12].includes(vectorOf(ours)) &&
  [0, 8, 10, 11, 12].includes(vectorOf(theirs));
const NEW_TASK_OPEN = /^(vector|error|[c-g]s|ss|old-.*|e(sp|ip|flags)|handler-esp|[fg]s-base)$/;

/** An entry of the paging structures. */
const isTable = (name: string): boolean => {
  const where = Number.parseInt(name.slice(1), 16);
  return name[0] === '[' && where >= ROOT && where < PT_TRIED + 0x1000;
};
/** The error code, in the frame and where it was pushed. */
const isError = (d: Difference, name: string): boolean =>
  name === 'error' || (name[0] === '[' && d.ours.values.get(name) === d.ours.values.get('error'));

const writes = (d: Difference, msr: bigint): boolean =>
  /^wrmsr/.test(d.case.code) && d.case.state.gpr![1] === msr;

const EITHER: readonly Omit<Rule, 'peer'>[] = [
  {
    name: 'upper halves of registers after a switch to a 286 task',
    rest: upperHalves,
  },
  {
    name: 'which selector of a new task is found wrong first, and on which stack',
    rest: (d) =>
      !inNewTask(d)
        ? d.names
        : vectorOf(d.ours) === 8 || vectorOf(d.theirs) === 8 || vectorOf(d.theirs) === 0
          ? []
          : without(d, (name) => NEW_TASK_OPEN.test(name) || isMemory(name)),
  },
  {
    name: 'which of two faulting operands of MOVS and CMPS is looked at first',
    rest: (d) =>
      /^(rep )?(movs|cmps)/.test(d.case.code) &&
      vectorOf(d.ours) === 14 &&
      vectorOf(d.theirs) === 14
        ? d.names.includes('cr2')
          ? []
          : d.names
        : d.names,
  },
  {
    name: 'an IRETQ to compatibility code drops the upper half of RIP',
    rest: (d) =>
      d.case.family === 'IRET in long mode' &&
      /0x48/.test(d.case.code) &&
      vectorOf(d.ours) === 13 &&
      vectorOf(d.theirs) !== 13
        ? []
        : d.names,
  },
  {
    name: 'the upper half of IA32_SYSENTER_CS, which is not used',
    rest: (d) =>
      writes(d, 0x174n)
        ? without(d, (n) => n === 'sysenter-cs' || n === 'rdx' || n === 'rax')
        : d.names,
  },
  {
    name: 'rights and canonical form of a stack of IST',
    rest: (d) =>
      d.case.family === 'INT through gates in long mode' &&
      !/IST 0/.test(d.case.about) &&
      vectorOf(d.ours) === 14
        ? []
        : d.names,
  },
  {
    name: 'the second of two MOV SS in a row',
    rest: (d) =>
      /(mov|pop) ss.*(mov|pop) ss/.test(d.case.code) &&
      (vectorOf(d.ours) === 1 || vectorOf(d.theirs) === 1)
        ? []
        : d.names,
  },
  { name: 'CALL and INT push before they check the target', rest: pushesFirst },
  {
    name: 'REP INS and OUTS of no elements check the port',
    rest: (d) =>
      /^rep (in|out)s/.test(d.case.code) && (d.case.state.gpr![1]! & 0xffffn) === 0n ? [] : d.names,
  },
  {
    name: 'B0 to B3 of breakpoints that are not enabled',
    rest: (d) => {
      const dr7 = BigInt(d.case.state.dr?.[5] ?? 0);
      const open = [0n, 1n, 2n, 3n].filter((n) => !((dr7 >> (2n * n)) & 3n)).map((n) => 1n << n);
      const mask = open.reduce((a, b) => a | b, 0n);
      return without(d, (name, change) => name === 'dr6' && (change & ~mask) === 0n);
    },
  },
];

const FETCH_RULE: Omit<Rule, 'peer'> = {
  name: 'B0 to B3 of an instruction breakpoint that a trap comes before',
  rest: (d) => {
    const next = d.ours.values.get('eip') ?? d.ours.values.get('rip');
    const at = (d.case.state.dr ?? []).slice(0, 4).map((a) => BigInt(a));
    const mask = at.reduce((m, a, n) => (a === next ? m | (1n << BigInt(n)) : m), 0n);
    return without(d, (name, change) => name === 'dr6' && (change & ~mask) === 0n);
  },
};

const BOTH = [...EITHER, FETCH_RULE].flatMap((rule) => [
  { ...rule, peer: 'QEMU' as const },
  { ...rule, peer: 'Bochs' as const },
]);

const RULES: readonly Rule[] = [
  {
    peer: 'QEMU',
    name: 'RF is clear in the flags that a fault pushes',
    rest: (d) =>
      without(d, (n, change) => change === RF && (/flags$/.test(n) || n.startsWith('['))),
  },
  {
    peer: 'Bochs',
    name: 'RF is set in the flags that a double fault saves',
    rest: (d) =>
      vectorOf(d.ours) === 8
        ? without(d, (n, change) => change === RF && (/flags$/.test(n) || n.startsWith('[')))
        : d.names,
  },
  {
    peer: 'Bochs',
    name: 'LAR leaves the limit in the undefined bits 16 to 19',
    rest: (d) =>
      /lar ebx/.test(d.case.code) ? without(d, (_, c) => (c & ~0xf0000n) === 0n) : d.names,
  },
  {
    peer: 'Bochs',
    name: 'the base of FS or GS under a null selector',
    rest: (d) =>
      without(
        d,
        (n) =>
          /^[fg]s-base$/.test(n) &&
          d.case.codeBits !== 64 &&
          d.ours.values.get(n.slice(0, 2))! < 4n,
      ),
  },
  {
    peer: 'Bochs',
    name: 'IRETD in virtual-8086 mode finds out about its EIP at the target',
    rest: (d) =>
      d.case.code === 'iretd' && vectorOf(d.ours) === 13 && vectorOf(d.theirs) === 13
        ? []
        : d.names,
  },
  {
    peer: 'Bochs',
    name: "a new task's EIP is checked before the trap of its T bit",
    rest: (d) =>
      vectorOf(d.ours) === 1 &&
      vectorOf(d.theirs) === 13 &&
      (d.ours.values.get('dr6')! & 0x8000n) !== 0n
        ? []
        : d.names,
  },
  {
    peer: 'Bochs',
    name: 'VIF with VIP is #GP in virtual-8086 mode without CR4.VME, too',
    rest: (d) =>
      d.case.family === 'virtual-8086 mode' &&
      !((d.case.state.cr4 ?? 0) & 1) &&
      vectorOf(d.theirs) === 13
        ? []
        : d.names,
  },
  {
    peer: 'Bochs',
    name: 'A of upper entries whose walk ends in a fault stays clear',
    rest: (d) =>
      vectorOf(d.ours) === 14 && vectorOf(d.theirs) === 14
        ? without(d, (n) => n === 'changes' || (isTable(n) && d.theirs.values.get(n) === undefined))
        : d.names,
  },
  {
    peer: 'QEMU',
    name: 'a PDPTE of PAE paging gets an A bit',
    rest: (d) =>
      d.case.family === 'PAE paging'
        ? without(d, (n) => n === 'changes' || n === `[${ROOT.toString(16)}]`)
        : d.names,
  },
  {
    peer: 'QEMU',
    name: 'P is clear in the error code of a reserved bit',
    rest: (d) =>
      without(
        d,
        (n, change) => change === 1n && isError(d, n) && (d.ours.values.get(n)! & 9n) === 9n,
      ),
  },
  {
    peer: 'QEMU',
    name: 'an instruction that reads and writes faults as a read',
    rest: (d) =>
      without(d, (n, change) => change === 2n && isError(d, n) && vectorOf(d.ours) === 14),
  },
  {
    peer: 'QEMU',
    name: 'SS becomes null when IST switches stacks within a ring',
    rest: (d) => without(d, (n) => n === 'handler-ss' && d.theirs.values.get(n) === 0n),
  },
  {
    peer: 'Bochs',
    name: 'IRET of 16 or 32 bits in 64-bit code leaves the stack alone',
    rest: (d) =>
      d.case.family === 'IRET in long mode' && d.case.codeBits === 64 && !/0x48/.test(d.case.code)
        ? []
        : d.names,
  },
  {
    peer: 'Bochs',
    name: 'WRMSR ignores the upper half of IA32_FMASK',
    rest: (d) => (writes(d, 0xc0000084n) && vectorOf(d.ours) === 13 ? [] : d.names),
  },
  {
    peer: 'QEMU',
    name: 'MSRs that do not exist, and reserved bits of others, can be written and read',
    rest: (d) =>
      /^(wr|rd)msr/.test(d.case.code) && vectorOf(d.ours) === 13 && vectorOf(d.theirs) === 3
        ? []
        : d.names,
  },
  {
    peer: 'Bochs',
    name: 'SYSCALL traps though IA32_FMASK clears TF',
    rest: (d) => (/syscall/.test(d.case.code) && vectorOf(d.theirs) === 1 ? [] : d.names),
  },
  { peer: 'QEMU', name: 'RDPMC', rest: (d) => (d.case.code === 'rdpmc' ? [] : d.names) },
  { peer: 'Bochs', name: 'RDPMC', rest: (d) => (d.case.code === 'rdpmc' ? [] : d.names) },
  {
    peer: 'Bochs',
    name: 'which parts of the operand of SGDT and SIDT #AC looks at',
    rest: (d) =>
      /^s[gi]dt/.test(d.case.code) && vectorOf(d.ours) === 17
        ? vectorOf(d.theirs) === 17
          ? without(d, isMemory)
          : []
        : d.names,
  },
  {
    peer: 'Bochs',
    name: 'FSAVE and FRSTOR want quadwords aligned',
    rest: (d) => (/fnsave|frstor/.test(d.case.code) && vectorOf(d.theirs) === 17 ? [] : d.names),
  },
  ...BOTH,
];

/** What explains all of a difference, or nothing does. */
export function explain(d: Difference): string | undefined {
  let names = d.names;
  const used: string[] = [];
  for (const rule of RULES) {
    if (rule.peer !== d.peer) continue;
    const rest = rule.rest({ ...d, names });
    if (rest.length < names.length) used.push(rule.name);
    names = rest;
  }
  return names.length ? undefined : used.join('; ');
}
