/**
 * Where the chunks of a recording are: from the index at its end, or by going through the file up
 * to the first chunk that is not whole.
 */

import { FrameBlock } from './block.ts';
import {
  CHUNK,
  type ChunkHeader,
  type ChunkType,
  chunkName,
  readChunk,
  readChunkHeader,
  readTrailer,
} from './chunk.ts';
import { RecordingError } from './error.ts';
import { isExitKind, KIND } from './frame.ts';
import { type ChunkSummary, decodeEnd, decodeIndex, type End, type FileIndex } from './header.ts';
import type { ByteSource } from './source.ts';
import { WireError } from './wire.ts';

export function decodeChunk<T>(
  source: ByteSource,
  header: ChunkHeader,
  type: ChunkType,
  decode: (message: Uint8Array) => T,
): T {
  if (header.type !== type) {
    throw new RecordingError({
      expected: `a ${chunkName(type)} chunk`,
      found: `a ${chunkName(header.type)} chunk`,
      offset: header.offset,
    });
  }
  const message = readChunk(source, header);
  try {
    return decode(message);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new RecordingError({
      expected: error.expected,
      found: `${error.found} in the ${chunkName(type)} chunk`,
      offset: header.offset,
    });
  }
}

export interface FileLayout extends Omit<FileIndex, 'endOffset'> {
  readonly end: End | undefined;
  readonly damage: RecordingError | undefined;
}

/** The layout from the index, if the file ends in a usable one. */
export function indexed(source: ByteSource): FileLayout | undefined {
  const offset = readTrailer(source);
  if (offset === undefined) return undefined;
  try {
    const header = readChunkHeader(source, offset);
    const index = decodeChunk(source, header, CHUNK.INDEX, decodeIndex);
    let last = 0;
    for (const chunk of index.frames) {
      const sane = chunk.firstIcount >= last && chunk.lastIcount >= chunk.firstIcount;
      if (!sane || chunk.frames === 0 || chunk.offset >= source.size) return undefined;
      last = chunk.lastIcount;
    }
    const end = decodeChunk(source, readChunkHeader(source, index.endOffset), CHUNK.END, decodeEnd);
    if (end.icount < last) return undefined;
    return { ...index, end, damage: undefined };
  } catch (error) {
    // The index is an accelerator: whatever is wrong with it, the chunks say it better.
    if (error instanceof RecordingError) return undefined;
    throw error;
  }
}

/** The layout from the chunks themselves, up to the first that is not whole. */
export function scanned(source: ByteSource, start: number): FileLayout {
  const frames: ChunkSummary[] = [];
  const pieceOffset: number[] = [];
  let bootOffset: number | undefined;
  let end: End | undefined;
  let damage: RecordingError | undefined;
  let last = 0;
  try {
    for (let offset = start; offset < source.size && end === undefined; ) {
      const header = readChunkHeader(source, offset);
      const expected = bootOffset === undefined ? [CHUNK.IMAGE_PIECE, CHUNK.BOOT] : AFTER_BOOT;
      if (!expected.includes(header.type)) {
        throw new RecordingError({
          expected: expected.map((type) => `${chunkName(type)} chunk`).join(' or '),
          found: `a ${chunkName(header.type)} chunk`,
          offset,
        });
      }
      if (header.type === CHUNK.IMAGE_PIECE) pieceOffset.push(offset);
      else if (header.type === CHUNK.BOOT) bootOffset = offset;
      else if (header.type === CHUNK.END) end = readEnd(source, offset, last);
      else {
        const block = decodeChunk(source, header, CHUNK.FRAMES, (m) => new FrameBlock(m));
        const summary = summarise(block, offset);
        if (summary.firstIcount < last) {
          const expected = `frames from icount ${last} on`;
          throw new RecordingError({ expected, found: `icount ${summary.firstIcount}`, offset });
        }
        last = summary.lastIcount;
        frames.push(summary);
      }
      offset = header.end;
    }
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    damage = error;
  }
  if (bootOffset === undefined) {
    throw (
      damage ??
      new RecordingError({
        expected: 'a boot chunk',
        found: 'the end of the file',
        offset: source.size,
      })
    );
  }
  if (end === undefined && damage === undefined) {
    const expected = 'a frames or end chunk';
    damage = new RecordingError({ expected, found: 'the end of the file', offset: source.size });
  }
  return { frames, pieceOffset, bootOffset, end, damage };
}

function readEnd(source: ByteSource, offset: number, last: number): End {
  const end = decodeChunk(source, readChunkHeader(source, offset), CHUNK.END, decodeEnd);
  if (end.icount < last) {
    const expected = `an end at icount ${last} or later`;
    throw new RecordingError({ expected, found: `${end.icount}`, offset });
  }
  return end;
}

const AFTER_BOOT: readonly ChunkType[] = [CHUNK.FRAMES, CHUNK.END];

export function summarise(block: FrameBlock, offset: number): ChunkSummary {
  let exits = 0;
  let interrupts = 0;
  let dmaBytes = 0;
  for (let i = 0; i < block.count; i++) {
    const kind = block.kind(i);
    if (isExitKind(kind)) exits++;
    else if (kind === KIND.INTERRUPT) interrupts++;
    else if (kind === KIND.DMA) dmaBytes += block.dataLength(i);
  }
  return {
    offset,
    firstIcount: block.icounts[0]!,
    lastIcount: block.icounts[block.count - 1]!,
    frames: block.count,
    exits,
    interrupts,
    dmaBytes,
  };
}
