/**
 * What RDRAND and RDSEED return: a stream from a seed that is an input of the machine. The same seed
 * gives the same run; where real randomness is wanted, the host draws the seed.
 *
 * SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
 */

export class RandomStream {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = BigInt.asUintN(64, seed);
  }

  /** The state from which the stream continues. */
  get state(): bigint {
    return this.#state;
  }

  next(bytes: 2 | 4 | 8): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e37_79b9_7f4a_7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return BigInt.asUintN(8 * bytes, z ^ (z >> 31n));
  }
}
