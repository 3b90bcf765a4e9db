/**
 * One file of the program, where the guest has it: symbols, debug information and tables, each read
 * when first asked for. Tables hold addresses as linked; the slide is between them and the guest.
 */

import { AddressMap } from './dwarf/address-map.ts';
import type { CallFrames } from './dwarf/call-frames.ts';
import { DebugInfo } from './dwarf/debug-info.ts';
import type { Die } from './dwarf/die.ts';
import { buildFileIndex, type FileIndex } from './dwarf/file-index.ts';
import { scopesAt } from './dwarf/functions.ts';
import { type LineTable, readLineTable } from './dwarf/line-table.ts';
import { buildNameIndex, NameIndex, type NameTables } from './dwarf/name-index.ts';
import { DebugSections } from './dwarf/sections.ts';
import type { Unit } from './dwarf/unit.ts';
import { fileSource, memorySource } from './elf/byte-source.ts';
import { buildIdOf, findAlternateFile, findDebugFile } from './elf/debug-file.ts';
import {
  ElfFile,
  ET_REL,
  isElf,
  type Section,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHT_NOBITS,
} from './elf/elf-file.ts';
import type { Layout } from './elf/relocate.ts';
import { elfSymbols, rawSymbols } from './elf/symtab.ts';
import { type IndexCache, type Indexes, indexKey } from './index-cache.ts';
import {
  type AddressRange,
  type Guest,
  type ProgramImage,
  SymbolError,
  type SymbolFile,
} from './program.ts';
import { SymbolTable } from './symbol-table.ts';
import { parseSystemMap } from './system-map.ts';
import { type OrcTable, orcOfGuest } from './unwind/orc.ts';
import { callFramesOf, orcOf } from './unwind/tables.ts';

export interface ImageOptions {
  readonly debugDirectories: readonly string[];
  /** For a module: where the guest has its sections, by name. */
  readonly sections?: ReadonlyMap<string, bigint>;
  readonly name?: string;
  /** Where indexes are kept; none are without. */
  readonly cache?: IndexCache | undefined;
}

/** Bytes of .debug_info. */
const CACHED_FROM = 8 * 1024 * 1024;
/** How much of building the indexes is the names. */
const NAMES_SHARE = 0.7;
const NO_NAMES: NameTables = {
  keys: new Uint32Array(0),
  kinds: new Uint8Array(0),
  dies: new Uint32Array(0),
  ownNames: [],
  ownKinds: new Uint8Array(0),
  ownDies: new Uint32Array(0),
};
const PER_CPU = '.data..percpu';

export class Image implements ProgramImage {
  readonly name: string;
  readonly path: string;
  readonly debugPath: string | undefined;
  readonly buildId: string | undefined;
  readonly bits: 32 | 64;
  readonly symbols: SymbolTable;
  /** What addresses in tables count from. */
  readonly base: bigint;
  /** As linked. */
  readonly linkedRanges: readonly AddressRange[];
  readonly perCpu: AddressRange | undefined;
  readonly info: DebugInfo | undefined;
  slide = 0n;
  /** The file itself; undefined for a list of symbols. */
  readonly elf: ElfFile | undefined;
  readonly #debug: ElfFile | undefined;
  readonly #given: ReadonlyMap<string, bigint> | undefined;
  readonly #sections: readonly DebugSections[];
  #frames: CallFrames | false | undefined;
  #orc: { readonly slide: bigint; readonly table: OrcTable | undefined } | undefined;
  #map: AddressMap | undefined;
  readonly #cache: IndexCache | undefined;
  #built: Indexes | undefined;
  #names: NameIndex | undefined;
  #alternate: DebugInfo | undefined;

