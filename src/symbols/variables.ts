/**
 * Variables at a frame: which there are, and where each of them is now. What the compiler did not keep
 * is optimised out; nothing is guessed.
 */

import { AT, TAG } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import { entryOf, isTransparent } from './dwarf/functions.ts';
import { compute, type LocationContext, locate, missing, type Piece } from './dwarf/locate.ts';
import { locationAt } from './dwarf/location-lists.ts';
import { rangesOf } from './dwarf/ranges.ts';
import type { ProgramFrame } from './frames.ts';
import type { Image } from './image.ts';
import { type Guest, SymbolError } from './program.ts';
import { callSiteAt, targetOf } from './unwind/tail-calls.ts';
import type { MachineFrame } from './unwind/unwinder.ts';
import {
  AssembledStorage,
  assemble,
  fromInteger,
  nowhere,
  type Storage,
} from './values/storage.ts';
import { constantOf, sizeOf, strip, type Types } from './values/types.ts';
import { GuestValue, type ValueSpace } from './values/value.ts';

export interface VariablePlace {
  readonly guest: Guest;
  readonly image: Image;
  readonly types: Types;
  readonly space: ValueSpace;
  /** Undefined for globals. */
  readonly frame: ProgramFrame | undefined;
  /** Where the CPU at the cursor has its per-CPU area. */
  perCpuBase(): bigint | undefined;
}

const ENTRY_VALUE_DEPTH = 4;

/** Blocks without addresses in each other. */
const DEPTH_MAX = 64;

/**
 * Parameters and variables declared right in one scope, in their order. A block without addresses of
 * its own is as if it were not there.
 */
export function declaredIn(scope: Die, depth = 0): Die[] {
  const found: Die[] = [];
  const known = new Set<number>();
  const add = (child: Die): void => {
    if (child.tag === TAG.LEXICAL_BLOCK && depth < DEPTH_MAX && isTransparent(child)) {
      found.push(...declaredIn(child, depth + 1));
    }
    if (child.tag !== TAG.FORMAL_PARAMETER && child.tag !== TAG.VARIABLE) return;
    // "extern int x;" in a block means the one outside.
    if (child.tag === TAG.VARIABLE && isDeclaration(child)) return;
    found.push(child);
  };
  for (const child of scope.children()) {
    const origin = child.reference(AT.ABSTRACT_ORIGIN);
    if (origin) known.add(origin.id);
    add(child);
  }
  // What a copy leaves out of its original is optimised out of it.
  const original = scope.reference(AT.ABSTRACT_ORIGIN);
  if (original) for (const child of original.children()) if (!known.has(child.id)) add(child);
  return found;
}

export const isDeclaration = (die: Die): boolean =>
  die.inherited((entry) => (entry.flag(AT.DECLARATION) ? true : undefined)) === true &&
  !die.has(AT.LOCATION);

export const nameOf = (die: Die): string => die.inherited((entry) => entry.name) ?? '?';

export function variableValue(die: Die, place: VariablePlace): GuestValue {
  const { types, space } = place;
  const type = types.of(die);
  const size = sizeOf(type) ?? 0;
  let storage: Storage;
  try {
    storage = storageOf(die, size, place);
  } catch (error) {
    // A damaged description takes one variable away, not those beside it.
    if (!(error instanceof SymbolError)) throw error;
    storage = nowhere(size, 'unreadable');
  }
  return new GuestValue({ type, storage, space, expression: nameOf(die) });
}

function storageOf(die: Die, size: number, place: VariablePlace): Storage {
  const withLocation = die.inherited((entry) => (entry.has(AT.LOCATION) ? entry : undefined));
  if (!withLocation) return constantStorage(die, size);
  const { frame, image, guest, types } = place;
  const linked = frame && image.toLinked(frame.lookup);
  const entry = frame?.outermost && entryOf(frame.outermost);
  const expression = locationAt(withLocation, AT.LOCATION, linked, entry);
  if (!expression || expression.length === 0) return nowhere(size, 'optimised out');
  const machineFrame = frame?.machineFrame;
  const strict = contextOf(withLocation, place, machineFrame, 0, frame?.outermost);
  // A location says where a register holds the variable, and knows what calls do to it.
  const context: LocationContext = {
    ...strict,
    register: (number) => machineFrame?.unchanged(number),
  };
  const pieces = locate(expression, context);
  const [only] = pieces;
  if (pieces.length === 1 && only?.kind === 'implicit pointer') {
    // A pointer to what has no address: there is no number that would be right.
    return nowhere(size, 'optimised out');
  }
  return assemble(fitted(pieces, size, strip(types.of(die)).kind), size, {
    addressSize: context.addressSize,
    readMemory: (at, length) => guest.readMemory(at, length),
    register: context.register,
  });
}

/** DWARF does not say so, but a struct in one register of a piece list has all of it. */
const fitted = (pieces: readonly Piece[], size: number, kind: string): readonly Piece[] =>
  size === 0 && kind === 'void' ? [missing(undefined, 'optimised out')] : pieces;

