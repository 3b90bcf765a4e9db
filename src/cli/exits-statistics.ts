/**
 * The tables of `retrovisor exits`, with the columns of `perf kvm stat report`: samples, their share,
 * the share of the time, least, most and average cost. Costs are guest time; see docs/exits.md.
 */

import { parseFilter } from '../exits/filter.ts';
import { byReason, type Statistics, statistics, type Tally } from '../exits/statistics.ts';
import type { Recording } from '../trace/recording.ts';
import { type ExitsOptions, filterOf, placesIn, rangeOf } from './exits.ts';
import { count, percent, plural, table } from './format.ts';
import type { Output } from './output.ts';

export async function showStatistics(
  recording: Recording,
  options: ExitsOptions,
  output: Output,
): Promise<void> {
  const filter = await filterOf(options, 'exit');
  const by = options.by ?? 'subject';
  const placed = filter.needsPlace || by === 'function' || by === 'stack';
  const placeOf = placed ? await placesIn(recording, options) : undefined;
  const found = statistics(recording, { ...rangeOf(options), filter, by, placeOf });
  // Interrupts are no exits, and have a table of their own where nothing else was asked for.
  const plain = options.filter === undefined && options.by === undefined;
  const irqs = plain
    ? statistics(recording, { ...rangeOf(options), filter: parseFilter('irq'), by: 'subject' })
    : undefined;
  output.document(documentOf(recording, found, irqs, options));
  if (output.json) return;
  heading(recording, found, options, output);
  section('reason', mergedByReason(found), found, options, output);
  if (by === 'subject') {
    for (const { title, tallies } of bySort(found.tallies)) {
      section(title, tallies, found, options, output);
    }
  } else if (by !== 'reason') section(by, found.tallies, found, options, output);
  if (irqs && irqs.total > 0) section('interrupt', irqs.tallies, irqs, options, output);
  if (options.histogram) histograms(found, options, output);
}

function heading(
  recording: Recording,
  { total, time }: Statistics,
  options: ExitsOptions,
  output: Output,
): void {
  if (options.filter !== undefined || options.from !== undefined || options.to !== undefined) {
    output.line(`${count(total)} of ${plural(recording.frames, 'frame')}, ${ticksText(time)}`);
    return;
  }
  const per = recording.exits > 0 ? Math.round(recording.lastIcount / recording.exits) : 0;
  output.line(
    `${plural(total, 'exit')} and ${plural(recording.interrupts, 'interrupt')} in ` +
      `${plural(recording.lastIcount, 'instruction')}${per > 0 ? `, one in ${count(per)}` : ''}`,
  );
}

interface Row {
  readonly label: string;
  readonly name: string;
  readonly tally: Tally;
}

/** One tally for each reason, for which the distributions are not kept: counted again by reason. */
function mergedByReason({ tallies }: Statistics): Tally[] {
  const single = new Map<string, Tally[]>();
  for (const tally of tallies) {
    single.set(tally.reason, [...(single.get(tally.reason) ?? []), tally]);
  }
  return byReason(tallies).map(({ reason }) => {
    const [first, ...rest] = single.get(reason)!;
    const cost = rest.reduce((sum, tally) => sum.plus(tally.cost), first!.cost);
    return { reason, subject: '', name: '', cost };
  });
}

/** What the exits were about has tables of its own, as perf's events have. */
const SORTS: readonly { readonly title: string; readonly reasons: RegExp }[] = [
  { title: 'port', reasons: /^pio-/ },
  { title: 'page', reasons: /^mmio-/ },
  { title: 'msr', reasons: /^(?:rd|wr)msr$/ },
  { title: 'other', reasons: /^(?!pio-|mmio-|rdmsr|wrmsr)/ },
];

function bySort(tallies: readonly Tally[]): { title: string; tallies: readonly Tally[] }[] {
  return SORTS.map(({ title, reasons }) => {
    const those = tallies.filter(({ reason }) => reasons.test(reason));
    return { title, tallies: title === 'page' ? byPage(those) : those };
  }).filter((sort) => sort.tallies.length > 0);
}

const PAGE = 0x1000;

/** A device's registers are a page, mostly. */
export function byPage(tallies: readonly Tally[]): Tally[] {
  const found = new Map<string, Tally>();
  for (const tally of tallies) {
    const at = Number(/0x[0-9a-f]+$/.exec(tally.subject)?.[0] ?? 0);
    const page = (Math.floor(at / PAGE) * PAGE).toString(16).padStart(9, '0');
    const device = tally.name.split(' ')[0] ?? '';
    const key = `${tally.reason} ${page} ${device}`;
    const known = found.get(key);
    found.set(key, {
      ...{ reason: tally.reason, subject: `page 0x${page}`, name: device },
      cost: known ? known.cost.plus(tally.cost) : tally.cost,
    });
  }
  return [...found.values()].sort((a, b) => b.cost.count - a.cost.count);
}

