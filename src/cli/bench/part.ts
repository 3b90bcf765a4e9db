/**
 * The parts of the benchmark that have a process to themselves: `retrovisor bench --part JSON` runs
 * one and prints its result. Not for people.
 */

import { UsageError } from '../errors.ts';
import { type BenchGuest, guestFiles } from './guests.ts';
import type { LoopPart } from './loops.ts';
import type { TravelPart } from './travel.ts';

export interface V86Part {
  readonly kind: 'v86';
  readonly guest: BenchGuest;
}

export type Part = LoopPart | TravelPart | V86Part;

export async function runPart(text: string): Promise<object> {
  const part = parsePart(text);
  switch (part.kind) {
    case 'loop':
      return (await import('./loops.ts')).runLoop(part);
    case 'travel':
      return await (await import('./travel.ts')).travel(part);
    case 'v86':
      return await (await import('./v86.ts')).runV86(guestFiles(part.guest));
  }
}

function parsePart(text: string): Part {
  try {
    const part = JSON.parse(text) as Part;
    if (['loop', 'travel', 'v86'].includes(part.kind)) return part;
  } catch {
    // Said below.
  }
  throw new UsageError("--part expects what 'retrovisor bench' gives its own processes");
}
