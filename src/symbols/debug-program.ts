/** `Program` over images: finds which image a question is about, and asks the parts that know. */

import { X86_64 } from './dwarf/registers.ts';
import { assignment } from './expression/assign.ts';
import { complete } from './expression/complete.ts';
import { Evaluator } from './expression/evaluate.ts';
import { parse } from './expression/parser.ts';
import type { Expression } from './expression/syntax.ts';
import { ProgramFrame, walkFrames } from './frames.ts';
import type { Image } from './image.ts';
import { addressesOf, lineAt, linesOf, stepRange } from './lines.ts';
import { findSlide, perCpuBase } from './linux.ts';
import { functionsAt, functionsNamed } from './lookups.ts';
import { Modules } from './modules.ts';
import { namesOf, type View } from './names.ts';
import {
  type AddressRange,
  type Completion,
  type Edit,
  type EvaluationContext,
  ExpressionError,
  type Frame,
  type Guest,
  type LineAddresses,
  type PrepareControl,
  type Program,
  type ProgramFunction,
  type ProgramImage,
  type Scope,
  type SourceLine,
  type Value,
} from './program.ts';
import { scopesOf } from './scopes.ts';
import type { SourcePaths } from './source-paths.ts';
import { Types } from './values/types.ts';
import type { ValueSpace } from './values/value.ts';

export interface DebugProgramParts {
  readonly images: readonly Image[];
  readonly paths: SourcePaths;
  readonly debugDirectories: readonly string[];
}

const FRAMES_DEFAULT = 64;
/** A slice of preparation, in steps. */
const STEPS_A_SLICE = 4;

export class DebugProgram implements Program {
  readonly #given: readonly Image[];
  readonly #paths: SourcePaths;
  readonly #modules: Modules;
  readonly #types = new WeakMap<Image, Types>();

  constructor(parts: DebugProgramParts) {
    this.#given = parts.images;
    this.#paths = parts.paths;
    this.#modules = new Modules(parts.debugDirectories);
  }

  get images(): readonly ProgramImage[] {
    return this.#images;
  }

  get #images(): readonly Image[] {
    return [...this.#given, ...this.#modules.images];
  }

