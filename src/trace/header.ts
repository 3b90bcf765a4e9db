/**
 * What a recording says before its first frame and after its last: guest, images, boot state, end.
 * Plain types for the rest of the program, the protobuf messages behind them, and the checks.
 */

import { type Gpa, gpa, type Icount, icount } from '../engine/units.ts';
import type { Registers, Segment, TableRegister } from '../engine/vcpu/vcpu.ts';
import { retrovisor as pb } from './recording.gen.js';
import { WireError } from './wire.ts';

export interface GuestConfig {
  readonly name: string;
  readonly memoryBytes: number;
  readonly cpuModel: string;
  /** ISO 8601 in UTC. */
  readonly rtcBase: string;
  readonly append: string;
  readonly bootFormat: string;
}

export type ImageRole = 'kernel' | 'initrd' | 'firmware' | 'disk';

/** An image by content. `sha256` in hex. */
export interface ImageRef {
  readonly role: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface Header {
  readonly writer: string;
  readonly guest: GuestConfig;
  /** Instructions between two state hashes. */
  readonly hashSpacing: number;
  readonly quirks: readonly string[];
  readonly images: readonly ImageRef[];
  /** Build id of the engine that recorded; absent where the writer did not say. */
  readonly engine?: string | undefined;
  /** Instructions whose results reach the guest unrecorded, if it uses them; absent: none do. */
  readonly uncontrolled?: readonly string[];
}

export type RamWrite =
  | { readonly gpa: Gpa; readonly bytes: Uint8Array }
  | {
      readonly gpa: Gpa;
      readonly sha256: string;
      readonly offset: number;
      readonly length: number;
    };

export interface BootState {
  readonly registers: Registers;
  readonly writes: readonly RamWrite[];
}

export type EndReason = 'poweroff' | 'halted' | 'triple-fault' | 'reset' | 'interrupted' | 'limit';
const END_REASONS: readonly string[] = [
  'poweroff',
  'halted',
  'triple-fault',
  'reset',
  'interrupted',
  'limit',
] satisfies readonly EndReason[];

export interface End {
  readonly reason: EndReason;
  readonly icount: Icount;
  readonly stateHash: string;
}

/** Quirks this version can replay: none yet. */
const KNOWN_QUIRKS: ReadonlySet<string> = new Set();
const IMAGES_MAX = 64;
const UNCONTROLLED_MAX = 64;
const HASH_SPACING_MAX = 2 ** 32;
const RAM_WRITES_MAX = 1024;
const MEMORY_BYTES_MAX = 3 * 2 ** 30;
const MASK_64 = (1n << 64n) - 1n;

/** What protobufjs makes of a 64-bit field: its `Long`, or a number. */
type Wide = number | { readonly low: number; readonly high: number };

function toNumber(value: Wide | null | undefined, what: string): number {
  const number =
    typeof value === 'object' && value !== null
      ? (value.high >>> 0) * 2 ** 32 + (value.low >>> 0)
      : (value ?? 0);
  if (!Number.isSafeInteger(number)) throw new WireError(`${what} below 2^53`, `${number}`);
  return number;
}
const toBigint = (value: Wide | null | undefined): bigint =>
  typeof value === 'object' && value !== null
    ? (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)
    : BigInt(value ?? 0);

/** protobufjs takes a 64-bit field as two halves too, without a dependency on `long`. */
const wide = (value: bigint): never =>
  ({
    low: Number(value & 0xffff_ffffn) | 0,
    high: Number((value & MASK_64) >> 32n) | 0,
    unsigned: true,
  }) as never;

export function encodeHeader(header: Header): Uint8Array {
  return pb.Header.encode({
    writer: header.writer,
    guest: header.guest,
    hashSpacing: header.hashSpacing,
    quirks: [...header.quirks],
    images: header.images.map((image) => ({ ...image, sha256: Buffer.from(image.sha256, 'hex') })),
    engine: header.engine ?? '',
    uncontrolled: [...(header.uncontrolled ?? [])],
  }).finish();
}

export function decodeHeader(message: Uint8Array): Header {
  const header = decoded(() => pb.Header.decode(message));
  const { guest } = header;
  if (!guest) throw new WireError('a guest in the header', 'none');
  const memoryBytes = toNumber(guest.memoryBytes, 'the memory size');
  if (memoryBytes === 0 || memoryBytes > MEMORY_BYTES_MAX) {
    throw new WireError(`guest memory of at most ${MEMORY_BYTES_MAX} bytes`, `${memoryBytes}`);
  }
  const hashSpacing = toNumber(header.hashSpacing, 'the hash spacing');
  if (hashSpacing === 0 || hashSpacing > HASH_SPACING_MAX) {
    throw new WireError(`a hash spacing of 1 to ${HASH_SPACING_MAX}`, `${hashSpacing}`);
  }
  for (const quirk of header.quirks) {
    if (!KNOWN_QUIRKS.has(quirk)) {
      throw new WireError('quirks that this version knows', JSON.stringify(quirk));
    }
  }
  if (header.images.length > IMAGES_MAX) {
    throw new WireError(`at most ${IMAGES_MAX} images`, `${header.images.length}`);
  }
  if (header.uncontrolled.length > UNCONTROLLED_MAX) {
    const found = `${header.uncontrolled.length}`;
    throw new WireError(`at most ${UNCONTROLLED_MAX} uncontrolled instructions`, found);
  }
  if (!/^[0-9a-f]{0,64}$/.test(header.engine)) {
    throw new WireError('an engine build of at most 64 hex digits', JSON.stringify(header.engine));
  }
  return {
    writer: header.writer,
    engine: header.engine === '' ? undefined : header.engine,
    guest: {
      name: guest.name ?? '',
      memoryBytes,
      cpuModel: guest.cpuModel ?? '',
      rtcBase: guest.rtcBase ?? '',
      append: guest.append ?? '',
      bootFormat: guest.bootFormat ?? '',
    },
    hashSpacing,
    quirks: header.quirks,
    ...(header.uncontrolled.length > 0 && { uncontrolled: header.uncontrolled }),
    images: header.images.map((image) => ({
      role: image.role ?? '',
      name: image.name ?? '',
      size: toNumber(image.size, 'an image size'),
      sha256: address(image.sha256),
    })),
  };
}

export interface ImagePiece {
  readonly sha256: string;
  readonly offset: number;
  readonly data: Uint8Array;
}

export function encodeImagePiece({ sha256, offset, data }: ImagePiece): Uint8Array {
  return pb.ImagePiece.encode({ sha256: Buffer.from(sha256, 'hex'), offset, data }).finish();
}

export function decodeImagePiece(message: Uint8Array): ImagePiece {
  const piece = decoded(() => pb.ImagePiece.decode(message));
  return {
    sha256: address(piece.sha256),
    offset: toNumber(piece.offset, 'a piece offset'),
    data: piece.data,
  };
}

export function encodeBoot(boot: BootState): Uint8Array {
  return pb.Boot.encode({
    registers: registersMessage(boot.registers),
    writes: boot.writes.map((write) =>
      'bytes' in write
        ? { gpa: write.gpa, literal: write.bytes }
        : {
            gpa: write.gpa,
            image: {
              sha256: Buffer.from(write.sha256, 'hex'),
              offset: write.offset,
              length: write.length,
            },
          },
    ),
  }).finish();
}

export function decodeBoot(message: Uint8Array): BootState {
  const boot = decoded(() => pb.Boot.decode(message));
  if (boot.writes.length > RAM_WRITES_MAX) {
    throw new WireError(`at most ${RAM_WRITES_MAX} writes to RAM`, `${boot.writes.length}`);
  }
  return {
    registers: registersOf(boot.registers),
    writes: boot.writes.map((write): RamWrite => {
      const at = gpa(toNumber(write.gpa, 'a GPA'));
      if (!write.image) return { gpa: at, bytes: new Uint8Array(write.literal ?? []) };
      return {
        gpa: at,
        sha256: address(write.image.sha256),
        offset: toNumber(write.image.offset, 'an image offset'),
        length: toNumber(write.image.length, 'an image length'),
      };
    }),
  };
}

export function encodeEnd(end: End): Uint8Array {
  return pb.End.encode(end).finish();
}

export function decodeEnd(message: Uint8Array): End {
  const end = decoded(() => pb.End.decode(message));
  if (!END_REASONS.includes(end.reason)) {
    throw new WireError(`an end reason of ${END_REASONS.join(', ')}`, JSON.stringify(end.reason));
  }
  if (!/^[0-9a-f]{16}$/.test(end.stateHash)) {
    throw new WireError('a state hash of 16 hex digits', JSON.stringify(end.stateHash));
  }
  return {
    reason: end.reason as EndReason,
    icount: icount(toNumber(end.icount, 'the final icount')),
    stateHash: end.stateHash,
  };
}

/** One entry of the index; sums are of the chunk alone. */
export interface ChunkSummary {
  readonly offset: number;
  readonly firstIcount: number;
  readonly lastIcount: number;
  readonly frames: number;
  readonly exits: number;
  readonly interrupts: number;
  readonly dmaBytes: number;
}

export interface FileIndex {
  readonly frames: readonly ChunkSummary[];
  readonly pieceOffset: readonly number[];
  readonly bootOffset: number;
  readonly endOffset: number;
}

export function encodeIndex(index: FileIndex): Uint8Array {
  return pb.Index.encode({
    ...index,
    frames: [...index.frames],
    pieceOffset: [...index.pieceOffset],
  }).finish();
}

export function decodeIndex(message: Uint8Array): FileIndex {
  const index = decoded(() => pb.Index.decode(message));
  return {
    frames: index.frames.map((entry) => ({
      offset: toNumber(entry.offset, 'an offset'),
      firstIcount: toNumber(entry.firstIcount, 'an icount'),
      lastIcount: toNumber(entry.lastIcount, 'an icount'),
      frames: entry.frames ?? 0,
      exits: entry.exits ?? 0,
      interrupts: entry.interrupts ?? 0,
      dmaBytes: toNumber(entry.dmaBytes, 'a byte count'),
    })),
    pieceOffset: index.pieceOffset.map((offset) => toNumber(offset, 'an offset')),
    bootOffset: toNumber(index.bootOffset, 'an offset'),
    endOffset: toNumber(index.endOffset, 'an offset'),
  };
}

/** protobufjs says what is wrong by throwing; here that is a fact about the file. */
function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new WireError('a protobuf message', error instanceof Error ? error.message : `${error}`);
  }
}