  constructor(file: SymbolFile, options: ImageOptions) {
    const path = typeof file === 'string' ? file : file.name;
    this.path = path;
    this.#given = options.sections;
    this.#cache = options.cache;
    this.name = options.name ?? nameOf(path);
    const source = typeof file === 'string' ? fileSource(file) : memorySource(file.bytes, path);
    const isImage = isElf(source.read(0, Math.min(64, source.size)));
    if (!isImage) {
      const text = new TextDecoder('latin1').decode(source.read(0, source.size));
      source.close();
      const symbols = parseSystemMap(text);
      if (symbols.length === 0) {
        throw new SymbolError(
          `'${path}': expected an ELF file or a System.map, found no symbols in it`,
        );
      }
      this.symbols = new SymbolTable(symbols);
      this.bits = symbols.some(({ start }) => start > 0xffff_ffffn) ? 64 : 32;
      this.base = symbols[0]!.start;
      this.linkedRanges = [];
      this.#sections = [];
      return;
    }
    const elf = new ElfFile(source);
    this.elf = elf;
    this.bits = elf.wide ? 64 : 32;
    this.buildId = buildIdOf(elf);
    const whole = hasDebugInfo(elf)
      ? undefined
      : findDebugFile(elf, path, options.debugDirectories);
    this.#debug = whole;
    const debug = whole ?? elf;
    this.debugPath = hasDebugInfo(debug) ? debug.name : undefined;
    const addresses = sectionAddresses(debug, options.sections);
    const loaded = loadedSections(debug, addresses);
    this.linkedRanges = spans(loaded.filter(({ section }) => section.name !== PER_CPU));
    const code = loaded.find(({ section }) => (section.flags & SHF_EXECINSTR) !== 0);
    this.base = code?.address ?? loaded[0]?.address ?? 0n;
    const perCpu = loaded.find(({ section }) => section.name === PER_CPU);
    if (perCpu) {
      this.perCpu = { start: perCpu.address, end: perCpu.address + BigInt(perCpu.section.size) };
    }
    const own = elfSymbols(debug, addresses);
    this.symbols = new SymbolTable(own.length > 0 ? own : elfSymbols(elf, addresses));
    const layout: Layout = { addresses, symbols: relocationSymbols(debug) };
    const sections = new DebugSections(debug, layout);
    this.#sections = debug === elf ? [sections] : [sections, new DebugSections(elf)];
    if (this.debugPath !== undefined) {
      this.info = new DebugInfo(sections, () => {
        this.#alternate ??= alternateOf(debug, options.debugDirectories);
        return this.#alternate;
      });
    }
  }

  get ranges(): readonly AddressRange[] {
    return this.linkedRanges.map(({ start, end }) => ({
      start: this.toGuest(start),
      end: this.toGuest(end),
    }));
  }

  toGuest(linked: bigint): bigint {
    return this.isPerCpu(linked) ? linked : BigInt.asUintN(this.bits, linked + this.slide);
  }

  toLinked(at: bigint): bigint {
    return BigInt.asUintN(this.bits, at - this.slide);
  }

  /** An offset into each CPU's own area, not an address. */
  isPerCpu(linked: bigint): boolean {
    return this.perCpu !== undefined && linked >= this.perCpu.start && linked < this.perCpu.end;
  }

  contains(at: bigint): boolean {
    const linked = this.toLinked(at);
    return this.linkedRanges.some(({ start, end }) => linked >= start && linked < end);
  }

