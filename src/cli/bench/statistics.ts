/** What a handful of timings says: medians with their spread, percentiles, ratios round by round. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly samples: number;
}

export function summarise(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new Error('bench: a summary of no samples');
  return {
    median: percentile(samples, 50),
    min: Math.min(...samples),
    max: Math.max(...samples),
    samples: samples.length,
  };
}

/**
 * The value that `p` percent of the samples do not exceed: between two neighbours a share of the
 * way, so that p50 of an even number of samples is the usual median.
 */
export function percentile(samples: readonly number[], p: number): number {
  if (samples.length === 0) throw new Error('bench: a percentile of no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const at = ((sorted.length - 1) * p) / 100;
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Ours by the peer's within each round: what disturbs a round disturbs both, so these spread less
 * than the timings do. Rounds that one of the two did not finish are left out.
 */
export function pairedRatios(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): number[] {
  const ratios: number[] = [];
  for (let round = 0; round < Math.min(ours.length, theirs.length); round++) {
    const [a, b] = [ours[round], theirs[round]];
    if (a !== undefined && b !== undefined && b > 0) ratios.push(a / b);
  }
  return ratios;
}

/** As many digits as a timing deserves. */
export const significant = (n: number): number => Number(n.toPrecision(3));
