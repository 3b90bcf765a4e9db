/** The rows as people read them: a table for terminals, and the same in Markdown. */

import { table } from '../format.ts';
import { type BenchRow, PEERS, type Peer } from './row.ts';

/** What the numbers were taken on, and with what. */
export interface BenchHost {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** Of one minute, when it began: other work on the host. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

const peersIn = (rows: readonly BenchRow[]): Peer[] =>
  PEERS.filter((peer) => rows.some((r) => peer in r.peers || peer in r.missing));

/** "14.8", "1,230": three digits, as `significant` left them. */
export const figure = (n: number): string => (n >= 1000 ? n.toLocaleString('en-US') : String(n));

/** "14.8 (14.6–15.1)"; without a spread where there is one sample or none to be seen. */
function withSpread(value: number, spread: readonly [number, number] | undefined): string {
  if (!spread || spread[0] === spread[1]) return figure(value);
  return `${figure(value)} (${figure(spread[0])}–${figure(spread[1])})`;
}

function header(rows: readonly BenchRow[]): string[] {
  const peers = peersIn(rows).flatMap((peer) => [peer, `ours/${peer}`]);
  return ['', 'unit', 'ours', ...peers, 'goal'];
}

function goalText({ goal, goalMet }: BenchRow): string {
  if (!goal) return '';
  const verdict = goalMet === undefined ? '' : goalMet ? ', met' : ', not met';
  const whose = goal.of === 'ours' ? '' : `ours/${goal.of} `;
  return `${whose}≤ ${goal.atMost}${verdict}`;
}

function cells(row: BenchRow, peers: readonly Peer[]): string[] {
  const { missing, ours, spread } = row;
  const named = row.note === undefined ? row.name : `${row.name} [${row.note}]`;
  return [
    named,
    row.unit,
    ours === null ? (missing.ours ?? '') : withSpread(ours, spread.ours),
    ...peers.flatMap((peer) => {
      const value = row.peers[peer];
      if (value === undefined) return [missing[peer] ?? '', ''];
      const ratio = row.ratio[peer];
      return [
        withSpread(value, spread.peers[peer]),
        ratio === undefined ? '' : withSpread(ratio, spread.ratio[peer]),
      ];
    }),
    goalText(row),
  ];
}

const groupsOf = (rows: readonly BenchRow[]): string[] => [...new Set(rows.map((r) => r.group))];

/** For a terminal: a table for each group, its title above it. */
export function textReport(rows: readonly BenchRow[]): string[] {
  return groupsOf(rows).flatMap((group, i) => {
    const own = rows.filter((row) => row.group === group);
    const head = header(own);
    const lines = table(
      [head, ...own.map((row) => cells(row, peersIn(own)))],
      head.map((_, column) => column).filter((c) => c > 1 && c < head.length - 1),
    );
    return [...(i > 0 ? [''] : []), group, ...lines];
  });
}

export function markdownReport(rows: readonly BenchRow[], host: BenchHost): string[] {
  const versions = Object.entries(host.versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    `Taken on ${host.date}: ${host.cores} cores of ${host.cpu}, Node ${host.node}, ` +
      `load ${host.load.toFixed(1)} at the start${versions.length ? `; ${versions.join(', ')}` : ''}.`,
    'Medians, with the least and the greatest in parentheses; ratios are taken round by round.',
  ];
  for (const group of groupsOf(rows)) {
    const own = rows.filter((row) => row.group === group);
    const head = header(own);
    lines.push('', `### ${group}`, '', markdownRow(head));
    lines.push(markdownRow(head.map((_, c) => (c > 1 && c < head.length - 1 ? '--:' : '---'))));
    for (const row of own) lines.push(markdownRow(cells(row, peersIn(own))));
  }
  return lines;
}

const markdownRow = (columns: readonly string[]): string =>
  `| ${columns.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
