/**
 * The CRC of `compare-sections`: CRC-32 with the polynomial 0x04c11db7, most significant bit first,
 * starting at all ones and not inverted at the end (gdb manual E.6, `qCRC`).
 */

const POLYNOMIAL = 0x04c11db7;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? POLYNOMIAL : 0);
  return value >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ byte]!;
  return crc >>> 0;
}
