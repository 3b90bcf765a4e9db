/** A row of the benchmark: what was measured, ours beside the peers', as it goes into `--json`. */

import { pairedRatios, type Summary, significant, summarise } from './statistics.ts';

export const PEERS = ['qemu', 'v86'] as const;
export type Peer = (typeof PEERS)[number];

/** What we hold ourselves to: a bound on our own value, or on its ratio to a peer's. */
export interface Goal {
  readonly of: 'ours' | Peer;
  readonly atMost: number;
}

export interface RowSpec {
  /** Rows of one subject stand together: a guest, the loops. */
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  readonly goal?: Goal;
  /** How the peers were run, where their name does not say it. */
  readonly note?: string;
}

type ByPeer<T> = Readonly<Partial<Record<Peer, T>>>;

export interface BenchRow extends RowSpec {
  /** Medians. `null`: it was tried and did not end well; `missing` says why. */
  readonly ours: number | null;
  readonly peers: ByPeer<number>;
  /** Ours divided by the peer's, round by round: the median of that. */
  readonly ratio: ByPeer<number>;
  readonly spread: {
    readonly ours?: readonly [number, number];
    readonly peers: ByPeer<readonly [number, number]>;
    readonly ratio: ByPeer<readonly [number, number]>;
  };
  readonly samples: number;
  /** Why a peer, or we, have no number here. */
  readonly missing: Readonly<Partial<Record<Peer | 'ours', string>>>;
  readonly goalMet?: boolean;
}

/** One value for each round; undefined where it failed. A text: why there are none at all. */
export type Samples = readonly (number | undefined)[] | string;

const rangeOf = ({ min, max }: Summary): readonly [number, number] => [
  significant(min),
  significant(max),
];

export function makeRow(spec: RowSpec, ours: Samples, peers: ByPeer<Samples> = {}): BenchRow {
  const missing: Partial<Record<Peer | 'ours', string>> = {};
  const summaryOf = (who: Peer | 'ours', samples: Samples): Summary | undefined => {
    const found = typeof samples === 'string' ? [] : samples.filter((n) => n !== undefined);
    if (found.length > 0) return summarise(found);
    missing[who] = typeof samples === 'string' ? samples : 'it did not finish';
    return undefined;
  };
  const mine = summaryOf('ours', ours);
  const values: Partial<Record<Peer, number>> = {};
  const ratio: Partial<Record<Peer, number>> = {};
  const peerSpread: Partial<Record<Peer, readonly [number, number]>> = {};
  const ratioSpread: Partial<Record<Peer, readonly [number, number]>> = {};
  for (const peer of PEERS) {
    const samples = peers[peer];
    if (samples === undefined) continue;
    const theirs = summaryOf(peer, samples);
    if (!theirs) continue;
    values[peer] = significant(theirs.median);
    peerSpread[peer] = rangeOf(theirs);
    if (typeof ours === 'string' || typeof samples === 'string') continue;
    const ratios = pairedRatios(ours, samples);
    if (ratios.length === 0) continue;
    const compared = summarise(ratios);
    ratio[peer] = significant(compared.median);
    ratioSpread[peer] = rangeOf(compared);
  }
  const { goal } = spec;
  const judged = goal && (goal.of === 'ours' ? mine?.median : ratio[goal.of]);
  return {
    ...spec,
    ours: mine ? significant(mine.median) : null,
    peers: values,
    ratio,
    spread: { ...(mine && { ours: rangeOf(mine) }), peers: peerSpread, ratio: ratioSpread },
    samples: mine?.samples ?? 0,
    missing,
    ...(goal && judged !== undefined && { goalMet: judged <= goal.atMost }),
  };
}

/** The goals are for real guests: beside starting a process, the demo guest is nothing. */
export function unjudged({ goal, goalMet, ...row }: BenchRow): BenchRow {
  return row;
}
