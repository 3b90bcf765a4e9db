/**
 * The file around the messages: a preamble, then chunks. docs/trace-format.md draws both.
 *
 *     preamble  8 bytes  89 52 45 54 52 4F 0D 0A  (0x89 "RETRO" CR LF: catches text-mode damage)
 *               u32      FORMAT_VERSION
 *               u32      0
 *     chunk     u8       type
 *               u8       codec: 0 stored, 1 deflate (raw), 2 brotli
 *               u16      0
 *               u32      stored length: bytes after this header
 *               u32      raw length: bytes of the message
 *               u32      CRC-32 over the 12 bytes above and the stored bytes
 *               stored bytes
 *
 *     trailer   u64      offset of the index chunk, at the very end of a complete file
 *               8 bytes  "RETROIDX"
 *
 * Numbers are little-endian. A chunk counts when all of it is there: a recorder killed at any byte
 * leaves a file that is valid up to its last whole chunk.
 */

import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  crc32,
  deflateRawSync,
  inflateRawSync,
} from 'node:zlib';
import { RecordingError } from './error.ts';
import type { ByteSource } from './source.ts';

export const FORMAT_VERSION = 1;
export const PREAMBLE_BYTES = 16;
export const CHUNK_HEADER_BYTES = 16;
const MAGIC = Uint8Array.of(0x89, 0x52, 0x45, 0x54, 0x52, 0x4f, 0x0d, 0x0a);

export const CHUNK = { HEADER: 1, IMAGE_PIECE: 2, BOOT: 3, FRAMES: 4, END: 5, INDEX: 6 } as const;
export type ChunkType = (typeof CHUNK)[keyof typeof CHUNK];

export const CODEC = { STORED: 0, DEFLATE: 1, BROTLI: 2 } as const;
export type Codec = (typeof CODEC)[keyof typeof CODEC];

/** The largest message of each type: what a reader may have to allocate. */
const RAW_BYTES_MAX: Readonly<Record<ChunkType, number>> = {
  [CHUNK.HEADER]: 64 * 1024,
  [CHUNK.IMAGE_PIECE]: 1024 * 1024 + 128,
  [CHUNK.BOOT]: 2 * 1024 * 1024,
  [CHUNK.FRAMES]: 8 * 1024 * 1024,
  [CHUNK.END]: 4 * 1024,
  [CHUNK.INDEX]: 4 * 1024 * 1024,
};
const CHUNK_NAMES: Readonly<Record<ChunkType, string>> = {
  [CHUNK.HEADER]: 'header',
  [CHUNK.IMAGE_PIECE]: 'image',
  [CHUNK.BOOT]: 'boot',
  [CHUNK.FRAMES]: 'frames',
  [CHUNK.END]: 'end',
  [CHUNK.INDEX]: 'index',
};
export const chunkName = (type: ChunkType): string => CHUNK_NAMES[type];

