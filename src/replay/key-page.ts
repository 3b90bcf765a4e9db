/**
 * A page of RAM as key states keep it: the words that are not zero, behind a bit map of where they
 * are. Guest memory is full of zeros, and this costs next to nothing either way.
 *
 *     0 bytes       a page of zeros
 *     4096 bytes    the page itself, where packing would not make it shorter
 *     otherwise     64 bytes of bit map, least significant bit first, then 8 bytes for each bit set
 */

export const PAGE_BYTES = 4096;
const WORDS = PAGE_BYTES / 8;
const MAP_BYTES = WORDS / 8;

/** Aligned, so that words can be looked at as such. */
const page = new Uint8Array(PAGE_BYTES);
const pageWords = new Int32Array(page.buffer);
const packed = new Uint8Array(MAP_BYTES + PAGE_BYTES);
const packedWords = new Int32Array(packed.buffer);

/** Valid until the next call. */
export function packPage(bytes: Uint8Array): Uint8Array {
  page.set(bytes);
  packed.fill(0, 0, MAP_BYTES);
  let to = MAP_BYTES / 4;
  for (let word = 0; word < WORDS; word++) {
    const low = pageWords[2 * word]!;
    const high = pageWords[2 * word + 1]!;
    if ((low | high) === 0) continue;
    packed[word >>> 3]! |= 1 << (word & 7);
    packedWords[to++] = low;
    packedWords[to++] = high;
  }
  const length = to * 4;
  if (length === MAP_BYTES) return packed.subarray(0, 0);
  return length < PAGE_BYTES ? packed.subarray(0, length) : page;
}

/** Valid until the next call; undefined if those bytes are no page. */
export function unpackPage(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === PAGE_BYTES) {
    page.set(bytes);
    return page;
  }
  page.fill(0);
  if (bytes.length === 0) return page;
  if (bytes.length < MAP_BYTES || bytes.length > PAGE_BYTES || bytes.length % 8 !== 0) {
    return undefined;
  }
  packed.set(bytes);
  const end = bytes.length / 4;
  let from = MAP_BYTES / 4;
  for (let word = 0; word < WORDS; word++) {
    if ((packed[word >>> 3]! & (1 << (word & 7))) === 0) continue;
    if (from >= end) return undefined;
    pageWords[2 * word] = packedWords[from++]!;
    pageWords[2 * word + 1] = packedWords[from++]!;
  }
  return from === end ? page : undefined;
}
