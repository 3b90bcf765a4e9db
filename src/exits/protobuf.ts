/**
 * Protocol buffers, the writing half and as much of it as a Perfetto trace takes: numbers as varints,
 * strings and messages with their length in front (protobuf.dev/programming-guides/encoding).
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

export type ProtoField = readonly [number, number | string | Uint8Array];

/** Fields in the given order. Numbers are whole, up to 2^53. */
export function message(fields: readonly ProtoField[]): Uint8Array {
  const bytes: number[] = [];
  for (const [field, value] of fields) {
    if (typeof value === 'number') {
      varint(bytes, field * 8 + VARINT);
      varint(bytes, value);
      continue;
    }
    const data = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    varint(bytes, field * 8 + LENGTH_DELIMITED);
    varint(bytes, data.length);
    for (const byte of data) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function varint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
}