/** "an image chunk" */
function aChunk(type: ChunkType): string {
  const name = chunkName(type);
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name} chunk`;
}

export function preamble(): Uint8Array {
  const bytes = new Uint8Array(PREAMBLE_BYTES);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(8, FORMAT_VERSION, true);
  return bytes;
}

export function checkPreamble(source: ByteSource): void {
  const bytes = source.read(0, Math.min(PREAMBLE_BYTES, source.size));
  const magic = bytes.subarray(0, MAGIC.length);
  if (magic.length < MAGIC.length || magic.some((byte, i) => byte !== MAGIC[i])) {
    const found = bytes.length === 0 ? 'an empty file' : `bytes ${hex(magic)}`;
    throw new RecordingError({ expected: 'a recording (bytes 89 52 45 54 …)', found, offset: 0 });
  }
  if (bytes.length < PREAMBLE_BYTES) {
    const found = `${bytes.length} bytes`;
    throw new RecordingError({
      expected: `a preamble of ${PREAMBLE_BYTES} bytes`,
      found,
      offset: 8,
    });
  }
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (version !== FORMAT_VERSION) {
    throw new RecordingError({
      expected: `format version ${FORMAT_VERSION}`,
      found: `version ${version}`,
      offset: 8,
    });
  }
}

/** The last bytes of a complete file: where the index is, and a magic. */
const TRAILER_BYTES = 16;
const TRAILER_MAGIC = 'RETROIDX';

export function trailer(indexOffset: number): Uint8Array {
  const bytes = Buffer.alloc(TRAILER_BYTES);
  bytes.writeBigUInt64LE(BigInt(indexOffset), 0);
  bytes.write(TRAILER_MAGIC, 8, 'latin1');
  return bytes;
}

/** Where a file says that its index is; undefined if it does not, as when it was cut off. */
export function readTrailer(source: ByteSource): number | undefined {
  if (source.size < PREAMBLE_BYTES + TRAILER_BYTES) return undefined;
  const bytes = Buffer.from(source.read(source.size - TRAILER_BYTES, TRAILER_BYTES));
  if (bytes.toString('latin1', 8) !== TRAILER_MAGIC) return undefined;
  const offset = Number(bytes.readBigUInt64LE(0));
  return offset < source.size ? offset : undefined;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** A chunk as bytes of the file. Incompressible messages are stored. */
export function encodeChunk(type: ChunkType, message: Uint8Array, codec: Codec): Uint8Array {
  if (message.length > RAW_BYTES_MAX[type]) {
    throw new Error(`${aChunk(type)} of ${message.length} bytes`);
  }
  const packed = compress(message, codec);
  const smaller = packed.length < message.length;
  const stored = smaller ? packed : message;
  const chunk = new Uint8Array(CHUNK_HEADER_BYTES + stored.length);
  const view = new DataView(chunk.buffer);
  view.setUint8(0, type);
  view.setUint8(1, smaller ? codec : CODEC.STORED);
  view.setUint32(4, stored.length, true);
  view.setUint32(8, message.length, true);
  view.setUint32(12, crc32(stored, crc32(chunk.subarray(0, 12))), true);
  chunk.set(stored, CHUNK_HEADER_BYTES);
  return chunk;
}

function compress(message: Uint8Array, codec: Codec): Uint8Array {
  switch (codec) {
    case CODEC.STORED:
      return message;
    case CODEC.DEFLATE:
      return deflateRawSync(message, { level: 6 });
    case CODEC.BROTLI:
      return brotliCompressSync(message, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 5,
          [constants.BROTLI_PARAM_SIZE_HINT]: message.length,
        },
      });
  }
}

export interface ChunkHeader {
  readonly type: ChunkType;
  readonly codec: Codec;
  /** Offset of the chunk and of the byte after it. */
  readonly offset: number;
  readonly end: number;
  readonly rawLength: number;
  readonly crc: number;
}

/** Reads and checks the header of the chunk at `offset`, against its limits and the file's size. */
export function readChunkHeader(source: ByteSource, offset: number): ChunkHeader {
  const rest = source.size - offset;
  if (rest < CHUNK_HEADER_BYTES) {
    const expected = `a chunk header of ${CHUNK_HEADER_BYTES} bytes`;
    throw new RecordingError({ expected, found: `${Math.max(0, rest)} bytes`, offset });
  }
  const bytes = source.read(offset, CHUNK_HEADER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint8(0) as ChunkType;
  const codec = view.getUint8(1) as Codec;
  const storedLength = view.getUint32(4, true);
  const rawLength = view.getUint32(8, true);
  const limit = RAW_BYTES_MAX[type];
  if (limit === undefined) {
    throw new RecordingError({ expected: 'a chunk type of 1 to 6', found: `${type}`, offset });
  }
  if (codec > CODEC.BROTLI || view.getUint16(2, true) !== 0) {
    const found = hex(bytes.subarray(1, 4));
    throw new RecordingError({ expected: 'a codec of 0, 1 or 2 and two zeros', found, offset });
  }
  if (rawLength > limit || storedLength > rawLength) {
    throw new RecordingError({
      expected: `${aChunk(type)} of at most ${limit} bytes`,
      found: `${rawLength} bytes, stored as ${storedLength}`,
      offset,
    });
  }
  if (storedLength > rest - CHUNK_HEADER_BYTES) {
    throw new RecordingError({
      expected: `${aChunk(type)} of ${storedLength} bytes`,
      found: `${rest - CHUNK_HEADER_BYTES} bytes up to the end of the file`,
      offset,
    });
  }
  const end = offset + CHUNK_HEADER_BYTES + storedLength;
  return { type, codec, offset, end, rawLength, crc: view.getUint32(12, true) };
}

/** The message of a chunk, its checksum verified and its length as promised. */
export function readChunk(source: ByteSource, header: ChunkHeader): Uint8Array {
  const { offset, end, rawLength, codec } = header;
  const bytes = source.read(offset, end - offset);
  const stored = bytes.subarray(CHUNK_HEADER_BYTES);
  const crc = crc32(stored, crc32(bytes.subarray(0, 12)));
  if (crc !== header.crc) {
    const what = `${aChunk(header.type)} with CRC-32 ${header.crc.toString(16)}`;
    throw new RecordingError({ expected: what, found: crc.toString(16), offset });
  }
  const raw = decompress(stored, codec, rawLength, offset);
  if (raw.length !== rawLength) {
    throw new RecordingError({
      expected: `${rawLength} bytes after decompression`,
      found: `${raw.length}`,
      offset,
    });
  }
  return raw;
}

function decompress(
  stored: Uint8Array,
  codec: Codec,
  rawLength: number,
  offset: number,
): Uint8Array {
  if (codec === CODEC.STORED) return stored;
  // zlib refuses a limit of 0, and an empty message is never stored compressed.
  const limit = { maxOutputLength: Math.max(1, rawLength) };
  try {
    return codec === CODEC.DEFLATE
      ? inflateRawSync(stored, limit)
      : brotliDecompressSync(stored, limit);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new RecordingError({
      expected: `${rawLength} bytes after decompression`,
      found: found.replace(/\s+/g, ' '),
      offset,
    });
  }
}
