/** Runs families of cases on our machines and on others, and says where they part. */

import { Random } from '../float/cases.ts';
import type { MachineCase } from './case.ts';
import type { Family } from './families/common.ts';
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
  readonly onFamily?: (name: string) => void;
}

export function compareMachines(options: CompareOptions): Comparison {
  const tallies: FamilyTally[] = [];
  const failures: string[] = [];
  for (const family of options.families) {
    options.onFamily?.(family.name);
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

export function makeCases(
  family: Family,
  { seed, casesEach }: Pick<CompareOptions, 'seed' | 'casesEach'>,
): MachineCase[] {
  const r = new Random(seed ^ hash(family.name));
  return Array.from({ length: casesEach }, () => ({ ...family.make(r), family: family.name }));
}

const alones = new Set<string>();
function compareGuest(guest: Guest, tally: FamilyTally, options: CompareOptions): string[] {
  const failures: string[] = [];
  const timed = (peer: Peer): EndState[] => {
    const t = Date.now();
    const x = statesOf(peer, guest);
    process.stderr.write(`  ${peer.name} ${Date.now() - t} ms\n`);
    return x;
  };
  const mine = timed(options.ours);
  const tiers = options.tiers.map((peer) => ({ peer, states: timed(peer) }));
  const others = options.others.map((peer) => ({ peer, states: timed(peer) }));
  for (const [i, c] of guest.cases.entries()) {
    tally.states++;
    const our = mine[i]!;
    const fail = (peer: string, their: EndState, names: readonly string[]): void => {
      tally.unexplained++;
      failures.push(
        describe(
          c,
          i,
          our,
          peer,
          their,
          names,
          others.map(({ peer: p, states }) => [p.name, states[i]!]),
        ),
      );
    };
    for (const { peer, states } of tiers) {
      const names = differing(our, states[i]!);
      count(tally.agree, peer.name, names.length === 0);
      if (names.length) fail(peer.name, states[i]!, names);
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
      // Two of three against it.
      if (!rule && alone.length === 1 && others.length > 1) {
        count(tally.known, `${peer.name} alone`, true);
        const key = `${c.family} ${names.slice(0, 3).map((n) => (n[0] === '[' ? '[]' : n))} ${our.values.get('vector')} ${states[i]!.values.get('vector')}`;
        if (process.env['ALONE'] === peer.name && !alones.has(key)) {
          alones.add(key);
          fail(peer.name + ' ALONE', states[i]!, names);
          tally.unexplained--;
        }
        continue;
      }
      if (rule) count(tally.known, `${peer.name}: ${rule}`, true);
      else fail(peer.name, states[i]!, names);
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
  their: EndState,
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
