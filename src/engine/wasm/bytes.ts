/** Growable byte buffer with the LEB128 encodings of the WebAssembly binary format (§5.2.2). */
export class Bytes {
  #buffer = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  append(other: Bytes): void {
    this.raw(other.view());
  }

  raw(data: Uint8Array): void {
    if (this.#length + data.length > this.#buffer.length) this.#grow(data.length);
    this.#buffer.set(data, this.#length);
    this.#length += data.length;
  }

  u32(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  s32(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    if (rest >= -0x80000000n && rest <= 0x7fffffffn) {
      this.s32(Number(rest));
      return;
    }
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  name(text: string): void {
    this.u32(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(more: number): void {
    const bigger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + more));
    bigger.set(this.view());
    this.#buffer = bigger;
  }
}
