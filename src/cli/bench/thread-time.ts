/** CPU time of the main thread: compilers and collectors of V8 have theirs beside it. */

import { readFileSync } from 'node:fs';

/** Seconds; where the host has no /proc, wall time. */
export function threadSeconds(): number {
  try {
    // proc(5): nanoseconds on the CPU come first.
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1');
    return Number(text.split(' ')[0]) / 1e9;
  } catch {
    return performance.now() / 1000;
  }
}