function constantStorage(die: Die, size: number): Storage {
  const value = die.inherited((entry) => entry.attribute(AT.CONST_VALUE));
  if (!value) return nowhere(size, 'optimised out');
  if (value.kind === 'block' || value.kind === 'expression')
    return new AssembledStorage(value.bytes);
  if (value.kind === 'text') return new AssembledStorage(Buffer.from(`${value.value}\0`, 'latin1'));
  const number = die.inherited(constantOf);
  if (number === undefined) return nowhere(size, 'optimised out');
  // Data has the sign of the type, which has at least its width.
  const bits = value.kind === 'data' && value.bits < size * 8 ? value.bits : undefined;
  return fromInteger(bits === undefined ? number : BigInt.asIntN(bits, number), size);
}

function contextOf(
  die: Die,
  place: VariablePlace,
  machineFrame: MachineFrame | undefined,
  depth: number,
  outermost: Die | undefined,
): LocationContext {
  const { image, guest, frame } = place;
  const { unit } = die;
  const { addressSize, offsetSize, version } = unit.header;
  return {
    addressSize,
    offsetSize,
    version,
    register: (number) => machineFrame?.register(number),
    readMemory: (at, length) => guest.readMemory(at, length),
    address(linked) {
      if (!image.isPerCpu(linked)) return image.toGuest(linked);
      const base = place.perCpuBase();
      return base === undefined ? undefined : BigInt.asUintN(64, linked + base);
    },
    frameBase() {
      if (!outermost || !machineFrame) return undefined;
      const { pc, interrupted } = machineFrame;
      const linked = image.toLinked(interrupted ? pc : pc - 1n);
      const expression = locationAt(outermost, AT.FRAME_BASE, linked, entryOf(outermost));
      if (!expression) return undefined;
      return compute(expression, {
        addressSize,
        offsetSize,
        version,
        register: (number) => machineFrame.register(number),
        readMemory: (at, length) => guest.readMemory(at, length),
        address: (at) => image.toGuest(at),
        cfa: () => machineFrame.cfa,
      });
    },
    cfa: () => machineFrame?.cfa,
    indexedAddress: (index) => unit.info.indexedAddress(unit, index),
    entryValue(expression) {
      if (!machineFrame || !outermost || depth >= ENTRY_VALUE_DEPTH) return undefined;
      return entryValue(expression, outermost, place, machineFrame, depth);
    },
    called(offset, inUnit) {
      const target = inUnit ? unit.die(offset) : unit.info.dieAt(offset);
      const linked = frame && image.toLinked(frame.lookup);
      return locationAt(target, AT.LOCATION, linked, undefined);
    },
    baseType(offset) {
      const type = place.types.at(unit.die(offset));
      if (type.kind !== 'base') return undefined;
      const { encoding, size } = type;
      const signed = encoding === 'signed' || encoding === 'char';
      return { size, signed, float: encoding === 'float' || encoding === 'complex' };
    },
  };
}

/**
 * What a register held when the function was called, as its caller says (DWARF 5 §3.4): known only if
 * the caller really called this function and not another that jumped here.
 */
function entryValue(
  expression: Uint8Array,
  callee: Die,
  place: VariablePlace,
  machineFrame: MachineFrame,
  depth: number,
): bigint | undefined {
  const { caller } = machineFrame;
  const { image } = place;
  // Across images, and after an interrupt, nobody passed anything.
  if (!caller || caller.interrupted || !image.contains(caller.pc)) return undefined;
  const linked = image.toLinked(caller.pc);
  const site = callSiteAt(image, linked);
  if (!site) return undefined;
  const [around] = image.scopesAt(linked - 1n);
  const context = contextOf(site, { ...place, frame: undefined }, caller, depth + 1, around);
  if (!calls(site, callee, image, context)) return undefined;
  for (const parameter of site.children()) {
    const { tag } = parameter;
    if (tag !== TAG.CALL_SITE_PARAMETER && tag !== TAG.GNU_CALL_SITE_PARAMETER) continue;
    const location = parameter.attribute(AT.LOCATION);
    if (location?.kind !== 'expression' && location?.kind !== 'block') continue;
    if (Buffer.compare(location.bytes, expression) !== 0) continue;
    const value = parameter.attribute(AT.CALL_VALUE) ?? parameter.attribute(AT.GNU_CALL_SITE_VALUE);
    if (value?.kind !== 'expression' && value?.kind !== 'block') return undefined;
    return compute(value.bytes, context);
  }
  return undefined;
}

function calls(site: Die, callee: Die, image: Image, context: LocationContext): boolean {
  const start = rangesOf(callee)[0]?.start;
  const named = targetOf(image, site);
  if (named !== undefined) return named === start;
  const target = site.attribute(AT.CALL_TARGET);
  if (target?.kind !== 'expression' && target?.kind !== 'block') return false;
  const address = compute(target.bytes, context);
  return address !== undefined && start !== undefined && address === image.toGuest(start);
}
