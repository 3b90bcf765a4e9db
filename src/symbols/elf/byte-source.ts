/**
 * Bytes of a file, read where they are asked for: a kernel's debug file is larger than what a process
 * should hold of it.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SymbolError } from '../program.ts';

export interface ByteSource {
  /** For messages. */
  readonly name: string;
  readonly size: number;
  /** Exactly that many bytes. Throws `SymbolError` where the file is shorter. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read(offset, length) {
      checkRange(name, bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    close() {},
  };
}

export function fileSource(path: string): ByteSource {
  const file = openFile(path);
  const size = fstatSync(file).size;
  return {
    name: path,
    size,
    read(offset, length) {
      checkRange(path, size, offset, length);
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        const count = readSync(file, bytes, done, length - done, offset + done);
        if (count === 0) throw cut(path, size, offset, length);
        done += count;
      }
      return bytes;
    },
    close: () => closeSync(file),
  };
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SymbolError(`'${path}': expected a file with symbols, cannot open it (${code})`);
  }
}

function checkRange(name: string, size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw cut(name, size, offset, length);
}

const cut = (name: string, size: number, offset: number, length: number): SymbolError =>
  new SymbolError(
    `'${name}': expected ${length} bytes at ${offset}, found a file that is cut off or damaged (it has ${size})`,
  );