function section(
  title: string,
  tallies: readonly Tally[],
  whole: Statistics,
  options: ExitsOptions,
  output: Output,
): void {
  const named = tallies.filter(({ subject }) => title === 'reason' || subject !== '');
  const rows: Row[] = named.slice(0, options.top).map((tally) => ({
    label: title === 'reason' ? tally.reason : `${tally.reason} ${tally.subject}`,
    name: tally.name,
    tally,
  }));
  if (rows.length === 0) return;
  const percentiles = options.percentiles ? ['p50', 'p90', 'p99', 'p99.9'] : [];
  const head = [title, 'samples', 'samples%', 'time%', 'min', 'max', 'average', '', ...percentiles];
  const lines = rows.map(({ label, name, tally: { cost } }) => [
    label,
    count(cost.count),
    percent(whole.total > 0 ? cost.count / whole.total : 0),
    percent(whole.time > 0 ? cost.sum / whole.time : 0),
    ticksText(cost.min),
    ticksText(cost.max),
    ticksText(cost.mean),
    `(+- ${(cost.spread * 100).toFixed(1)} %)`,
    ...(options.percentiles ? [0.5, 0.9, 0.99, 0.999] : []).map((p) =>
      ticksText(cost.percentile(p)),
    ),
    name,
  ]);
  output.line();
  const right = head.map((_, i) => i).slice(1);
  const [first = '', ...rest] = table([[...head, ''], ...lines], right);
  output.line(output.style('bold', first));
  for (const line of rest) output.line(line);
  const more = named.length - rows.length;
  if (more > 0 && title !== 'reason') output.note(`${count(more)} more; --top shows them`);
}

const BAR = 40;

function histograms(found: Statistics, options: ExitsOptions, output: Output): void {
  for (const { reason, subject, name, cost } of found.tallies.slice(0, options.top)) {
    output.line();
    output.line(output.style('bold', `${reason} ${subject} ${name}`.trim()));
    const octaves = cost.octaves();
    const most = Math.max(...octaves.map((octave) => octave.count));
    const rows = octaves.map(({ from, count: n }, i) => {
      const to = octaves[i + 1]?.from ?? Math.max(2, from * 2);
      return [
        `${ticksText(from)} - ${ticksText(to)}`,
        count(n),
        '#'.repeat(Math.ceil((n / most) * BAR)),
      ];
    });
    for (const line of table(rows, [0, 1])) output.line(line);
  }
}

/** Guest time: 1 tick is 1 ns. */
export function ticksText(ticks: number): string {
  if (ticks < 10_000) return `${Math.round(ticks)} ns`;
  if (ticks < 10_000_000) return `${(ticks / 1000).toFixed(1)} us`;
  if (ticks < 10_000_000_000) return `${(ticks / 1e6).toFixed(1)} ms`;
  return `${(ticks / 1e9).toFixed(1)} s`;
}

function documentOf(
  recording: Recording,
  found: Statistics,
  irqs: Statistics | undefined,
  options: ExitsOptions,
) {
  const row = (whole: Statistics) => (tally: Tally) => tallyDocument(tally, whole, options);
  return {
    total: found.total,
    interrupts: recording.interrupts,
    icount: recording.lastIcount,
    ticks: found.time,
    byReason: mergedByReason(found).map(row(found)),
    bySubject: found.tallies
      .filter(({ subject }) => subject !== '')
      .slice(0, options.top)
      .map(row(found)),
    ...((options.by ?? 'subject') === 'subject'
      ? {
          byPage: byPage(found.tallies.filter(({ reason }) => /^mmio-/.test(reason))).map(
            row(found),
          ),
        }
      : {}),
    ...(irqs ? { byVector: irqs.tallies.map(row(irqs)) } : {}),
  };
}

export function tallyDocument(
  { reason, subject, name, cost }: Tally,
  whole: Statistics,
  options: ExitsOptions,
) {
  return {
    reason,
    ...(subject === '' ? {} : { subject, name }),
    count: cost.count,
    share: whole.total > 0 ? cost.count / whole.total : 0,
    ticks: cost.sum,
    timeShare: whole.time > 0 ? cost.sum / whole.time : 0,
    min: cost.min,
    max: cost.max,
    mean: cost.mean,
    spread: cost.spread,
    percentiles: {
      p50: cost.percentile(0.5),
      p90: cost.percentile(0.9),
      p99: cost.percentile(0.99),
      p999: cost.percentile(0.999),
    },
    ...(options.histogram ? { histogram: cost.octaves() } : {}),
  };
}
