/**
 * Finding the debug information that was stripped off a file: by build-id, by .gnu_debuglink, and where
 * Debian's `linux-image-*-dbg` puts it (gdb manual, "Separate Debug Files"); and the file that dwz put
 * in common (.gnu_debugaltlink).
 */

import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileSource } from './byte-source.ts';
import { crc32 } from './crc32.ts';
import { ElfFile, SHT_NOTE, textAt } from './elf-file.ts';

const SYSTEM = '/usr/lib/debug';
const NT_GNU_BUILD_ID = 3;
/** CRCs are of whole files: not of those too large to read for it. */
const CRC_MAX = 1024 * 1024 * 1024;

/** In hexadecimal. */
export function buildIdOf(elf: ElfFile): string | undefined {
  for (const section of elf.sections) {
    if (section.type !== SHT_NOTE || section.size > 0x10000) continue;
    const bytes = elf.content(section);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 12 <= bytes.length; ) {
      const nameSize = view.getUint32(at, true);
      const size = view.getUint32(at + 4, true);
      const type = view.getUint32(at + 8, true);
      const data = at + 12 + aligned(nameSize);
      if (data + size > bytes.length) break;
      if (type === NT_GNU_BUILD_ID && textAt(bytes, at + 12) === 'GNU') {
        return Buffer.from(bytes.subarray(data, data + size)).toString('hex');
      }
      at = data + aligned(size);
    }
  }
  return undefined;
}

const aligned = (size: number): number => Math.ceil(size / 4) * 4;

/** Candidates in order; the first that exists and belongs to the file is it. Undefined if there is none. */
export function findDebugFile(
  elf: ElfFile,
  path: string,
  directories: readonly string[],
): ElfFile | undefined {
  const buildId = buildIdOf(elf);
  const link = debugLink(elf);
  for (const candidate of candidates(path, buildId, link?.name, [...directories, SYSTEM])) {
    if (candidate === path || !existsSync(candidate)) continue;
    const found = openElf(candidate);
    if (!found) continue;
    if (found.section('.debug_info') ?? found.section('.zdebug_info')) {
      const theirs = buildIdOf(found);
      if (buildId !== undefined && theirs !== undefined && buildId === theirs) return found;
      if ((buildId === undefined || theirs === undefined) && matches(candidate, link?.crc)) {
        return found;
      }
    }
    found.close();
  }
  return undefined;
}

export function* candidates(
  path: string,
  buildId: string | undefined,
  link: string | undefined,
  directories: readonly string[],
): Generator<string> {
  const folder = dirname(path);
  const file = basename(path);
  if (buildId !== undefined && buildId.length > 2) {
    for (const directory of directories) {
      yield join(directory, '.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`);
    }
  }
  for (const name of new Set([link, `${file}.debug`, file])) {
    if (name === undefined) continue;
    yield join(folder, name);
    yield join(folder, '.debug', name);
    for (const directory of directories) {
      yield join(directory, folder, name);
      yield join(directory, 'boot', name);
      yield join(directory, name);
    }
  }
}

export function debugLink(elf: ElfFile): { name: string; crc: number } | undefined {
  const section = elf.section('.gnu_debuglink');
  if (!section || section.size < 8 || section.size > 0x10000) return undefined;
  const bytes = elf.content(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { name: textAt(bytes, 0), crc: view.getUint32(bytes.length - 4, true) };
}

/** The file in common: its name and its build-id. */
export function findAlternateFile(
  elf: ElfFile,
  path: string,
  directories: readonly string[],
): ElfFile | undefined {
  const section = elf.section('.gnu_debugaltlink');
  if (!section || section.size > 0x10000) return undefined;
  const bytes = elf.content(section);
  const name = textAt(bytes, 0);
  const buildId = Buffer.from(bytes.subarray(name.length + 1)).toString('hex');
  const places = [isAbsolute(name) ? name : join(dirname(path), name)];
  for (const directory of [...directories, SYSTEM]) {
    places.push(join(directory, '.dwz', basename(name)));
    if (buildId.length > 2) {
      places.push(join(directory, '.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`));
    }
  }
  for (const place of places) {
    const found = existsSync(place) ? openElf(place) : undefined;
    if (found && buildIdOf(found) === buildId) return found;
    found?.close();
  }
  return undefined;
}

function openElf(path: string): ElfFile | undefined {
  try {
    return new ElfFile(fileSource(path));
  } catch {
    return undefined; // some other file of that name
  }
}

function matches(path: string, crc: number | undefined): boolean {
  if (crc === undefined) return true;
  const source = fileSource(path);
  try {
    return source.size <= CRC_MAX && crc32(source) === crc;
  } finally {
    source.close();
  }
}
