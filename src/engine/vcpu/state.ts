/** Typed windows on the state page of a vCPU's memory (layout.ts has the offsets). */
export class State {
  readonly #u32: Uint32Array;
  readonly #i32: Int32Array;
  readonly #u64: BigUint64Array;
  readonly #u16: Uint16Array;
  readonly #u8: Uint8Array;

  constructor(memory: ArrayBuffer) {
    this.#u8 = new Uint8Array(memory, 0, 0x1000);
    this.#u16 = new Uint16Array(memory, 0, 0x800);
    this.#u32 = new Uint32Array(memory, 0, 0x400);
    this.#i32 = new Int32Array(memory, 0, 0x400);
    this.#u64 = new BigUint64Array(memory, 0, 0x200);
  }

  u8(at: number): number {
    return this.#u8[at]!;
  }
  setU8(at: number, value: number): void {
    this.#u8[at] = value;
  }
  u16(at: number): number {
    return this.#u16[at >> 1]!;
  }
  setU16(at: number, value: number): void {
    this.#u16[at >> 1] = value;
  }
  u32(at: number): number {
    return this.#u32[at >> 2]!;
  }
  setU32(at: number, value: number): void {
    this.#u32[at >> 2] = value;
  }
  i32(at: number): number {
    return this.#i32[at >> 2]!;
  }
  u64(at: number): bigint {
    return this.#u64[at >> 3]!;
  }
  /** Truncates to 64 bits. */
  setU64(at: number, value: bigint): void {
    this.#u64[at >> 3] = value;
  }
  /** A counter that fits a JS number exactly. */
  count(at: number): number {
    return this.#u32[(at >> 2) + 1]! * 0x100000000 + this.#u32[at >> 2]!;
  }
  setCount(at: number, value: number): void {
    this.#u32[(at >> 2) + 1] = Math.floor(value / 0x100000000);
    this.#u32[at >> 2] = value >>> 0;
  }
}
