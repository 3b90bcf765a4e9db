/**
 * Frames as people count them: a frame of the machine for each call that was made, and in it one for
 * each call that was inlined.
 */

import { TAG } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import { entryOf } from './dwarf/functions.ts';
import { I386, numberOf, type RegisterFile, X86_64 } from './dwarf/registers.ts';
import type { Image } from './image.ts';
import { lineAt } from './lines.ts';
import { callPlace, functionName } from './lookups.ts';
import { type Frame, type Guest, type SourcePlace, SymbolError } from './program.ts';
import type { SourcePaths } from './source-paths.ts';
import { tailCalls, tailFrame } from './unwind/tail-calls.ts';
import {
  type FoundBy,
  innermost,
  type MachineFrame,
  type UnwindSource,
  type UnwindTables,
} from './unwind/unwinder.ts';

/** A frame with what is needed to look into it. */
export class ProgramFrame implements Frame {
  readonly index: number;
  readonly machine: RegisterFile;
  readonly machineFrame: MachineFrame;
  readonly lookup: bigint;
  readonly function: string | undefined;
  readonly place: SourcePlace | undefined;
  readonly inlined: boolean;
  readonly image: Image | undefined;
  /** The function or inlined call, then the blocks in it that are entered. Outermost first. */
  readonly scopes: readonly Die[];
  /** The function of the machine's frame: what the frame base belongs to. */
  readonly outermost: Die | undefined;
  readonly #guest: Guest;

  constructor(guest: Guest, parts: FrameParts) {
    this.#guest = guest;
    this.index = parts.index;
    this.machine = parts.machine;
    this.machineFrame = parts.machineFrame;
    this.lookup = parts.lookup;
    this.function = parts.function;
    this.place = parts.place;
    this.inlined = parts.inlined;
    this.image = parts.image;
    this.scopes = parts.scopes;
    this.outermost = parts.outermost;
  }

  get pc(): bigint {
    return this.machineFrame.pc;
  }

  get interrupted(): boolean {
    return this.index > 0 && this.machineFrame.interrupted;
  }

  get by(): FoundBy {
    return this.machineFrame.by;
  }

  get cfa(): bigint | undefined {
    return this.machineFrame.cfa;
  }

  register(name: string): bigint | undefined {
    const number = numberOf(this.machine, name);
    if (number !== undefined) return this.machineFrame.register(number);
    // Control registers and the like are the same for all frames.
    return this.#guest.register(name);
  }
}

interface FrameParts {
  readonly index: number;
  readonly machine: RegisterFile;
  readonly machineFrame: MachineFrame;
  readonly lookup: bigint;
  readonly function: string | undefined;
  readonly place: SourcePlace | undefined;
  readonly inlined: boolean;
  readonly image: Image | undefined;
  readonly scopes: readonly Die[];
  readonly outermost: Die | undefined;
}

/** Circles and endless stacks are cut here. */
export const FRAMES_MAX = 1_000;

export interface FrameWorld {
  readonly paths: SourcePaths;
  imageAt(at: bigint): Image | undefined;
  nameOf(at: bigint): string | undefined;
}

export function* walkFrames(world: FrameWorld, guest: Guest): Generator<ProgramFrame> {
  const machine = guest.bits === 64 ? X86_64 : I386;
  const tables = new Map<Image, UnwindTables>();
  const source: UnwindSource = {
    machine,
    guest,
    tablesAt(at) {
      const image = world.imageAt(at);
      if (!image || image.bits !== machine.bytes * 8) return undefined;
      let found = tables.get(image);
      if (!found) tables.set(image, (found = unwindTables(image, guest)));
      return found;
    },
    functionStart: (at) => world.imageAt(at)?.symbolStart(at),
  };
  let index = 0;
  const seen = new Set<string>();
  const first = innermost(source);
  let frame: MachineFrame | undefined = first && withTailCalls(world, first);
  for (; frame && index < FRAMES_MAX; frame = frame.caller) {
    const key = `${frame.pc} ${frame.register(machine.sp)}`;
    // What is neither known nor mapped is no return address: the stack has ended.
    const isCode = world.imageAt(frame.pc) ?? guest.readMemory(frame.pc, 1).length > 0;
    if (seen.has(key) || (index > 0 && !isCode)) return;
    seen.add(key);
    for (const one of logicalFrames(world, guest, frame, machine, index)) {
      yield one;
      index++;
    }
  }
}

