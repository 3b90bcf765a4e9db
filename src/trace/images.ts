/**
 * The images inside a recording, by content address. The pieces are read through once, and each
 * image's SHA-256 is checked, before the first byte of any is handed out.
 */

import { createHash, type Hash } from 'node:crypto';
import { CHUNK, PREAMBLE_BYTES, readChunkHeader } from './chunk.ts';
import { RecordingError } from './error.ts';
import { decodeImagePiece, type ImagePiece } from './header.ts';
import { decodeChunk } from './layout.ts';
import type { ByteSource } from './source.ts';

/** A stretch of an image and the chunk that has it. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly chunk: number;
}

export interface Range {
  readonly offset: number;
  readonly length: number;
}

export class ImageStore {
  readonly #source: ByteSource;
  readonly #stretches: ReadonlyMap<string, readonly Stretch[]>;

  constructor(source: ByteSource, pieceOffsets: readonly number[]) {
    this.#source = source;
    const stretches = new Map<string, Stretch[]>();
    const hashes = new Map<string, Hash>();
    for (const chunk of pieceOffsets) {
      const piece = this.#piece(chunk);
      const known = stretches.get(piece.sha256) ?? [];
      const start = known.at(-1)?.end ?? 0;
      if (piece.offset !== start) {
        const expected = `an image piece for offset ${start}`;
        throw new RecordingError({ expected, found: `${piece.offset}`, offset: chunk });
      }
      known.push({ start, end: start + piece.data.length, chunk });
      stretches.set(piece.sha256, known);
      const hash = hashes.get(piece.sha256) ?? createHash('sha256');
      hashes.set(piece.sha256, hash.update(piece.data));
    }
    for (const [address, hash] of hashes) {
      const found = hash.digest('hex');
      if (found !== address) {
        throw new RecordingError({
          expected: `an image with SHA-256 ${address.slice(0, 16)}…`,
          found: `${found.slice(0, 16)}…`,
          offset: stretches.get(address)![0]!.chunk,
        });
      }
    }
    this.#stretches = stretches;
  }

  /** Hands out a part of an image in pieces; `at` counts from the start of the part. */
  read(sha256: string, { offset, length }: Range, take: (at: number, bytes: Uint8Array) => void) {
    const stretches = this.#stretches.get(sha256) ?? [];
    const size = stretches.at(-1)?.end ?? 0;
    const end = offset + length;
    if (end > size) {
      throw new RecordingError({
        expected: `image ${sha256.slice(0, 16)}… with bytes up to ${end}`,
        found: `${size} bytes of it`,
        offset: stretches[0]?.chunk ?? PREAMBLE_BYTES,
      });
    }
    for (const stretch of stretches) {
      const from = Math.max(stretch.start, offset);
      const to = Math.min(stretch.end, end);
      if (from >= to) continue;
      const { data } = this.#piece(stretch.chunk);
      take(from - offset, data.subarray(from - stretch.start, to - stretch.start));
    }
  }

  #piece(chunk: number): ImagePiece {
    const header = readChunkHeader(this.#source, chunk);
    return decodeChunk(this.#source, header, CHUNK.IMAGE_PIECE, decodeImagePiece);
  }
}
