/**
 * Indexes of large files, kept in the user's cache: a kernel's takes seconds to build and milliseconds
 * to read. A cached index is believed if its checksum is right and it was made from the same file.
 *
 *     "RVINDEX1", sha256 of the rest, u32 length of a JSON header, the header, arrays at multiples of 4
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { FileIndex } from './dwarf/file-index.ts';
import type { NameTables } from './dwarf/name-index.ts';

export interface Indexes {
  readonly names: NameTables;
  readonly files: FileIndex;
}

const MAGIC = 'RVINDEX1';
const DIGEST_BYTES = 32;
const BODY = MAGIC.length + DIGEST_BYTES;
/** Changes when what is indexed does. */
const CONTENT_VERSION = 2;

interface Header {
  readonly key: string;
  readonly ownNames: readonly string[];
  readonly paths: readonly string[];
  /** Bytes of each array, in the order below. */
  readonly lengths: readonly number[];
}

export class IndexCache {
  readonly #folder: string;

  constructor(folder = defaultFolder()) {
    this.#folder = folder;
  }

  /** Undefined where there is none, or whatever is wrong with it. `key`: what the file is. */
  read(key: string): Indexes | undefined {
    try {
      return decode(readFileSync(this.#path(key)), key);
    } catch {
      return undefined;
    }
  }

  /** Where it cannot be written the next session builds it again. */
  write(key: string, indexes: Indexes): void {
    try {
      mkdirSync(this.#folder, { recursive: true });
      const path = this.#path(key);
      const temporary = `${path}.${process.pid}`;
      writeFileSync(temporary, encode(indexes, key));
      renameSync(temporary, path);
    } catch {
      // A full disk or a folder that is not ours.
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${digest(Buffer.from(key)).toString('hex').slice(0, 32)}.index`);
  }
}

function defaultFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'retrovisor', 'symbols');
}

/** What an index is made from, as a text. */
export const indexKey = (buildId: string | undefined, sizes: readonly number[]): string =>
  [`content ${CONTENT_VERSION}`, buildId ?? 'no build id', ...sizes].join(' ');

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function encode({ names, files }: Indexes, key: string): Buffer {
  const counts = Uint32Array.from(files.units, ({ length }) => length);
  const units = new Uint32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (const list of files.units) {
    units.set(list, at);
    at += list.length;
  }
  const { keys, kinds, dies, ownKinds, ownDies } = names;
  const arrays = [keys, dies, ownDies, counts, units, kinds, ownKinds];
  const header: Header = {
    key,
    ownNames: names.ownNames,
    paths: files.paths,
    lengths: arrays.map(({ byteLength }) => byteLength),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const parts = [length, text];
  let size = BODY + 4 + text.length;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    const padding = (4 - (size % 4)) % 4;
    parts.push(Buffer.alloc(padding), Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
    size += padding + byteLength;
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(MAGIC), digest(body), body]);
}

function decode(bytes: Buffer, key: string): Indexes | undefined {
  const body = bytes.subarray(BODY);
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  if (!digest(body).equals(bytes.subarray(MAGIC.length, BODY))) return undefined;
  const length = body.readUInt32LE(0);
  const header = JSON.parse(body.toString('utf8', 4, 4 + length)) as Header;
  if (header.key !== key) return undefined;
  let at = BODY + 4 + length;
  const next = (): Uint8Array => {
    at += (4 - (at % 4)) % 4;
    const size = header.lengths[taken++] ?? 0;
    const part = Uint8Array.from(bytes.subarray(at, at + size));
    at += size;
    return part;
  };
  let taken = 0;
  const wide = (): Uint32Array => new Uint32Array(next().buffer);
  const [keys, dies, ownDies, counts, units] = [wide(), wide(), wide(), wide(), wide()];
  const [kinds, ownKinds] = [next(), next()];
  let from = 0;
  const perFile = Array.from(counts!, (count) => units!.subarray(from, (from += count)));
  return {
    names: {
      keys: keys!,
      dies: dies!,
      kinds: kinds!,
      ownNames: header.ownNames,
      ownKinds: ownKinds!,
      ownDies: ownDies!,
    },
    files: { paths: header.paths, units: perFile },
  };
}
