/** Synthetic kernels, byte by byte, with every field open to a test that wants it wrong. */

export interface BzImageFields {
  version?: number;
  setupSects?: number;
  syssize?: number;
  loadflags?: number;
  jump?: number;
  initrdAddrMax?: number;
  alignment?: number;
  relocatable?: number;
  xloadflags?: number;
  cmdlineSize?: number;
  prefAddress?: bigint;
  initSize?: number;
  codeBytes?: number;
}

/** A bzImage as Debian's kernels are: protocol 2.15, relocatable, with a 64-bit entry. */
export function bzImage(fields: BzImageFields = {}): Uint8Array {
  const { setupSects = 3, codeBytes = 0x3000 } = fields;
  const codeAt = ((setupSects || 4) + 1) * 512;
  const image = new Uint8Array(codeAt + codeBytes);
  const view = new DataView(image.buffer);
  view.setUint8(0x1f1, setupSects);
  view.setUint32(0x1f4, fields.syssize ?? Math.ceil(codeBytes / 16), true);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint8(0x200, 0xeb);
  view.setUint8(0x201, fields.jump ?? 0x6a);
  view.setUint32(0x202, 0x5372_6448, true);
  view.setUint16(0x206, fields.version ?? 0x020f, true);
  view.setUint8(0x211, fields.loadflags ?? 0x01);
  view.setUint32(0x214, 0x10_0000, true);
  view.setUint32(0x22c, fields.initrdAddrMax ?? 0x7fff_ffff, true);
  view.setUint32(0x230, fields.alignment ?? 0x20_0000, true);
  view.setUint8(0x234, fields.relocatable ?? 1);
  view.setUint16(0x236, fields.xloadflags ?? 0x0001, true);
  view.setUint32(0x238, fields.cmdlineSize ?? 2047, true);
  view.setBigUint64(0x258, fields.prefAddress ?? 0x100_0000n, true);
  view.setUint32(0x260, fields.initSize ?? 0x10_0000, true);
  for (let i = 0; i < codeBytes; i++) image[codeAt + i] = i & 0xff;
  return image;
}

export interface SegmentSpec {
  type?: number;
  paddr: number | bigint;
  bytes: Uint8Array;
  memsz?: number | bigint;
  /** What the header says, if not the truth. */
  filesz?: number | bigint;
  offset?: number | bigint;
}

export interface ElfSpec {
  bits?: 32 | 64;
  entry?: number;
  machine?: number;
  type?: number;
  segments: readonly SegmentSpec[];
  phnum?: number;
  phentsize?: number;
}

export function elf(spec: ElfSpec): Uint8Array {
  const { bits = 64, entry = 0x10_0000, segments } = spec;
  const is64 = bits === 64;
  const headerBytes = is64 ? 64 : 52;
  const phentsize = is64 ? 56 : 32;
  const tableEnd = headerBytes + phentsize * segments.length;
  const total = segments.reduce((sum, { bytes }) => sum + bytes.length, tableEnd);
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  const word = (at: number, value: number | bigint) =>
    is64 ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, Number(value), true);
  file.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1, 1]);
  view.setUint16(16, spec.type ?? 2, true);
  view.setUint16(18, spec.machine ?? (is64 ? 62 : 3), true);
  word(24, entry);
  word(is64 ? 32 : 28, headerBytes);
  view.setUint16(is64 ? 54 : 42, spec.phentsize ?? phentsize, true);
  view.setUint16(is64 ? 56 : 44, spec.phnum ?? segments.length, true);
  let offset = tableEnd;
  for (const [i, segment] of segments.entries()) {
    const at = headerBytes + phentsize * i;
    const { bytes, paddr } = segment;
    const filesz = segment.filesz ?? bytes.length;
    const memsz = segment.memsz ?? bytes.length;
    view.setUint32(at, segment.type ?? 1, true);
    if (is64) {
      word(at + 8, segment.offset ?? offset);
      word(at + 24, paddr);
      word(at + 32, filesz);
      word(at + 40, memsz);
    } else {
      word(at + 4, segment.offset ?? offset);
      word(at + 12, paddr);
      word(at + 16, filesz);
      word(at + 20, memsz);
    }
    file.set(bytes, offset);
    offset += bytes.length;
  }
  return file;
}

/** A note segment with one note; XEN_ELFNOTE_PHYS32_ENTRY unless told otherwise. */
export function xenNote(entry: number, { name = 'Xen', type = 18, bytes = 4 } = {}): SegmentSpec {
  const note = new Uint8Array(12 + 4 + bytes);
  const view = new DataView(note.buffer);
  view.setUint32(0, name.length + 1, true);
  view.setUint32(4, bytes, true);
  view.setUint32(8, type, true);
  note.set(
    [...name].map((c) => c.charCodeAt(0)),
    12,
  );
  if (bytes >= 4) view.setUint32(16, entry, true);
  return { type: 4, paddr: 0, bytes: note };
}

/** The 12 bytes of a Multiboot header, or 32 with addresses. */
export function multibootHeader(flags: number, addresses: readonly number[] = []): Uint8Array {
  const magic = 0x1bad_b002;
  const words = [magic, flags, -(magic + flags) >>> 0, ...addresses];
  return new Uint8Array(Uint32Array.from(words).buffer);
}

/** `parts` at their offsets in `length` bytes. */
export function bytesWith(length: number, parts: Readonly<Record<number, Uint8Array>>): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [at, part] of Object.entries(parts)) bytes.set(part, Number(at));
  return bytes;
}
