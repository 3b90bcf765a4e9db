/** Numbers and bytes as the protocol writes them. What is not hex is `undefined`, never an error. */

/** An unsigned number of at most 64 bits, big-endian as numbers in packets are. */
export function parseHex(text: string): bigint | undefined {
  return /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** The same where anything above 2^32 makes no sense: lengths, kinds, register numbers. */
export function parseCount(text: string): number | undefined {
  return /^[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** "ADDR,LENGTH" */
export function parseRange(text: string): { at: bigint; length: number } | undefined {
  const [first = '', second = '', ...rest] = text.split(',');
  const at = parseHex(first);
  const length = parseCount(second);
  return at === undefined || length === undefined || rest.length > 0 ? undefined : { at, length };
}

export function bytesOf(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)) return undefined;
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Text as UTF-8 in hex: `qRcmd`, `O`, `qThreadExtraInfo`. */
export const hexText = (text: string): string => Buffer.from(text, 'utf8').toString('hex');

const scratch = Buffer.alloc(16);

/** A register's value in guest order, little-endian; at most 16 bytes. */
export function littleEndian(value: bigint, bytes: number): string {
  scratch.writeBigUInt64LE(BigInt.asUintN(64, value), 0);
  if (bytes > 8) scratch.writeBigUInt64LE(BigInt.asUintN(64, value >> 64n), 8);
  return scratch.toString('hex', 0, bytes);
}

export function fromLittleEndian(hex: string): bigint | undefined {
  const bytes = bytesOf(hex);
  if (!bytes || bytes.length === 0) return undefined;
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Bytes as a payload. */
export const binary = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
export const bytesIn = (payload: string): Uint8Array =>
  Uint8Array.from(Buffer.from(payload, 'latin1'));
