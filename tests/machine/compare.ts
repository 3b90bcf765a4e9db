/** Runs families of cases on our machines and on others, and says where they part. */

import { Random } from '../float/cases.ts';
import type { MachineCase } from './case.ts';
import type { Family } from './families/family.ts';
import { type Guest, guestsOf } from './image.ts';
import type { Peer } from './machines.ts';
import { explain } from './rules.ts';
import { differing, type EndState, show, statesOf } from './states.ts';

export interface FamilyTally {
  readonly family: string;
  states: number;
  /** Machines compared with, by name: how many states are as ours. */
  readonly agree: Map<string, number>;
  /** Differences that are known, by peer and rule. */
  readonly known: Map<string, number>;
  unexplained: number;
}

export interface Comparison {
  readonly tallies: readonly FamilyTally[];
  readonly failures: readonly string[];
}

const SHOWN = 12;

export interface CompareOptions {
  readonly families: readonly Family[];
  readonly ours: Peer;
  /** Another tier of ours: any difference counts. */
  readonly tiers: readonly Peer[];
  readonly others: readonly Peer[];
  readonly seed: number;
  readonly casesEach: number;
}

export function compareMachines(options: CompareOptions): Comparison {
  const tallies: FamilyTally[] = [];
  const failures: string[] = [];
  for (const family of options.families) {
    const tally: FamilyTally = {
      family: family.name,
      states: 0,
      agree: new Map(),
      known: new Map(),
      unexplained: 0,
    };
    tallies.push(tally);
    let shown = 0;
    for (const guest of guestsOf(family.world, makeCases(family, options))) {
      for (const failure of compareGuest(guest, tally, options)) {
        if (shown++ < SHOWN) failures.push(failure);
      }
    }
  }
  return { tallies, failures };
}

function makeCases(family: Family, { seed, casesEach }: CompareOptions): MachineCase[] {
  const r = new Random(seed ^ hash(family.name));
  return Array.from({ length: casesEach }, () => ({ ...family.make(r), family: family.name }));
}

function compareGuest(guest: Guest, tally: FamilyTally, options: CompareOptions): string[] {
  const failures: string[] = [];
  const mine = statesOf(options.ours, guest);
  const tiers = options.tiers.map((peer) => ({ peer, states: statesOf(peer, guest) }));
  const others = options.others.map((peer) => ({ peer, states: statesOf(peer, guest) }));
  for (const [i, c] of guest.cases.entries()) {
    tally.states++;
    const our = mine[i]!;
    const fail = (peer: string, names: readonly string[]): void => {
      tally.unexplained++;
      failures.push(
        describe(
          c,
          i,
          our,
          peer,
          names,
          others.map(({ peer: p, states }) => [p.name, states[i]!]),
        ),
      );
    };
    for (const { peer, states } of tiers) {
      const names = differing(our, states[i]!);
      count(tally.agree, peer.name, names.length === 0);
      if (names.length) fail(peer.name, names);
    }
    const alone = others.filter(({ peer, states }) => {
      const their = states[i]!;
      const names = differing(our, their);
      return (
        names.length > 0 && !explain({ case: c, peer: peer.name, ours: our, theirs: their, names })
      );
    });
    for (const { peer, states } of others) {
      const names = differing(our, states[i]!);
      count(tally.agree, peer.name, names.length === 0);
      if (names.length === 0) continue;
      const rule = explain({ case: c, peer: peer.name, ours: our, theirs: states[i]!, names });
      // Two of three against it; and QEMU checks too little to be believed when nobody else is asked.
      if (!rule && alone.length === 1 && others.length > 1) {
        count(tally.known, `${peer.name} alone`, true);
      } else if (!rule && peer.name === 'QEMU' && others.length === 1) {
        count(tally.known, 'QEMU, with no third to decide', true);
      } else if (rule) count(tally.known, `${peer.name}: ${rule}`, true);
      else fail(peer.name, names);
    }
  }
  return failures;
}

function count(into: Map<string, number>, key: string, holds: boolean): void {
  into.set(key, (into.get(key) ?? 0) + (holds ? 1 : 0));
}

function describe(
  c: MachineCase,
  index: number,
  our: EndState,
  peer: string,
  names: readonly string[],
  all: readonly (readonly [string, EndState])[],
): string {
  const ends = [['ours', our] as const, ...all].map(
    ([name, state]) => `${name} ${show(state, 'vector')}(${show(state, 'error')})`,
  );
  const lines = names.slice(0, 10).map((name) => {
    const theirs = all.map(([who, state]) => `${who} ${show(state, name)}`).join(', ');
    return `    ${name}: ours ${show(our, name)}, ${theirs}`;
  });
  return [
    `${c.family} #${index}, ${peer} (${c.about}): ${c.code}`,
    `    ${ends.join(', ')}`,
    ...lines,
  ].join('\n');
}

function hash(of: string): number {
  let h = 0x811c9dc5;
  for (const ch of of) h = Math.imul(h ^ ch.charCodeAt(0), 0x01000193) >>> 0;
  return h;
}