  async prepare(control: PrepareControl = {}): Promise<void> {
    const images = this.#images.filter(({ info }) => info);
    for (const [i, image] of images.entries()) {
      const work = image.prepare();
      for (let step = 0; ; step++) {
        const { done, value } = work.next();
        if (done) break;
        if (step % STEPS_A_SLICE > 0) continue;
        if (control.cancelled?.()) return;
        control.progress?.((i + value) / images.length, `index of ${image.name}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  lineAt(at: bigint): SourceLine | undefined {
    const image = this.#imageAt(at);
    return image && lineAt(image, at, this.#paths);
  }

  stepRange(at: bigint): AddressRange | undefined {
    const image = this.#imageAt(at);
    return image && stepRange(image, at);
  }

  addressesOf(file: string, line: number, column?: number): LineAddresses | undefined {
    const asked = { file, line, ...(column === undefined ? {} : { column }) };
    return addressesOf(this.#images, this.#paths, asked);
  }

  linesOf(file: string): readonly number[] {
    const found = new Set<number>();
    for (const image of this.#images) {
      for (const line of linesOf(image, file, this.#paths)) found.add(line);
    }
    return [...found].sort((a, b) => a - b);
  }

  files(): readonly string[] {
    const found = new Set<string>();
    for (const image of this.#images) {
      for (const path of image.files.paths) found.add(this.#paths.local(path));
    }
    return [...found].sort();
  }

  functionsAt(at: bigint): readonly ProgramFunction[] {
    const image = this.#imageAt(at);
    return image ? functionsAt(image, at, this.#paths) : [];
  }

  functionsNamed(name: string): readonly ProgramFunction[] {
    return this.#images.flatMap((image) => functionsNamed(image, name, this.#paths));
  }

  nameOf(at: bigint): string | undefined {
    for (const image of this.#images) {
      if (image.linkedRanges.length > 0 && !image.contains(at)) continue;
      const name = image.symbols.name(image.toLinked(at));
      if (name !== undefined) return name;
    }
    return undefined;
  }

  addressOf(symbol: string): bigint | undefined {
    for (const image of this.#images) {
      const found = image.symbols.symbol(symbol);
      if (found) return image.toGuest(found.start);
    }
    return undefined;
  }

  frames(guest: Guest, limit = FRAMES_DEFAULT): readonly Frame[] {
    const found: Frame[] = [];
    if (limit <= 0) return found;
    const world = {
      paths: this.#paths,
      imageAt: (at: bigint) => this.#imageAt(at),
      nameOf: (at: bigint) => this.nameOf(at),
    };
    for (const frame of walkFrames(world, guest)) {
      found.push(frame);
      if (found.length >= limit) break;
    }
    return found;
  }

  scopes(context: EvaluationContext): readonly Scope[] {
    return scopesOf(this.#view(context));
  }

  evaluate(text: string, context: EvaluationContext): Value {
    const { evaluator, parsed } = this.#parsed(text, context);
    return evaluator.evaluate(parsed);
  }

  assign(target: string, value: string, context: EvaluationContext): readonly Edit[] {
    const to = this.#parsed(target, context);
    const from = this.#parsed(value, context);
    const written = to.evaluator.evaluate(to.parsed);
    return assignment(to.evaluator, written, to.evaluator.evaluate(from.parsed), to.parsed.column);
  }

  complete(text: string, context: EvaluationContext, limit = 100): readonly Completion[] {
    const view = this.#view(context);
    const symbols = (prefix: string, count: number): string[] =>
      this.#images.flatMap((image) => image.symbols.startingWith(prefix, count));
    return complete(text, limit, {
      view,
      symbols,
      evaluate: (inner) => {
        const { evaluator, parsed } = this.#parsed(inner, context);
        return evaluator.evaluate(parsed);
      },
    });
  }

  locate(guest: Guest): boolean {
    const [kernel] = this.#given;
    if (!kernel) return false;
    const slide = findSlide(kernel, guest);
    let changed = false;
    if (slide !== undefined && slide !== kernel.slide) {
      // A System.map beside it was linked to the same place.
      for (const image of this.#given) image.slide = slide;
      changed = true;
    }
    const read = (text: string): Value => this.evaluate(text, { guest });
    return this.#modules.refresh(kernel, read) || changed;
  }

  close(): void {
    for (const image of this.#images) image.close();
  }

  #parsed(text: string, context: EvaluationContext): { evaluator: Evaluator; parsed: Expression } {
    const names = namesOf(this.#view(context));
    const evaluator = new Evaluator(names);
    // A variable hides a type of its name, as in C.
    const isType = (name: string): boolean =>
      names.type(name, undefined) !== undefined && names.variable(name, undefined) === undefined;
    return { evaluator, parsed: parse(text, isType) };
  }

  #view({ guest, frame }: EvaluationContext): View {
    if (frame !== undefined && !(frame instanceof ProgramFrame)) {
      throw new ExpressionError('expected a frame of this program', 1);
    }
    const own = frame?.image;
    const images = this.#images;
    const types = (image: Image): Types => this.#typesOf(image);
    const space: ValueSpace = {
      pointerSize: guest.bits === 64 ? 8 : 4,
      types: own && types(own),
      readMemory: (at, length) =>
        guest.readMemory(BigInt.asUintN(guest.bits === 64 ? 64 : 32, at), length),
      symbolAt: (at) => this.nameOf(at),
      writable(register) {
        if (frame && frame.by !== 'registers') return undefined;
        const name = (frame?.machine ?? X86_64).names[register];
        const value = name === undefined ? undefined : guest.register(name);
        return name === undefined || value === undefined ? undefined : { name, value };
      },
    };
    return {
      guest,
      frame,
      images: own ? [own, ...images.filter((image) => image !== own)] : images,
      space,
      typesOf: types,
      perCpuBase: (cpu) => (images[0] ? perCpuBase(images[0], guest, cpu) : undefined),
    };
  }

  #typesOf(image: Image): Types {
    const known = this.#types.get(image);
    if (known) return known;
    const types = new Types(image.bits / 8, (name, kind) => {
      if (!image.info) return undefined;
      for (const die of image.names.lookUp(name, kind)) return die;
      return undefined;
    });
    this.#types.set(image, types);
    return types;
  }

  #imageAt(at: bigint): Image | undefined {
    const images = this.#images;
    return (
      images.find((image) => image.contains(at)) ??
      // A list of symbols does not say where it ends.
      images.find(({ linkedRanges }) => linkedRanges.length === 0)
    );
  }
}
