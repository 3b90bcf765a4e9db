/**
 * Multiboot version 1 (GNU, "Multiboot Specification version 0.6.96"): kernels in ELF, or in any
 * format with the address fields of the header filled in. The initrd becomes the one module.
 */

import { err, ok, type Result } from '../device/state.ts';
import { HIGH_RAM_START, LOW_RAM_END, memoryMap } from '../pc/memory-map.ts';
import { gpa } from '../units.ts';
import { flat32, Gpr } from './cpu-state.ts';
import type { Elf, ElfSegment } from './elf.ts';
import {
  alignUp,
  cString,
  describeLoadable,
  hex,
  isLoadable,
  PAGE,
  placeLow,
  struct,
} from './layout.ts';
import type { BootPlan, BootRequest } from './plan.ts';

const HEADER_MAGIC = 0x1bad_b002;
const LOADER_MAGIC = 0x2bad_b002;
/** The header lies within this much of the file, on a 4-byte boundary (§3.1). */
const SEARCH_BYTES = 8192;
/** Bits 3 to 15 are demands that a loader must refuse if it does not know them. */
const UNKNOWN_DEMANDS = 0xfff8;
const HAS_ADDRESSES = 1 << 16;

export interface MultibootHeader {
  /** Of the header in the file. */
  readonly offset: number;
  readonly flags: number;
}

export function findMultibootHeader(kernel: Uint8Array): MultibootHeader | undefined {
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  const end = Math.min(kernel.length, SEARCH_BYTES) - 12;
  for (let offset = 0; offset <= end; offset += 4) {
    if (view.getUint32(offset, true) !== HEADER_MAGIC) continue;
    const flags = view.getUint32(offset + 4, true);
    const checksum = view.getUint32(offset + 8, true);
    if (((HEADER_MAGIC + flags + checksum) & 0xffff_ffff) === 0) return { offset, flags };
  }
  return undefined;
}

interface LoadImage {
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
}

export function planMultiboot(
  request: BootRequest,
  header: MultibootHeader,
  elf: Elf | undefined,
): Result<BootPlan> {
  const { kernel, initrd, append = '', memoryBytes } = request;
  const demands = header.flags & UNKNOWN_DEMANDS;
  if (demands !== 0) return err(`Multiboot: the kernel demands unknown features ${hex(demands)}`);
  const image = loadImage(kernel, header, elf, memoryBytes);
  if (!image.ok) return image;
  const { entry, segments } = image.value;

  const kernelEnd = segments.reduce((end, segment) => Math.max(end, segment.end), HIGH_RAM_START);
  const moduleAt = alignUp(kernelEnd, PAGE);
  const moduleEnd = moduleAt + (initrd?.length ?? 0);
  if (moduleEnd > memoryBytes) {
    const need = Math.ceil(moduleEnd / 2 ** 20);
    return err(
      `too little memory: kernel and initrd need ${need} MiB, the guest has ${memoryBytes >>> 20}`,
    );
  }
  const info = bootInformation({ memoryBytes, append, initrd, moduleAt, segments });
  if (!info.ok) return info;
  return ok({
    format: 'multiboot',
    writes: [
      ...segments.map(({ start, bytes }) => ({ at: gpa(start), bytes })),
      { at: gpa(info.value.at), bytes: info.value.bytes },
      ...(initrd === undefined ? [] : [{ at: gpa(moduleAt), bytes: initrd }]),
    ],
    registers: flat32({
      rip: entry,
      gpr: { [Gpr.RAX]: LOADER_MAGIC, [Gpr.RBX]: info.value.at },
    }),
  });
}

