/**
 * BTF, the types a Linux kernel carries for itself (Documentation/bpf/btf.rst): where the members of
 * its structures are, without debug information. It lies in the kernel's image, in the file's section
 * `.BTF` as in the guest's memory.
 *
 *     header   magic u16, version u8, flags u8, header length u32, then offset and length (u32 each,
 *              from the header's end) of the types and of the strings
 *     type     name u32, info u32 (count of what follows, kind, flag), size or type u32, and per kind
 *
 * Whatever does not agree with itself is no BTF: the guest may hold anything.
 */

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
const TYPE_BYTES = 12;
const MEMBER_BYTES = 12;
/** A distribution's kernel has 4 to 8 MiB. */
const BYTES_MAX = 64 * 1024 * 1024;
const TYPES_MAX = 2_000_000;
/** Anonymous structures within each other. */
const DEPTH_MAX = 16;

const INT = 1;
const ARRAY = 3;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const FUNC_PROTO = 13;
const VAR = 14;
const DATASEC = 15;
const DECL_TAG = 17;
const ENUM64 = 19;

/** Bytes behind a type's common part: for each of what it counts, and once. */
const EACH: Readonly<Record<number, number>> = {
  [STRUCT]: MEMBER_BYTES,
  [UNION]: MEMBER_BYTES,
  [ENUM]: 8,
  [FUNC_PROTO]: 8,
  [DATASEC]: 12,
  [ENUM64]: 12,
};
const ONCE: Readonly<Record<number, number>> = { [INT]: 4, [ARRAY]: 12, [VAR]: 4, [DECL_TAG]: 4 };
const KIND_MAX = ENUM64;

/** First bytes of any BTF of version 1 as kernels have it. */
const BTF_START = Uint8Array.of(0x9f, 0xeb, 1, 0, HEADER_BYTES, 0, 0, 0);

/** Bytes of all of it, by its header; undefined if that is none. */
function btfLength(header: Uint8Array): number | undefined {
  if (header.length < HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  if (view.getUint16(0, true) !== MAGIC || header[2] !== 1) return undefined;
  if (view.getUint32(4, true) !== HEADER_BYTES) return undefined;
  const [typesAt, typesLength] = [view.getUint32(8, true), view.getUint32(12, true)];
  const [stringsAt, stringsLength] = [view.getUint32(16, true), view.getUint32(20, true)];
  if (typesAt !== 0 || stringsAt < typesLength || typesLength === 0) return undefined;
  const length = HEADER_BYTES + stringsAt + stringsLength;
  return length <= BYTES_MAX ? length : undefined;
}

export interface MemorySpan {
  readonly start: bigint;
  readonly length: bigint;
}

const PIECE = 1024 * 1024;
/** A kernel image is not larger; whoever maps more than that cannot make us read it all. */
const SCANNED_MAX = 256 * 1024 * 1024;

/** The first BTF in these parts of the guest's memory: the kernel's own. Yields between slices of work. */
export function* findBtf(
  spans: readonly MemorySpan[],
  read: (at: bigint, length: number) => Uint8Array,
): Generator<void, Btf | undefined> {
  let scanned = 0;
  for (const { start, length } of spans) {
    const end = start + length;
    for (let at = start; at < end && scanned < SCANNED_MAX; at += BigInt(PIECE)) {
      const wanted = Math.min(Number(end - at), PIECE + BTF_START.length);
      const piece = Buffer.from(read(at, wanted));
      for (let i = piece.indexOf(BTF_START); i >= 0; i = piece.indexOf(BTF_START, i + 1)) {
        const found = at + BigInt(i);
        const bytes = btfLength(read(found, HEADER_BYTES));
        const btf = bytes === undefined ? undefined : Btf.read(read(found, bytes));
        if (btf) return btf;
      }
      scanned += piece.length;
      yield;
    }
  }
  return undefined;
}

interface Structure {
  readonly at: number;
  readonly size: number;
  readonly members: number;
  readonly bitfields: boolean;
}

export class Btf {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #strings: number;
  /** Where each type begins; 0 is void. */
  readonly #types: Uint32Array;

  private constructor(bytes: Uint8Array, view: DataView, strings: number, types: Uint32Array) {
    this.#bytes = bytes;
    this.#view = view;
    this.#strings = strings;
    this.#types = types;
  }

  /** Undefined for bytes that are not whole BTF. */
  static read(bytes: Uint8Array): Btf | undefined {
    const length = btfLength(bytes);
    if (length === undefined || bytes.length < length) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    const end = HEADER_BYTES + view.getUint32(12, true);
    const types: number[] = [0];
    let at = HEADER_BYTES;
    while (at + TYPE_BYTES <= end) {
      types.push(at);
      const info = view.getUint32(at + 4, true);
      const kind = (info >>> 24) & 0x1f;
      if (kind === 0 || kind > KIND_MAX || types.length > TYPES_MAX) return undefined;
      at += TYPE_BYTES + (ONCE[kind] ?? 0) + (EACH[kind] ?? 0) * (info & 0xffff);
    }
    if (at !== end) return undefined;
    const strings = HEADER_BYTES + view.getUint32(16, true);
    return new Btf(bytes, view, strings, Uint32Array.from(types));
  }

  /** Offset in bytes of a member of a structure; through anonymous ones within it. */
  offsetOf(structure: string, member: string): number | undefined {
    const found = this.#named(structure);
    return found && this.#offsetIn(found, Buffer.from(member), 0);
  }

  sizeOf(structure: string): number | undefined {
    return this.#named(structure)?.size;
  }

  #named(name: string): Structure | undefined {
    const wanted = Buffer.from(name);
    for (let id = 1; id < this.#types.length; id++) {
      const found = this.#structure(id);
      if (found && this.#isCalled(this.#view.getUint32(found.at, true), wanted)) return found;
    }
    return undefined;
  }

  #structure(id: number): Structure | undefined {
    const at = this.#types[id];
    if (!at) return undefined;
    const info = this.#view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x1f;
    if (kind !== STRUCT && kind !== UNION) return undefined;
    const size = this.#view.getUint32(at + 8, true);
    return { at, size, members: info & 0xffff, bitfields: info >>> 31 !== 0 };
  }

  #offsetIn(structure: Structure, member: Uint8Array, depth: number): number | undefined {
    if (depth > DEPTH_MAX) return undefined;
    for (let i = 0; i < structure.members; i++) {
      const at = structure.at + TYPE_BYTES + i * MEMBER_BYTES;
      const name = this.#view.getUint32(at, true);
      const bits = this.#view.getUint32(at + 8, true) & (structure.bitfields ? 0xffffff : ~0);
      if (name !== 0) {
        if (this.#isCalled(name, member)) return bits % 8 === 0 ? bits / 8 : undefined;
        continue;
      }
      const inner = this.#structure(this.#view.getUint32(at + 4, true));
      const found = inner && this.#offsetIn(inner, member, depth + 1);
      if (found !== undefined) return bits / 8 + found;
    }
    return undefined;
  }

  #isCalled(name: number, wanted: Uint8Array): boolean {
    const at = this.#strings + name;
    if (name === 0 || at + wanted.length >= this.#view.byteLength) return false;
    for (let i = 0; i < wanted.length; i++) if (this.#bytes[at + i] !== wanted[i]) return false;
    return this.#bytes[at + wanted.length] === 0;
  }
}
