/**
 * Differences between machines that are understood: what another machine does otherwise than the SDM
 * says, and what the SDM leaves open. Every rule has its line in docs/QUIRKS.md, "Other machines".
 */

import type { MachineCase } from './case.ts';
import type { EndState } from './states.ts';

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

const RULES: readonly Rule[] = [
  {
    peer: 'QEMU',
    name: 'RF is clear in the flags that a fault pushes',
    rest: (d) =>
      d.names.filter((n) => !(changed(d, n) === RF && (/flags$/.test(n) || n.startsWith('[')))),
  },
  {
    peer: 'Bochs',
    name: 'RF is set in the flags that a double fault saves',
    rest: (d) =>
      d.ours.values.get('vector') === 8n
        ? d.names.filter((n) => !(changed(d, n) === RF && (/flags$/.test(n) || n.startsWith('['))))
        : d.names,
  },
  {
    peer: 'Bochs',
    name: 'LAR leaves the limit in the undefined bits 16 to 19',
    rest: (d) =>
      /^lar ebx/.test(d.case.code)
        ? d.names.filter((n) => (changed(d, n) & ~0xf0000n) !== 0n)
        : d.names,
  },
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
