/** The CRC of .gnu_debuglink: CRC-32 as in Ethernet, over the whole file. */

import type { ByteSource } from './byte-source.ts';

const POLYNOMIAL = 0xedb8_8320;
const PIECE = 1024 * 1024;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

export function crc32(source: ByteSource): number {
  let crc = 0xffff_ffff;
  for (let at = 0; at < source.size; at += PIECE) {
    const bytes = source.read(at, Math.min(PIECE, source.size - at));
    for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
