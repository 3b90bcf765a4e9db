/**
 * Where a recording's bytes come from and go to: a file, or memory for tests. Reading is by offset;
 * writing appends, and can take back a chunk that did not fit on the disk.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

export interface ByteSource {
  readonly size: number;
  /** `length` bytes from `offset`; the caller has checked them against `size`. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

export interface ByteSink {
  /** Appends all of `bytes` or throws. */
  write(bytes: Uint8Array): void;
  /** Cuts off what is after `length`. */
  truncate(length: number): void;
  close(): void;
}

export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get size(): number {
    return this.#bytes.length;
  }
  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
  close(): void {}
}

export class FileSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;

  /** The size is taken once: a recording that is still being written is read as it stands now. */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const got = readSync(this.#fd, bytes, done, length - done, offset + done);
      // Cut off behind our back: the zeros that are left fail the checksum.
      if (got === 0) break;
      done += got;
    }
    return bytes;
  }
  close(): void {
    closeSync(this.#fd);
  }
}

export class MemorySink implements ByteSink {
  #parts: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
  }
  truncate(length: number): void {
    this.#parts = [this.bytes().subarray(0, length)];
  }
  close(): void {}

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

export class FileSink implements ByteSink {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
  }
  write(bytes: Uint8Array): void {
    // A nearly full disk takes a part and says so only by the count.
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#fd, bytes, done, bytes.length - done);
  }
  truncate(length: number): void {
    ftruncateSync(this.#fd, length);
  }
  close(): void {
    closeSync(this.#fd);
  }
}