function address(sha256: Uint8Array | null | undefined): string {
  if (sha256?.length !== 32) {
    throw new WireError('a SHA-256 of 32 bytes', `${sha256?.length ?? 0} bytes`);
  }
  return Buffer.from(sha256).toString('hex');
}

function registersMessage(r: Registers): pb.Registers.$Properties {
  const segment = (s: Segment) => ({ ...s, base: wide(s.base) });
  const table = (t: TableRegister) => ({ ...t, base: wide(t.base) });
  return {
    gpr: r.gpr.map(wide),
    rip: wide(r.rip),
    rflags: wide(r.rflags),
    segments: r.segments.map(segment),
    ldtr: segment(r.ldtr),
    tr: segment(r.tr),
    gdtr: table(r.gdtr),
    idtr: table(r.idtr),
    cr0: wide(r.cr0),
    cr2: wide(r.cr2),
    cr3: wide(r.cr3),
    cr4: wide(r.cr4),
    dr: r.dr.map(wide),
    efer: wide(r.efer),
    fsBase: wide(r.fsBase),
    gsBase: wide(r.gsBase),
    kernelGsBase: wide(r.kernelGsBase),
    xmm: r.xmm.flatMap((x) => [wide(x.lo), wide(x.hi)]),
    mxcsr: r.mxcsr,
    x87Significand: r.x87.map((x) => wide(x.significand)),
    x87SignExponent: r.x87.map((x) => x.signExponent),
    fcw: r.fcw,
    fsw: r.fsw,
    ftw: r.ftw,
    fip: wide(r.fip),
    fdp: wide(r.fdp),
    fop: r.fop,
  };
}