/** What to load where: by the header's own addresses if it gives them, else by the ELF headers. */
function loadImage(
  kernel: Uint8Array,
  header: MultibootHeader,
  elf: Elf | undefined,
  memoryBytes: number,
): Result<LoadImage> {
  if ((header.flags & HAS_ADDRESSES) === 0) {
    if (elf === undefined) return err('Multiboot: neither an ELF file nor addresses in the header');
    if (elf.entry > 0xffff_ffff || !isInside(elf.segments, elf.entry)) {
      return err(`Multiboot: the entry ${hex(elf.entry)} is in no segment`);
    }
    return ok(elf);
  }
  if (header.offset + 32 > kernel.length) return err('Multiboot: the file ends within the header');
  const view = new DataView(kernel.buffer, kernel.byteOffset + header.offset, 32);
  const [headerAt, loadAt, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((at) =>
    view.getUint32(at, true),
  ) as [number, number, number, number, number];
  const fileStart = header.offset - (headerAt - loadAt);
  const fileEnd = loadEnd === 0 ? kernel.length : fileStart + (loadEnd - loadAt);
  if (fileStart < 0 || fileEnd <= fileStart || fileEnd > kernel.length) {
    return err(
      `Multiboot: the header loads file bytes [${fileStart}, ${fileEnd}), the file has ${kernel.length}`,
    );
  }
  const bytes = kernel.subarray(fileStart, fileEnd);
  const segment = { start: loadAt, end: Math.max(loadAt + bytes.length, bssEnd), bytes };
  if (!isLoadable(segment, memoryBytes)) {
    return err(
      `Multiboot: loads at [${hex(segment.start)}, ${hex(segment.end)}), RAM is ${describeLoadable(memoryBytes)}`,
    );
  }
  if (!isInside([segment], entry)) return err(`Multiboot: the entry ${hex(entry)} is not loaded`);
  return ok({ entry, segments: [segment] });
}

function isInside(segments: readonly ElfSegment[], at: number): boolean {
  return segments.some(({ start, end }) => at >= start && at < end);
}

const InfoFlags = {
  MEMORY: 1 << 0,
  CMDLINE: 1 << 2,
  MODULES: 1 << 3,
  MEMORY_MAP: 1 << 6,
  LOADER_NAME: 1 << 9,
} as const;
const INFO_BYTES = 88;
const MODULE_BYTES = 16;
const LOADER_NAME = 'retrovisor';

/** §3.3, "Boot information format", with everything it points to behind it. */
function bootInformation(options: {
  readonly memoryBytes: number;
  readonly append: string;
  readonly initrd: Uint8Array | undefined;
  readonly moduleAt: number;
  readonly segments: readonly ElfSegment[];
}): Result<{ readonly at: number; readonly bytes: Uint8Array }> {
  const { memoryBytes, append, initrd, moduleAt, segments } = options;
  const map = memoryMap(memoryBytes).map(({ at, length, type }) =>
    // Each entry's size does not count the size itself.
    struct([4, 20], [8, at], [8, length], [4, type]),
  );
  const mapBytes = map.length * 24;
  const commandLine = cString(append);
  const loaderName = cString(LOADER_NAME);
  const mapOffset = INFO_BYTES + MODULE_BYTES;
  const commandLineOffset = mapOffset + mapBytes;
  const loaderNameOffset = commandLineOffset + commandLine.length;
  const placed = placeLow(loaderNameOffset + loaderName.length, segments);
  if (!placed.ok) return placed;
  const at = placed.value;

  const { MEMORY, CMDLINE, MODULES, MEMORY_MAP, LOADER_NAME: NAME } = InfoFlags;
  const fixed = new Uint8Array(INFO_BYTES);
  fixed.set(
    struct(
      [4, MEMORY | CMDLINE | MODULES | MEMORY_MAP | NAME],
      [4, LOW_RAM_END >> 10], // mem_lower, in KiB
      [4, (memoryBytes - HIGH_RAM_START) >>> 10], // mem_upper
      [4, 0], // boot_device
      [4, at + commandLineOffset],
      [4, initrd === undefined ? 0 : 1], // mods_count
      [4, at + INFO_BYTES], // mods_addr
      [8, 0], // syms
      [8, 0],
      [4, mapBytes],
      [4, at + mapOffset],
      [8, 0], // drives
      [4, 0], // config_table
      [4, at + loaderNameOffset],
    ),
  );
  const module = struct(
    [4, moduleAt],
    [4, moduleAt + (initrd?.length ?? 0)],
    // The module's string: there is none, and the end of the command line is an empty one.
    [4, at + commandLineOffset + commandLine.length - 1],
    [4, 0],
  );
  const parts = [fixed, module, ...map, commandLine, loaderName];
  return ok({ at, bytes: Uint8Array.from(parts.flatMap((part) => [...part])) });
}
