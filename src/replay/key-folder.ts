/**
 * The folder of key states beside a recording (`boot.retro.cache`): which of its files belong to this
 * recording and this engine, in which order, and how many bytes they may take.
 *
 * Each file says which one it builds on; what builds on nothing that is there is no use. A file is
 * replaced in one go. Another process may do the same meanwhile: what was read of it then does not
 * fit, which shows in the state's hash.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Recording } from '../trace/recording.ts';
import {
  type KeyContent,
  KeyFileError,
  type KeyHead,
  readKeyFilters,
  readKeyHead,
  readKeyPages,
  readKeyState,
  writeKeyFile,
} from './key-file.ts';

export interface KeyFolderOptions {
  readonly path: string;
  readonly recording: Recording;
  /** Build id of this engine; without one nobody could tell whether a state is of it. */
  readonly build: string;
  /** Bytes that all files together may take. */
  readonly budgetBytes: number;
  /** Nothing is written: somebody else looks after the files. */
  readonly readOnly?: boolean | undefined;
  /** One line about files that are not used, or cannot be written. Said once. */
  readonly note?: ((text: string) => void) | undefined;
}

const FILE = /^\d{10}\.key$/;
const nameOf = (ordinal: number): string => `${String(ordinal).padStart(10, '0')}.key`;

export const keyFolderPath = (recordingPath: string): string => `${recordingPath}.cache`;

export class KeyFolder {
  readonly #options: KeyFolderOptions;
  readonly #recordingId: string;
  #bytes = 0;
  #writable = true;
  #noted = false;
  /** Nothing has been written yet: files that are not ours are still there. */
  #untouched = true;
  /** Files in use. */
  #own = new Set<string>();

  constructor(options: KeyFolderOptions) {
    this.#options = options;
    this.#recordingId = recordingId(options.recording);
    if (options.build === '' || options.readOnly) this.#writable = false;
  }

  get writable(): boolean {
    return this.#writable;
  }

  get overBudget(): boolean {
    return this.#bytes > this.#options.budgetBytes;
  }

