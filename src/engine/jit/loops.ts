/**
 * Loops of a region, as nested intervals of its blocks. Blocks stand in the order of their addresses,
 * so a backward edge j → i makes [i, j] a loop; intervals that overlap without nesting become one.
 */

/** Blocks `from` to `to`, `to` included; `parts` are its blocks and inner loops in order. */
export interface Loop {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly (number | Loop)[];
}

export const contains = (part: number | Loop, block: number): boolean =>
  typeof part === 'number' ? part === block : part.from <= block && block <= part.to;

/** The whole region as one loop (its dispatch is one), with the loops that `edges` make inside. */
export function findLoops(blocks: number, edges: readonly (readonly [number, number])[]): Loop {
  // Farthest end of a loop that begins at each block.
  const ends = new Map<number, number>();
  for (const [from, to] of edges) {
    if (to <= from) ends.set(to, Math.max(ends.get(to) ?? 0, from));
  }
  const intervals = [...ends].map(([from, to]) => ({ from, to })).sort((a, b) => a.from - b.from);
  // Growing one interval may make it overlap another: repeat until nothing grows.
  for (let grown = true; grown; ) {
    grown = false;
    for (const a of intervals) {
      for (const b of intervals) {
        if (a.from < b.from && b.from <= a.to && a.to < b.to) {
          a.to = b.to;
          grown = true;
        }
      }
    }
  }
  return build(0, blocks - 1, intervals, true);
}

function build(
  from: number,
  to: number,
  intervals: readonly { from: number; to: number }[],
  root: boolean,
): Loop {
  const inner = intervals.filter(
    (i) => i.from >= from && i.to <= to && (root || i.from !== from || i.to !== to),
  );
  const parts: (number | Loop)[] = [];
  for (let block = from; block <= to; ) {
    const widest = inner
      .filter((i) => i.from === block)
      .reduce<{ from: number; to: number } | undefined>(
        (best, i) => (best && best.to >= i.to ? best : i),
        undefined,
      );
    if (widest) {
      parts.push(build(widest.from, widest.to, intervals, false));
      block = widest.to + 1;
    } else {
      parts.push(block++);
    }
  }
  return { from, to, parts };
}
