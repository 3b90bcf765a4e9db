/** A kernel structure in memory, read and written by field name; abi.ts has the offsets. */

import { STRUCTS, type StructName } from './abi.ts';

type Field<N extends StructName> = Exclude<keyof (typeof STRUCTS)[N], 'size'>;

export class Struct<N extends StructName> {
  /** What the kernel is given. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #offsets: Readonly<Record<string, number>>;

  /** Fresh and zeroed; or over `within`, at `at`. `extra` bytes follow, for a flexible array. */
  constructor(name: N, options: { within?: Uint8Array; at?: number; extra?: number } = {}) {
    const { within, at = 0, extra = 0 } = options;
    const length = STRUCTS[name].size + extra;
    this.bytes = within ? within.subarray(at, at + length) : new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.#offsets = STRUCTS[name];
  }

  at(field: Field<N>): number {
    return this.#offsets[field as string]!;
  }
  u8(field: Field<N>): number {
    return this.#view.getUint8(this.at(field));
  }
  u16(field: Field<N>): number {
    return this.#view.getUint16(this.at(field), true);
  }
  u32(field: Field<N>): number {
    return this.#view.getUint32(this.at(field), true);
  }
  u64(field: Field<N>): bigint {
    return this.#view.getBigUint64(this.at(field), true);
  }
  setU8(field: Field<N>, value: number): void {
    this.#view.setUint8(this.at(field), value);
  }
  setU16(field: Field<N>, value: number): void {
    this.#view.setUint16(this.at(field), value, true);
  }
  setU32(field: Field<N>, value: number): void {
    this.#view.setUint32(this.at(field), value, true);
  }
  setU64(field: Field<N>, value: bigint): void {
    this.#view.setBigUint64(this.at(field), BigInt.asUintN(64, value), true);
  }
}
