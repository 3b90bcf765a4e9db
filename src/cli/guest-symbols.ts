/**
 * Names for a recording's addresses: from the file given with `--symbols`, or from the kernel inside
 * the recording if that is an ELF image with a symbol table, or else from what a Linux guest has in its
 * memory, once the cursor has been where it is there. What was found is kept beside the recording
 * (`boot.retro.symbols`) until something else is there: deleting it costs looking again.
 *
 * Linux moves itself at boot; how far, the recording knows from what was written to IA32_LSTAR.
 */

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { PlaceNames } from '../exits/places.ts';
import { linuxSlide, loadSymbolFile, loadSymbols, SymbolError } from '../symbols/load.ts';
import { SymbolTable } from '../symbols/symbol-table.ts';
import { parseSystemMap, systemMap } from '../symbols/system-map.ts';
import { type CodeFrame, LinuxFrames } from '../target/linux-frames.ts';
import { LinuxNames, type Looked } from '../target/linux-names.ts';
import { readGuestMemory } from '../target/memory.ts';
import { KIND } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import { type DebugFrames, debugFrames } from './debug-frames.ts';
import { UsageError } from './errors.ts';
import { checkInputFile } from './input-file.ts';

const IA32_LSTAR = 0xc000_0082;
const KERNEL_BYTES_MAX = 512 * 1024 * 1024;
const CACHE_BYTES_MAX = 64 * 1024 * 1024;
const GZIP_LEVEL = 4;

export interface NamesRequest {
  readonly command: string;
  readonly recording: Recording;
  /** Of the recording; without one nothing is kept. */
  readonly path: string | undefined;
  /** `--symbols FILE` */
  readonly symbols: string | undefined;
}

export function guestNames(request: NamesRequest): GuestNames {
  return new GuestNames(request, knownSymbols(request));
}

function knownSymbols({ command, recording, path, symbols }: NamesRequest) {
  const table = symbols === undefined ? ownSymbols(recording) : givenSymbols(command, symbols);
  if (!table) return path === undefined ? undefined : keptSymbols(recording, path);
  if (!table.symbol('entry_SYSCALL_64')) return table;
  const lstar = systemCallEntry(recording);
  const slide = lstar === undefined ? undefined : linuxSlide(table, lstar);
  return slide === undefined ? table : table.slid(slide);
}

export class GuestNames {
  /** Undefined where nothing is kept. */
  readonly #request: NamesRequest | undefined;
  readonly #linux = new LinuxNames();
  readonly #kernel = new LinuxFrames();
  readonly #program: DebugFrames | undefined;
  #table: SymbolTable | undefined;

  constructor(request: NamesRequest | undefined, known: SymbolTable | undefined) {
    this.#request = request;
    this.#program =
      request?.symbols === undefined ? undefined : debugFrames(request.symbols, known);
    this.#table = known;
  }

  get table(): SymbolTable | undefined {
    return this.#table;
  }

