/**
 * A distribution of costs in fixed memory: exact count, sum, least, most and spread, and buckets of
 * a sixteenth of an octave for percentiles and histograms, so that a percentile is right to 6.25 %.
 */

const STEPS = 16;
const OCTAVES = 54;

export class Distribution {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = 0;
  /** Welford's running mean and sum of squared differences. */
  #mean = 0;
  #squares = 0;
  readonly #buckets = new Float64Array(STEPS * OCTAVES);

  add(cost: number): void {
    this.count++;
    this.sum += cost;
    if (cost < this.min) this.min = cost;
    if (cost > this.max) this.max = cost;
    const delta = cost - this.#mean;
    this.#mean += delta / this.count;
    this.#squares += delta * (cost - this.#mean);
    this.#buckets[bucketOf(cost)]!++;
  }

  /** Both together, as a new one (Chan et al.'s formula for the squares). */
  plus(other: Distribution): Distribution {
    const both = new Distribution();
    both.count = this.count + other.count;
    both.sum = this.sum + other.sum;
    both.min = Math.min(this.min, other.min);
    both.max = Math.max(this.max, other.max);
    if (both.count === 0) return both;
    const delta = other.#mean - this.#mean;
    both.#mean = this.#mean + (delta * other.count) / both.count;
    both.#squares =
      this.#squares + other.#squares + (delta * delta * this.count * other.count) / both.count;
    for (const [i, count] of this.#buckets.entries()) {
      both.#buckets[i] = count + other.#buckets[i]!;
    }
    return both;
  }

  get mean(): number {
    return this.#mean;
  }

  /** Standard error of the mean as a share of it: the "+-" of perf's tables. */
  get spread(): number {
    if (this.count < 2 || this.#mean === 0) return 0;
    const variance = this.#squares / (this.count - 1);
    return Math.sqrt(variance / this.count) / this.#mean;
  }

  /** The cost that `share` of all stay at or below. */
  percentile(share: number): number {
    let left = Math.ceil(share * this.count);
    for (const [i, count] of this.#buckets.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return Math.min(this.max, Math.max(this.min, limitOf(i)));
    }
    return this.max;
  }

  /** Counts by octave: those of [2^n, 2^(n+1)), and of 0 and 1 first. Empty ends are left out. */
  octaves(): { readonly from: number; readonly count: number }[] {
    const found = Array.from({ length: OCTAVES }, (_, octave) => ({
      from: octave === 0 ? 0 : 2 ** octave,
      count: this.#buckets
        .subarray(octave * STEPS, (octave + 1) * STEPS)
        .reduce((sum, count) => sum + count, 0),
    }));
    const first = found.findIndex(({ count }) => count > 0);
    const last = found.findLastIndex(({ count }) => count > 0);
    return first < 0 ? [] : found.slice(first, last + 1);
  }
}

function bucketOf(cost: number): number {
  if (cost < 2) return cost < 1 ? 0 : 1;
  const octave = Math.min(OCTAVES - 1, Math.floor(Math.log2(cost)));
  const base = 2 ** octave;
  return octave * STEPS + Math.min(STEPS - 1, Math.floor(((cost - base) / base) * STEPS));
}

/** The largest whole number in a bucket. */
function limitOf(bucket: number): number {
  if (bucket < STEPS) return bucket === 0 ? 0 : 1;
  const base = 2 ** Math.floor(bucket / STEPS);
  return Math.max(base, Math.ceil(base + (base * ((bucket % STEPS) + 1)) / STEPS) - 1);
}
