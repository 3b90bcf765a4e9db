/**
 * Bookmarks: names for marks, with notes, in a small JSON file beside the recording
 * (`boot.retro.bookmarks`), so that the recording itself stays as it was made. All front ends that have
 * the recording open share it: whoever changes it reads first what others made of it meanwhile.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gva } from '../engine/units.ts';
import { type Landing, type Mark, MarkError, mark } from './mark.ts';

/** A mark that has a name, and maybe more to be said about it. */
export interface Bookmark extends Mark {
  readonly note?: string | undefined;
}

const VERSION = 1;
const NOTE_MAX = 10_000;
/** Names that would mean something else where a mark is expected. */
const RESERVED = /^(start|end|\d.*|exit:.*|irq:.*|console:.*)$/;

export const bookmarksPath = (recordingPath: string): string => `${recordingPath}.bookmarks`;

export function checkBookmarkName(name: string): void {
  if (name.trim() !== name || name === '' || name.length > 200 || RESERVED.test(name)) {
    throw new MarkError(
      `bookmark ${JSON.stringify(name)}: expected a name that is no mark of another kind`,
    );
  }
}

/** No file is no bookmarks; anything else that is wrong with it is a `MarkError`. */
export function loadBookmarks(path: string): Map<string, Bookmark> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw new MarkError(`bookmarks ${path}: ${error instanceof Error ? error.message : error}`);
  }
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    throw new MarkError(
      `bookmarks ${path}: expected version ${VERSION} of bookmarks, got ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Replaces the file in one go: a crash leaves the old one or the new one. */
export function saveBookmarks(path: string, bookmarks: ReadonlyMap<string, Bookmark>): void {
  const entries = [...bookmarks].map(([name, { icount, step, landing, note }]) => ({
    name,
    icount,
    step,
    ...(landing ? { landing: { count: landing.count, rip: landing.rip.toString(16) } } : {}),
    ...(note === undefined ? {} : { note }),
  }));
  const temporary = `${path}.new`;
  writeFileSync(
    temporary,
    `${JSON.stringify({ version: VERSION, bookmarks: entries }, null, 2)}\n`,
  );
  renameSync(temporary, path);
}

function parse(document: unknown): Map<string, Bookmark> {
  const { version, bookmarks } = object(document);
  if (version !== VERSION) throw new Error(`version ${JSON.stringify(version)}`);
  if (!Array.isArray(bookmarks)) throw new Error('no list of bookmarks');
  return new Map(
    bookmarks.map((entry: unknown): [string, Bookmark] => {
      const { name, icount, step, landing, note } = object(entry);
      if (typeof name !== 'string') throw new Error('a bookmark without a name');
      if (note !== undefined && (typeof note !== 'string' || note.length > NOTE_MAX))
        throw new Error('a note that is no text');
      const plain = {
        ...mark(whole(icount), whole(step)),
        ...(note === undefined ? {} : { note }),
      };
      return [name, landing === undefined ? plain : { ...plain, landing: parseLanding(landing) }];
    }),
  );
}

function parseLanding(value: unknown): Landing {
  const { count, rip } = object(value);
  if (typeof rip !== 'string' || !/^[0-9a-f]{1,16}$/.test(rip)) throw new Error('a bad rip');
  return { count: whole(count), rip: gva(BigInt(`0x${rip}`)) };
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(JSON.stringify(value));
  return value as Record<string, unknown>;
}

function whole(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Error(`${JSON.stringify(value)} for a number`);
  }
  return value;
}