/** The same frame; between it and its caller's are those that jumped instead of calling. */
function withTailCalls(world: FrameWorld, frame: MachineFrame): MachineFrame {
  let caller: MachineFrame | undefined;
  let known = false;
  return {
    pc: frame.pc,
    by: frame.by,
    interrupted: frame.interrupted,
    register: (number) => frame.register(number),
    unchanged: (number) => frame.unchanged(number),
    get cfa() {
      return frame.cfa;
    },
    get caller() {
      if (!known) caller = callerOf(world, frame);
      known = true;
      return caller;
    },
  };
}

function callerOf(world: FrameWorld, frame: MachineFrame): MachineFrame | undefined {
  const outer = frame.caller;
  if (!outer) return undefined;
  const physical = withTailCalls(world, outer);
  const image = world.imageAt(frame.pc);
  if (outer.by !== 'cfi' || outer.interrupted || !image?.contains(outer.pc)) return physical;
  const lookup = frame.interrupted ? frame.pc : frame.pc - 1n;
  const [around] = scopesOf(image, lookup);
  const callee = around && entryOf(around);
  if (callee === undefined) return physical;
  const jumps = tailCalls(image, image.toLinked(outer.pc), callee);
  let next = physical;
  for (const pc of jumps.reverse()) {
    const behind = next;
    next = tailFrame(image.toGuest(pc), frame, () => behind);
  }
  return next;
}

function* logicalFrames(
  world: FrameWorld,
  guest: Guest,
  machineFrame: MachineFrame,
  machine: RegisterFile,
  first: number,
): Generator<ProgramFrame> {
  const lookup = machineFrame.interrupted ? machineFrame.pc : machineFrame.pc - 1n;
  const image = world.imageAt(lookup);
  const all = image ? scopesOf(image, lookup) : [];
  let place: SourcePlace | undefined = image && lineAt(image, lookup, world.paths);
  let index = first;
  const common = { machine, machineFrame, lookup, image, outermost: all[0] };
  // From the innermost inlined call outwards.
  let end = all.length;
  for (let i = all.length - 1; i >= 0; i--) {
    const die = all[i]!;
    if (die.tag === TAG.LEXICAL_BLOCK) continue;
    const inlined = die.tag === TAG.INLINED_SUBROUTINE;
    const scopes = all.slice(i, end);
    yield new ProgramFrame(guest, {
      ...common,
      index: index++,
      function: functionName(die),
      place,
      inlined,
      scopes,
    });
    if (inlined && image) place = callPlace(image, die, world.paths);
    end = i;
  }
  if (index > first) return;
  const name = world.nameOf(lookup)?.replace(/\+0x[0-9a-f]+$/, '');
  yield new ProgramFrame(guest, {
    ...common,
    index,
    function: name,
    place,
    inlined: false,
    scopes: [],
  });
}

function scopesOf(image: Image, at: bigint): Die[] {
  try {
    return image.scopesAt(image.toLinked(at));
  } catch (error) {
    // A damaged unit takes names and variables away, not the backtrace.
    if (error instanceof SymbolError) return [];
    throw error;
  }
}

function unwindTables(image: Image, guest: Guest): UnwindTables {
  return {
    frames: image.callFrames,
    orc: image.orc ?? image.orcInGuest(guest),
    toLinked: (at) => image.toLinked(at),
    toGuest: (linked) => image.toGuest(linked),
  };
}
