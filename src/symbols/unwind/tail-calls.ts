/**
 * Calls that left no frame: a function that ends with a call jumps to it, and the callee returns to the
 * caller's caller. Call sites in the debug information tell which functions must have been on the way
 * (DWARF 5 §3.4.1). Only what is on every possible way is believed, as in gdb.
 */

import { AT, TAG } from '../dwarf/constants.ts';
import type { Die } from '../dwarf/die.ts';
import type { Image } from '../image.ts';
import { SymbolError } from '../program.ts';
import type { MachineFrame } from './unwinder.ts';

const SITES_MAX = 2_000;
const CHAIN_MAX = 64;
const DEPTH_MAX = 64;

interface Site {
  /** Where the jump is: behind it. As linked. */
  readonly pc: bigint;
  readonly target: bigint;
}

/** Some way leads through a pointer: it may lead anywhere. */
class Uncertain extends Error {}

/** The entry for the call that returns to an address as linked. */
export function callSiteAt(image: Image, returns: bigint): Die | undefined {
  const [around] = image.scopesAt(returns - 1n);
  if (!around) return undefined;
  for (const site of callSites(around)) if (returnAddress(site) === returns) return site;
  return undefined;
}

/** The function that a call site names; undefined for a call through a pointer. */
export function targetOf(image: Image, site: Die): bigint | undefined {
  const origin = site.reference(AT.CALL_ORIGIN) ?? site.reference(AT.ABSTRACT_ORIGIN);
  if (!origin) return undefined;
  const own = origin.address(AT.LOW_PC) ?? origin.origin.address(AT.LOW_PC);
  if (own !== undefined) return own;
  // Declared here, defined in another unit; or inlined elsewhere with one copy out of line.
  const name = origin.inherited((entry) => entry.name);
  const symbol = name === undefined ? undefined : image.symbols.symbol(name);
  return symbol?.kind === 'data' ? undefined : symbol?.start;
}

/**
 * Where the jumps were that led from the call behind which `returns` is to the function at `callee`,
 * innermost first. Empty if it was called directly, or if that cannot be told.
 */
export function tailCalls(image: Image, returns: bigint, callee: bigint): bigint[] {
  try {
    const site = callSiteAt(image, returns);
    const target = site && targetOf(image, site);
    if (target === undefined || target === callee) return [];
    return certain(waysFrom(image, target, callee));
  } catch (error) {
    if (error instanceof Uncertain || error instanceof SymbolError) return [];
    throw error;
  }
}

/** A frame of a function that is not there any more: it has what its callee's caller has. */
export function tailFrame(
  pc: bigint,
  inner: MachineFrame,
  outer: () => MachineFrame | undefined,
): MachineFrame {
  return {
    pc,
    by: 'tail call',
    interrupted: false,
    cfa: undefined,
    register: (number) => inner.caller?.register(number),
    unchanged: (number) => inner.caller?.unchanged(number),
    get caller() {
      return outer();
    },
  };
}

/** All chains of jumps, each from the outermost inwards. */
function waysFrom(image: Image, from: bigint, callee: bigint): bigint[][] {
  const ways: bigint[][] = [];
  const entered = new Set<bigint>();
  const chain: bigint[] = [];
  let left = SITES_MAX;
  const visit = (start: bigint): void => {
    if (chain.length >= CHAIN_MAX) throw new Uncertain();
    for (const { pc, target } of tailSites(image, start)) {
      if (--left < 0) throw new Uncertain();
      if (entered.has(pc)) continue;
      entered.add(pc);
      chain.push(pc);
      if (target === callee) ways.push([...chain]);
      else visit(target);
      chain.pop();
      entered.delete(pc);
    }
  };
  visit(from);
  return ways;
}

/** What all ways have in common at their outer end and at their inner end; innermost first. */
function certain(ways: readonly (readonly bigint[])[]): bigint[] {
  const [first, ...others] = ways;
  if (!first) return [];
  let outer = first.length;
  let inner = first.length;
  for (const way of others) {
    outer = Math.min(outer, commonLength(first, way));
    inner = Math.min(inner, commonLength([...first].reverse(), [...way].reverse()));
  }
  if (outer === first.length) return [...first].reverse();
  const innermost = first.slice(first.length - inner).reverse();
  return [...innermost, ...first.slice(0, outer).reverse()];
}

function commonLength(a: readonly bigint[], b: readonly bigint[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
}

function tailSites(image: Image, start: bigint): Site[] {
  const [around] = image.scopesAt(start);
  if (!around) return [];
  return around.unit.once(`tail calls ${around.offset}`, () => {
    const found: Site[] = [];
    for (const site of callSites(around)) {
      if (!site.flag(AT.CALL_TAIL_CALL) && !site.flag(AT.GNU_TAIL_CALL)) continue;
      const pc = returnAddress(site);
      const target = targetOf(image, site);
      if (target === undefined) throw new Uncertain();
      if (pc !== undefined) found.push({ pc, target });
    }
    return found;
  });
}

function* callSites(die: Die, depth = 0): Generator<Die> {
  for (const child of die.children()) {
    const { tag } = child;
    if (tag === TAG.CALL_SITE || tag === TAG.GNU_CALL_SITE) yield child;
    const inside = tag === TAG.LEXICAL_BLOCK || tag === TAG.INLINED_SUBROUTINE;
    if (inside && depth < DEPTH_MAX) yield* callSites(child, depth + 1);
  }
}

const returnAddress = (site: Die): bigint | undefined =>
  site.address(AT.CALL_RETURN_PC) ?? site.address(AT.LOW_PC);
