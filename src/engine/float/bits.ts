/** Integer helpers on BigInt that the floating-point kernel is made of. */

const scratch = new DataView(new ArrayBuffer(8));

/** Position of the highest set bit plus one; 0 for 0. */
export function bitLength(x: bigint): number {
  if (x === 0n) return 0;
  // Number() rounds to nearest, so the double's exponent is right unless it rounded up to a power
  // of two; only then is a look at the integer needed.
  scratch.setFloat64(0, Number(x));
  const high = scratch.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  if (exponent === 1024) return 1000 + bitLength(x >> 1000n); // Number() gave infinity
  if ((high & 0xfffff) === 0 && scratch.getUint32(4) === 0 && x >> BigInt(exponent) === 0n) {
    return exponent;
  }
  return exponent + 1;
}

/** The integer square root, rounded down. `x` must be below 2^1023. */
export function squareRoot(x: bigint): bigint {
  if (x === 0n) return 0n;
  let root = BigInt(Math.floor(Math.sqrt(Number(x)))) + 1n;
  // The double gives 52 good bits and each Newton step doubles them; the loop ends at the floor
  // because from above Newton's iteration decreases until it is there.
  root = (root + x / root) >> 1n;
  if (root * root < x) root += 1n;
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  while (root * root > x) root -= 1n;
  while ((root + 1n) * (root + 1n) <= x) root += 1n;
  return root;
}