  /** Who called: by the debug information given, or by what the kernel has for itself. */
  readonly frames = (guest: Looked, limit: number): readonly CodeFrame[] | undefined =>
    this.#program?.frames(guest, limit) ??
    (this.#table && this.#kernel.frames(guest, this.#table, limit));

  /** Looks for them in a guest's memory as it stands. True if that found them. */
  *look(guest: Looked): Generator<void, boolean> {
    if (this.#table || !(yield* this.#linux.look(guest))) return false;
    this.#table = this.#linux.table;
    const { recording, path } = this.#request ?? {};
    if (recording && path !== undefined && this.#table) keepSymbols(recording, path, this.#table);
    return true;
  }

  /** For a replay that asks at every exit: looks only as often as the guest has got further. */
  along(): PlaceNames {
    const names = this;
    let nextAt = 0;
    return {
      get table() {
        return names.table;
      },
      look(vcpu: Vcpu): boolean {
        if (names.table || vcpu.icount < nextAt) return false;
        const registers = vcpu.registers();
        if (registers.rip < KERNEL_HALF) return false;
        nextAt = vcpu.icount * ATTEMPTS_RATIO + ATTEMPTS_APART;
        return finished(names.look(lookedAt(vcpu)));
      },
      callers(vcpu: Vcpu): readonly bigint[] | undefined {
        const found = names.frames(lookedAt(vcpu), STACK_MAX);
        // What is interrupted runs next: its address is looked up as it is, not as a call's.
        return found?.slice(1).map(({ rip, interrupted }) => (interrupted ? rip + 1n : rip));
      },
    };
  }
}

const lookedAt = (vcpu: Vcpu): Looked => ({
  registers: () => vcpu.registers(),
  readMemory: (range) => readGuestMemory(vcpu, range),
});

const STACK_MAX = 64;
const KERNEL_HALF = 0xffff_8000_0000_0000n;
const ATTEMPTS_APART = 2_000_000;
const ATTEMPTS_RATIO = 1.02;

function finished<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

function givenSymbols(command: string, path: string): SymbolTable {
  checkInputFile(command, path);
  try {
    return loadSymbolFile(path);
  } catch (error) {
    if (error instanceof SymbolError) throw new UsageError(error.message);
    throw error;
  }
}

function ownSymbols(recording: Recording): SymbolTable | undefined {
  const kernel = kernelOf(recording);
  return kernel && kernelSymbols(kernel.bytes, kernel.name);
}

/** The kernel that was recorded, if it is in the recording and no larger than kernels are. */
export function kernelOf(
  recording: Recording,
): { readonly name: string; readonly bytes: Uint8Array } | undefined {
  const kernel = recording.header.images.find(({ role }) => role === 'kernel');
  if (!kernel || kernel.size > KERNEL_BYTES_MAX) return undefined;
  const bytes = Buffer.alloc(kernel.size);
  const whole = { offset: 0, length: kernel.size };
  recording.images.read(kernel.sha256, whole, (at, part) => bytes.set(part, at));
  return { name: kernel.name, bytes };
}

/** Undefined for a kernel without a symbol table. */
export function kernelSymbols(file: Uint8Array, name: string): SymbolTable | undefined {
  try {
    return loadSymbols(file, name);
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

const keptPath = (path: string): string => `${path}.symbols`;

/** Which guest they are of: its images and options, and where KASLR put it. */
function identity(recording: Recording): string {
  const { guest, images } = recording.header;
  const entry = systemCallEntry(recording)?.toString(16) ?? '-';
  return createHash('sha256')
    .update(JSON.stringify([guest, images, entry]))
    .digest('hex');
}

/** Whatever is wrong with the file, it is as if there were none. */
function keptSymbols(recording: Recording, path: string): SymbolTable | undefined {
  try {
    const packed = readFileSync(keptPath(path));
    const text = gunzipSync(packed, { maxOutputLength: CACHE_BYTES_MAX }).toString('latin1');
    if (!text.startsWith(`# ${identity(recording)}\n`)) return undefined;
    const symbols = parseSystemMap(text);
    return symbols.length > 0 ? new SymbolTable(symbols) : undefined;
  } catch {
    return undefined;
  }
}

function keepSymbols(recording: Recording, path: string, table: SymbolTable): void {
  const text = `# ${identity(recording)}\n${systemMap(table)}`;
  const temporary = `${keptPath(path)}.new`;
  try {
    writeFileSync(temporary, gzipSync(text, { level: GZIP_LEVEL }));
    renameSync(temporary, keptPath(path));
  } catch {
    // A folder that cannot be written to: they are looked for again the next time.
  }
}

/** The last address the guest wrote to IA32_LSTAR; its first may be from before it moved. */
export function systemCallEntry(recording: Recording): bigint | undefined {
  let found: bigint | undefined;
  for (const chunk of recording.chunks.keys()) {
    const block = recording.block(chunk);
    const shape = block.shapes.findIndex(
      ({ kind, address }) => kind === KIND.WRMSR && address === IA32_LSTAR,
    );
    for (let i = 0; shape >= 0 && i < block.count; i++) {
      const exit = block.shapeOf[i] === shape ? block.exit(i) : undefined;
      if (exit?.kind === 'wrmsr') found = exit.value;
    }
    // It is written once, early in the boot, for each processor.
    if (found !== undefined) return found;
  }
  return found;
}
