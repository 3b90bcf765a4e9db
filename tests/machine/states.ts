/** What machines report of each case, read back: named values, in the monitors' order. */

import type { World } from './case.ts';
import type { Guest } from './image.ts';
import { startingAt } from './image.ts';
import type { Peer } from './machines.ts';

/** The whole state in which a case ended, by name; or why there is none. */
export interface EndState {
  readonly values: ReadonlyMap<string, bigint>;
  /** The machine shut down, or never came to an end. */
  readonly lost?: string;
}

const LEGACY_SAVED = 'gs fs es ds edi esi ebp esp ebx edx ecx eax vector error eip cs eflags'.split(
  ' ',
);
const LEGACY_OUTER = 'old-esp old-ss old-es old-ds old-fs old-gs'.split(' ');
const LEGACY_REST = [
  ...'ss handler-esp cr0 cr2 cr3 cr4 efer fs-base gs-base dr6 dr7 ldtr tr'.split(' '),
  ...'gdtr gdtr+4 idtr idtr+4'.split(' '),
];
const LONG_SAVED = [
  ...'r15 r14 r13 r12 r11 r10 r9 r8 rdi rsi rbp rbx rdx rcx rax'.split(' '),
  ...'vector error rip cs rflags rsp ss'.split(' '),
];
const LONG_REST = [
  ...'ds es fs gs handler-ss handler-rsp cr0 cr2 cr3 cr4 cr8 efer'.split(' '),
  ...'fs-base gs-base kernel-gs-base star lstar cstar fmask'.split(' '),
  ...'sysenter-cs sysenter-esp sysenter-eip dr0 dr1 dr2 dr3 dr6 dr7 ldtr tr'.split(' '),
  ...'gdtr gdtr+8 idtr idtr+8'.split(' '),
];
const LOSSES_MAX = 20;
const MAGIC = 0xcace;

/** All cases of a guest; after one that a machine does not survive it is started again behind it. */
export function statesOf(peer: Peer, guest: Guest): EndState[] {
  const states: EndState[] = [];
  for (let losses = 0; states.length < guest.cases.length; ) {
    const { output, ended } = peer.run(startingAt(guest, states.length));
    readStates(guest.world, output, states);
    if (states.length === guest.cases.length) break;
    const lost = { values: new Map(), lost: ended ?? 'no report' };
    states.push(lost);
    // A machine that survives nothing is not started for every case.
    if (++losses === LOSSES_MAX) while (states.length < guest.cases.length) states.push(lost);
  }
  return states;
}

function readStates(world: World, output: Uint8Array, states: EndState[]): void {
  const long = world === 'long';
  const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
  const width = long ? 8 : 4;
  let at = 0;
  const left = (words: number): boolean => at + words * width <= output.length;
  const next = (): bigint => {
    at += width;
    return long ? view.getBigUint64(at - 8, true) : BigInt(view.getUint32(at - 4, true));
  };
  while (left(2)) {
    const head = Number(next() & 0xffffffffn);
    if (head >>> 16 !== MAGIC || (head & 0xffff) !== (states.length & 0xffff)) return;
    const names = long ? LONG_SAVED : LEGACY_SAVED;
    const saved = long ? names.length : Number(next());
    const rest = long ? LONG_REST : LEGACY_REST;
    if (!left(saved + rest.length + 1)) return;
    const values = new Map<string, bigint>();
    for (let i = 0; i < saved; i++) values.set(names[i] ?? LEGACY_OUTER[i - names.length]!, next());
    for (const name of rest) values.set(name, next());
    const changes = Number(next());
    values.set('changes', BigInt(changes));
    const told = Math.min(changes, 256);
    if (output.length < at + told * 8) return;
    for (let i = 0; i < told; i++, at += 8) {
      const where = view.getUint32(at, true);
      values.set(`[${where.toString(16)}]`, BigInt(view.getUint32(at + 4, true)));
    }
    states.push({ values });
  }
}

/** Names of the values in which two states differ. */
export function differing(a: EndState, b: EndState): string[] {
  if (a.lost !== undefined || b.lost !== undefined) return a.lost === b.lost ? [] : ['end'];
  const names = new Set([...a.values.keys(), ...b.values.keys()]);
  return [...names].filter((name) => a.values.get(name) !== b.values.get(name));
}

/** One value for a reader. */
export function show(state: EndState, name: string): string {
  if (state.lost !== undefined) return state.lost;
  if (name === 'end') return `vector ${state.values.get('vector')}`;
  return state.values.get(name)?.toString(16) ?? '-';
}
