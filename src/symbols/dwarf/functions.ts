/** Functions and inlined calls by address (DWARF 5 §3.3), within one unit. */

import { AT, TAG } from './constants.ts';
import type { Die } from './die.ts';
import { type LinkedRange, rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

interface FunctionSpan extends LinkedRange {
  readonly offset: number;
}

/** Blocks within blocks: C compilers stop at some hundred. */
const DEPTH_MAX = 256;

/** All functions of a unit that have code, by where it is. */
export function functionSpans(unit: Unit): readonly FunctionSpan[] {
  return unit.once('functions', () => {
    const found: FunctionSpan[] = [];
    for (const die of functionDies(unit)) {
      for (const range of rangesOf(die)) found.push({ ...range, offset: die.offset });
    }
    return found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  });
}

export function* functionDies(unit: Unit, parent: Die = unit.root, depth = 0): Generator<Die> {
  for (const die of parent.children()) {
    if (die.tag === TAG.SUBPROGRAM) yield die;
    else if (die.tag === TAG.NAMESPACE && depth < DEPTH_MAX)
      yield* functionDies(unit, die, depth + 1);
  }
}

export function functionAt(unit: Unit, linked: bigint): Die | undefined {
  const spans = functionSpans(unit);
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (spans[middle]!.start <= linked) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0 && i > low - 4; i--) {
    if (linked < spans[i]!.end) return unit.die(spans[i]!.offset);
  }
  return undefined;
}

/**
 * What surrounds an address: the function, then the blocks and inlined calls inside, outermost first.
 */
export function scopesAt(unit: Unit, linked: bigint): Die[] {
  const outermost = functionAt(unit, linked);
  if (!outermost) return [];
  const found = [outermost];
  for (let die: Die | undefined = outermost; die && found.length < DEPTH_MAX; ) {
    die = scopeWithin(die, linked);
    if (die) found.push(die);
  }
  return found;
}

/** The function and the inlined calls at an address, outermost first. */
export const functionScopesAt = (unit: Unit, linked: bigint): Die[] =>
  scopesAt(unit, linked).filter(({ tag }) => tag !== TAG.LEXICAL_BLOCK);

/** A block without addresses of its own takes those around it. */
export const isTransparent = (die: Die): boolean => !die.has(AT.LOW_PC) && !die.has(AT.RANGES);

function scopeWithin(die: Die, linked: bigint, depth = 0): Die | undefined {
  for (const child of die.children()) {
    if (child.tag !== TAG.LEXICAL_BLOCK && child.tag !== TAG.INLINED_SUBROUTINE) continue;
    if (child.tag === TAG.LEXICAL_BLOCK && isTransparent(child) && depth < DEPTH_MAX) {
      const inside = scopeWithin(child, linked, depth + 1);
      if (inside) return inside;
      continue;
    }
    const ranges = rangesOf(child);
    if (ranges.some(({ start, end }) => linked >= start && linked < end)) return child;
  }
  return undefined;
}

/** Copies of an inlined function inside one function. */
export function* inlinedCopies(die: Die, origin: number, depth = 0): Generator<Die> {
  if (depth > DEPTH_MAX) return;
  for (const child of die.children()) {
    const { tag } = child;
    if (tag === TAG.INLINED_SUBROUTINE && child.origin.id === origin) yield child;
    if (tag === TAG.INLINED_SUBROUTINE || tag === TAG.LEXICAL_BLOCK) {
      yield* inlinedCopies(child, origin, depth + 1);
    }
  }
}

/** Where execution enters. */
export function entryOf(die: Die): bigint | undefined {
  const entry = die.attribute(AT.ENTRY_PC);
  if (entry?.kind === 'address' || entry?.kind === 'address index') return die.address(AT.ENTRY_PC);
  const first = die.address(AT.LOW_PC) ?? rangesOf(die)[0]?.start;
  // As a constant it counts from the lowest address (DWARF 5 §2.18).
  if (entry && (entry.kind === 'constant' || entry.kind === 'data') && first !== undefined) {
    return first + entry.value;
  }
  return first;
}

/** Was it compiled with optimisation? Then variables are where lists say, from the first instruction on. */
export function hasLocationLists(die: Die): boolean {
  for (const child of die.children()) {
    if (child.tag !== TAG.FORMAL_PARAMETER && child.tag !== TAG.VARIABLE) continue;
    const location = child.attribute(AT.LOCATION);
    if (location && location.kind !== 'expression' && location.kind !== 'block') return true;
  }
  return false;
}