function registersOf(r: pb.Registers.$Properties | null | undefined): Registers {
  if (!r) throw new WireError('registers in the boot state', 'none');
  const exactly = <T>(list: readonly T[] | null | undefined, count: number, what: string) => {
    if (list?.length !== count) throw new WireError(`${count} ${what}`, `${list?.length ?? 0}`);
    return list;
  };
  const segment = (s: pb.Segment.$Properties | null | undefined): Segment => ({
    selector: s?.selector ?? 0,
    base: toBigint(s?.base),
    limit: s?.limit ?? 0,
    rights: s?.rights ?? 0,
  });
  const table = (t: pb.TableRegister.$Properties | null | undefined): TableRegister => ({
    base: toBigint(t?.base),
    limit: t?.limit ?? 0,
  });
  const xmm = exactly(r.xmm, 32, 'halves of XMM registers').map(toBigint);
  const exponents = exactly(r.x87SignExponent, 8, 'x87 exponents');
  return {
    gpr: exactly(r.gpr, 16, 'general registers').map(toBigint),
    rip: toBigint(r.rip),
    rflags: toBigint(r.rflags),
    segments: exactly(r.segments, 6, 'segment registers').map(segment),
    ldtr: segment(r.ldtr),
    tr: segment(r.tr),
    gdtr: table(r.gdtr),
    idtr: table(r.idtr),
    cr0: toBigint(r.cr0),
    cr2: toBigint(r.cr2),
    cr3: toBigint(r.cr3),
    cr4: toBigint(r.cr4),
    dr: exactly(r.dr, 6, 'debug registers').map(toBigint),
    efer: toBigint(r.efer),
    fsBase: toBigint(r.fsBase),
    gsBase: toBigint(r.gsBase),
    kernelGsBase: toBigint(r.kernelGsBase),
    xmm: Array.from({ length: 16 }, (_, i) => ({ lo: xmm[2 * i]!, hi: xmm[2 * i + 1]! })),
    mxcsr: r.mxcsr ?? 0,
    x87: exactly(r.x87Significand, 8, 'x87 significands').map((significand, i) => ({
      significand: toBigint(significand),
      signExponent: exponents[i]!,
    })),
    fcw: r.fcw ?? 0,
    fsw: r.fsw ?? 0,
    ftw: r.ftw ?? 0,
    fip: toBigint(r.fip),
    fdp: toBigint(r.fdp),
    fop: r.fop ?? 0,
  };
}