  /** Of a kernel of which there are only symbols: its memory has the tables, once it is there. */
  orcInGuest(guest: Guest): OrcTable | undefined {
    if (this.elf !== undefined || this.bits !== 64 || guest.bits !== 64) return undefined;
    if (this.#orc?.table && this.#orc.slide === this.slide) return this.#orc.table;
    const table = orcOfGuest(
      (name) => {
        const symbol = this.symbols.symbol(name);
        return symbol && this.toGuest(symbol.start);
      },
      (at, length) => guest.readMemory(at, length),
    );
    this.#orc = { slide: this.slide, table };
    return table;
  }

  unitAt(linked: bigint): Unit | undefined {
    if (!this.info) return undefined;
    this.#map ??= new AddressMap(this.info, this.base);
    return this.#map.unitAt(linked);
  }

  /** The function at an address as linked, and what is entered inside it; outermost first. */
  scopesAt(linked: bigint): Die[] {
    const unit = this.unitAt(linked);
    return unit ? scopesAt(unit, linked) : [];
  }

  lines(unit: Unit): LineTable | undefined {
    // What is linked has nothing at 0; what is not has been relocated.
    return unit.once('lines', () => readLineTable(unit, this.base, true));
  }

  get files(): FileIndex {
    return this.#indexes.files;
  }

  /** Of an image with debug information. */
  get names(): NameIndex {
    const { info } = this;
    if (!info) throw new Error(`${this.name} has no debug information`);
    this.#names ??= new NameIndex(info, this.#indexes.names);
    return this.#names;
  }

  /** Builds the indexes in steps, or reads them from the cache; each step yields the share done. */
  *prepare(): Generator<number, void> {
    if (this.#built) return;
    const { info } = this;
    if (!info) {
      this.#built = { names: NO_NAMES, files: { paths: [], units: [] } };
      return;
    }
    const key = this.#cacheKey();
    const cached = key === undefined ? undefined : this.#cache?.read(key);
    if (cached) {
      this.#built = cached;
      return;
    }
    const names = yield* shares(buildNameIndex(info), 0, NAMES_SHARE);
    const files = yield* shares(buildFileIndex(info), NAMES_SHARE, 1);
    this.#built = { names, files };
    if (key !== undefined) this.#cache?.write(key, this.#built);
  }

  /** All of it at once where nobody prepared it. */
  get #indexes(): Indexes {
    if (!this.#built) for (const _ of this.prepare());
    return this.#built!;
  }

  /** Small files are indexed faster than a cache is read. */
  #cacheKey(): string | undefined {
    const sections = this.info!.sections;
    const names = ['.debug_info', '.debug_str', '.debug_line', '.debug_abbrev'];
    const sizes = names.map((name) => sections.size(name));
    return sizes[0]! < CACHED_FROM ? undefined : indexKey(this.buildId, sizes);
  }

  /** The start of the symbol an address is in. */
  symbolStart(at: bigint): bigint | undefined {
    const found = this.symbols.locate(this.toLinked(at));
    return found && this.toGuest(found.start);
  }

  /** The file that has a section in full: a debug file has only the headers of what is loaded. */
  unwindSections(name: string): DebugSections | undefined {
    return this.#sections.find((sections) => sections.size(name) > 0);
  }

  sectionAddress({ elf }: DebugSections, name: string): bigint | undefined {
    const section = elf.section(name);
    if (elf.type === ET_REL) return this.#given?.get(name);
    return section?.addr;
  }

  get callFrames(): CallFrames | undefined {
    if (this.#frames === undefined) this.#frames = callFramesOf(this) ?? false;
    return this.#frames || undefined;
  }

  /** For where the image is now. */
  get orc(): OrcTable | undefined {
    if (this.elf === undefined) return undefined;
    if (this.#orc?.slide !== this.slide) this.#orc = { slide: this.slide, table: orcOf(this) };
    return this.#orc.table;
  }

  close(): void {
    this.elf?.close();
    this.#debug?.close();
    this.#alternate?.sections.elf.close();
  }
}

function* shares<T>(work: Generator<number, T>, from: number, to: number): Generator<number, T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield from + value * (to - from);
  }
}

const hasDebugInfo = (elf: ElfFile): boolean =>
  elf.section('.debug_info') !== undefined || elf.section('.zdebug_info') !== undefined;

const relocationSymbols = (elf: ElfFile) => (elf.type === ET_REL ? rawSymbols(elf) : []);

/** Where each section is that takes part in the running program. */
function sectionAddresses(
  elf: ElfFile,
  given: ReadonlyMap<string, bigint> | undefined,
): ReadonlyMap<number, bigint> {
  const found = new Map<number, bigint>();
  for (const { index, name, flags, addr } of elf.sections) {
    if (elf.type !== ET_REL) {
      if (flags & SHF_ALLOC) found.set(index, addr);
      continue;
    }
    const address = given?.get(name);
    if (address !== undefined) found.set(index, address);
  }
  return found;
}

interface Loaded {
  readonly section: Section;
  readonly address: bigint;
}

function loadedSections(elf: ElfFile, addresses: ReadonlyMap<number, bigint>): Loaded[] {
  return elf.sections
    .filter(({ flags, size }) => (flags & SHF_ALLOC) !== 0 && size > 0)
    .flatMap((section) => {
      const address = addresses.get(section.index);
      // Zero is where a linker puts what is nowhere.
      const real = address !== undefined && (address > 0n || section.name === PER_CPU);
      return real ? [{ section, address }] : [];
    })
    .filter(({ section }) => section.type !== SHT_NOBITS || section.size < 2 ** 40);
}

/** Sections close to each other are one range: 64 MiB are far. */
function spans(loaded: readonly Loaded[]): AddressRange[] {
  const sorted = [...loaded].sort((a, b) => (a.address < b.address ? -1 : 1));
  const found: { start: bigint; end: bigint }[] = [];
  for (const { section, address } of sorted) {
    const end = address + BigInt(section.size);
    const last = found.at(-1);
    if (last && address - last.end < 0x400_0000n) {
      if (end > last.end) last.end = end;
    } else found.push({ start: address, end });
  }
  return found;
}

function alternateOf(elf: ElfFile, directories: readonly string[]): DebugInfo | undefined {
  const found = findAlternateFile(elf, elf.name, directories);
  return found && new DebugInfo(new DebugSections(found));
}

const nameOf = (path: string): string =>
  (path.split('/').at(-1) ?? path).replace(/\.(?:debug|ko|elf)$/, '');
