/** `retrovisor exits A --compare B`: what one recording does more of than the other, and where they part. */

import { compareTallies, firstDifference, type Parting } from '../exits/compare.ts';
import { statistics } from '../exits/statistics.ts';
import type { Recording } from '../trace/recording.ts';
import { type ExitsOptions, filterOf, placesIn, rangeOf } from './exits.ts';
import { ticksText } from './exits-statistics.ts';
import { count, plural, table } from './format.ts';
import type { Output } from './output.ts';
import { openRecording, readingFrom } from './recording-file.ts';

export async function compareExits(
  recording: Recording,
  otherPath: string,
  options: ExitsOptions,
  output: Output,
): Promise<void> {
  const other = await openRecording('exits', otherPath);
  try {
    const filter = await filterOf(options, 'exit or irq');
    const by = options.by ?? 'subject';
    const placed = filter.needsPlace || by === 'function' || by === 'stack';
    const count = async (of: Recording, path: string) => {
      const placeOf = placed ? await placesIn(of, { ...options, path }) : undefined;
      return statistics(of, { ...rangeOf(options), filter, by, placeOf });
    };
    const [one, two] = [await count(recording, options.path), await count(other, otherPath)];
    const tallies = compareTallies(one, two);
    const parting = readingFrom(otherPath, () =>
      filter.needsPlace ? undefined : firstDifference(recording, other, filter),
    );
    output.document({
      totals: [one.total, two.total],
      ticks: [one.time, two.time],
      bySubject: tallies,
      firstDifference: parting ?? null,
    });
    if (output.json) return;
    output.line(
      `${plural(one.total, 'exit')} here, ${plural(two.total, 'exit')} in '${otherPath}'`,
    );
    output.line();
    show(tallies.slice(0, options.top), output);
    output.line();
    if (!filter.needsPlace) showParting(parting, output);
  } finally {
    other.close();
  }
}

function show(tallies: ReturnType<typeof compareTallies>, output: Output): void {
  const signed = (n: number, text: (n: number) => string): string =>
    n === 0 ? '=' : `${n > 0 ? '+' : '-'}${text(Math.abs(n))}`;
  const rows = tallies.map(({ reason, subject, name, counts: [a, b], times: [s, t] }) => [
    `${reason} ${subject}`,
    ...[count(a), count(b), signed(b - a, count)],
    ...[ticksText(s), ticksText(t), signed(t - s, ticksText)],
    name,
  ]);
  const head = ['subject', 'here', 'there', 'samples', 'time', 'there', 'difference', ''];
  const [first = '', ...rest] = table([head, ...rows], [1, 2, 3, 4, 5, 6]);
  output.line(output.style('bold', first));
  for (const line of rest) output.line(line);
}

function showParting(parting: Parting | undefined, output: Output): void {
  if (!parting) {
    output.line('no frame differs');
    return;
  }
  output.line(`the first ${plural(parting.same, 'frame')} are the same; then`);
  output.line(`  here   ${parting.lines[0] ?? 'the end'}`);
  output.line(`  there  ${parting.lines[1] ?? 'the end'}`);
}
