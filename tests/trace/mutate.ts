/** Damages recordings in ways that a disk, a network or an enemy would. All from one seed. */

import {
  CHUNK_HEADER_BYTES,
  type ChunkType,
  CODEC,
  encodeChunk,
  PREAMBLE_BYTES,
  readChunk,
  readChunkHeader,
} from '../../src/trace/chunk.ts';
import { MemorySource } from '../../src/trace/source.ts';
import { generator } from '../replay/toy/toy-machine.ts';

export function mutate(file: Uint8Array, seed: number): Uint8Array {
  const random = generator(seed);
  const kinds = [flipped, cut, huge, duplicated, rewritten, rewritten];
  return kinds[random() % kinds.length]!(file.slice(), random);
}

function flipped(file: Uint8Array, random: () => number): Uint8Array {
  for (let n = 1 + (random() % 8); n > 0; n--) file[random() % file.length]! ^= 1 << (random() % 8);
  return file;
}

const cut = (file: Uint8Array, random: () => number) => file.subarray(0, random() % file.length);

/** A length, or what might be one, becomes enormous. */
function huge(file: Uint8Array, random: () => number): Uint8Array {
  const offsets = chunkOffsets(file);
  const at = offsets[random() % offsets.length]! + (random() % CHUNK_HEADER_BYTES);
  for (let i = 0; i < 4 && at + i < file.length; i++) file[at + i] = 0xff;
  return file;
}

function duplicated(file: Uint8Array, random: () => number): Uint8Array {
  const offsets = chunkOffsets(file);
  const at = offsets[random() % offsets.length]!;
  return new Uint8Array(
    Buffer.concat([file.subarray(0, at), file.subarray(random() % file.length)]),
  );
}

/** A message is changed and its chunk written anew, checksum and all. */
function rewritten(file: Uint8Array, random: () => number): Uint8Array {
  const offsets = chunkOffsets(file);
  const source = new MemorySource(file);
  const header = readChunkHeader(source, offsets[random() % offsets.length]!);
  const message = readChunk(source, header).slice();
  for (let n = 1 + (random() % 3); n > 0; n--) {
    const at = random() % message.length;
    message[at] = random() % 2 === 0 ? random() : message[at]! ^ (1 << (random() % 8));
  }
  const chunk = encodeChunk(header.type as ChunkType, message, CODEC.DEFLATE);
  return new Uint8Array(
    Buffer.concat([file.subarray(0, header.offset), chunk, file.subarray(header.end)]),
  );
}

export function chunkOffsets(file: Uint8Array): number[] {
  const source = new MemorySource(file);
  const offsets: number[] = [];
  for (let at = PREAMBLE_BYTES; at + CHUNK_HEADER_BYTES < file.length; ) {
    offsets.push(at);
    at = readChunkHeader(source, at).end;
    // The trailer is no chunk.
    if (at + CHUNK_HEADER_BYTES >= file.length) break;
  }
  return offsets;
}
