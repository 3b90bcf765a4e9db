/** Hex as the tracer prints it. */

/** 0x with as many digits as it takes, or at least `width`. */
export function hex(value: bigint | number, width = 1): string {
  return `0x${value.toString(16).padStart(width, '0')}`;
}