  pathOf(ordinal: number): string {
    return join(this.#options.path, nameOf(ordinal));
  }

  /** The heads of the files that are of use, each building on the one before. */
  heads(): KeyHead[] {
    const { build } = this.#options;
    const found = new Map<number, KeyHead>();
    const reasons: string[] = [];
    for (const name of this.#names()) {
      try {
        const head = readKeyHead(join(this.#options.path, name));
        const { recording, ordinal, previous } = head;
        if (recording !== this.#recordingId) throw new KeyFileError('of another recording');
        if (head.build !== build || build === '') {
          throw new KeyFileError(`made by engine build ${head.build}, this is ${build}`);
        }
        if (name !== nameOf(ordinal) || previous >= ordinal) throw new KeyFileError('misplaced');
        // Of two that build on the same one, the later has taken the place of both.
        const other = found.get(previous);
        if (!other || other.ordinal < ordinal) found.set(previous, head);
      } catch (error) {
        reasons.push(reasonOf(error));
      }
    }
    if (reasons.length > 0) this.#note(`${reasons.length} not used (${reasons[0]}), made anew`);
    const chain: KeyHead[] = [];
    for (let head = found.get(-1); head; head = found.get(head.ordinal)) {
      const last = chain.at(-1);
      if (last && head.icount <= last.icount) break;
      chain.push(head);
    }
    this.#keep(chain);
    return chain;
  }

  state(head: KeyHead): Uint8Array {
    return readKeyState(this.pathOf(head.ordinal), head);
  }

  filters(head: KeyHead): Uint8Array {
    return readKeyFilters(this.pathOf(head.ordinal), head);
  }

  /** Undefined if it cannot be written: that costs time later and nothing else. */
  write(content: Omit<KeyContent, 'recording' | 'build'>): KeyHead | undefined {
    if (!this.#writable) return undefined;
    const path = this.pathOf(content.ordinal);
    try {
      this.#takePossession();
      const { build } = this.#options;
      writeKeyFile(path, { ...content, recording: this.#recordingId, build });
      const head = readKeyHead(path);
      this.#own.add(nameOf(content.ordinal));
      this.#bytes += head.bytes;
      return head;
    } catch (error) {
      this.#writable = false;
      this.#note(`cannot be written: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** Joins neighbours, those closest to each other first, until the budget is kept. */
  shrink(heads: readonly KeyHead[]): readonly KeyHead[] {
    const left = [...heads];
    while (this.overBudget) {
      if (left.length < 3) {
        this.#writable = false;
        break;
      }
      const i = leastUseful(left);
      const joined = this.#join(left[i]!, left[i + 1]!);
      if (!joined) break;
      left.splice(i, 2, joined);
    }
    return left;
  }

  /** None of the files is used any more. */
  discard(reason: string): void {
    this.#note(`not used (${reason}), made anew`);
    this.#keep([]);
    this.#untouched = true;
  }

  /** The first of two states goes; the second takes over what the first had and it has not. */
  #join(first: KeyHead, second: KeyHead): KeyHead | undefined {
    let content: Omit<KeyContent, 'recording' | 'build'>;
    try {
      const pages = new Map<number, { page: number; hash: bigint; packed: Uint8Array }>();
      for (const head of [first, second]) {
        const all = Array.from(head.pages, (_, i) => i);
        for (const [i, packed] of readKeyPages(this.pathOf(head.ordinal), head, all)) {
          const page = head.pages[i]!;
          pages.set(page, { page, hash: head.hashes[i]!, packed: packed.slice() });
        }
      }
      const [before, after] = [this.filters(first), this.filters(second)];
      content = {
        ordinal: second.ordinal,
        icount: second.icount,
        previous: first.previous,
        pages: [...pages.values()].sort((a, b) => a.page - b.page),
        written: [...new Set([...first.written, ...second.written])].sort((a, b) => a - b),
        saved: this.state(second),
        filters: before.map((byte, i) => byte | after[i]!),
      };
    } catch (error) {
      this.#writable = false;
      this.#note(`cannot be joined: ${reasonOf(error)}`);
      return undefined;
    }
    const head = this.write(content);
    if (!head) return undefined;
    this.#bytes -= first.bytes + second.bytes;
    this.#remove(nameOf(first.ordinal));
    return head;
  }

  #keep(heads: readonly KeyHead[]): void {
    this.#own = new Set(heads.map(({ ordinal }) => nameOf(ordinal)));
    this.#bytes = heads.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Before the first write: the folder is there, and what is not used makes room. */
  #takePossession(): void {
    if (!this.#untouched) return;
    mkdirSync(this.#options.path, { recursive: true });
    for (const name of this.#names()) if (!this.#own.has(name)) this.#remove(name);
    this.#untouched = false;
  }

  #remove(name: string): void {
    this.#own.delete(name);
    try {
      unlinkSync(join(this.#options.path, name));
    } catch {
      // Another process was faster, or the folder may not be written: then the next write says so.
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#options.path)
        .filter((name) => FILE.test(name))
        .sort();
    } catch {
      return [];
    }
  }

  #note(text: string): void {
    if (this.#noted) return;
    this.#noted = true;
    this.#options.note?.(`key states in '${this.#options.path}': ${text}`);
  }
}

/** Index of the state whose neighbours are closest to each other; never the last. */
function leastUseful(heads: readonly KeyHead[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < heads.length - 1; i++) {
    const gap = heads[i + 1]!.icount - (heads[i - 1]?.icount ?? 0);
    if (gap < least) {
      least = gap;
      best = i;
    }
  }
  return best;
}

/** What tells recordings apart without reading them whole: their parts and how they end. */
function recordingId({ header, boot, chunks, end }: Recording): string {
  const parts = [
    header,
    boot.writes.map((write) => ('bytes' in write ? write.bytes.length : write)),
    chunks.map(({ firstIcount, lastIcount, frames }) => [firstIcount, lastIcount, frames]),
    end ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.split('\n')[0]! : String(error);
