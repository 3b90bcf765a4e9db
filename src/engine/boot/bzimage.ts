/**
 * Linux bzImage, by the 64-bit protocol where the kernel offers it and the 32-bit protocol else
 * (Documentation/arch/x86/boot.rst, protocol 2.06 and newer; zero-page.rst for boot_params).
 */

import { err, ok, type Result } from '../device/state.ts';
import { RSDP_AT } from '../pc/acpi/tables.ts';
import { HIGH_RAM_START, memoryMap } from '../pc/memory-map.ts';
import { type Gpa, gpa } from '../units.ts';
import { bootGdt, flat32, Gpr, long64 } from './cpu-state.ts';
import { alignDown, alignUp, cString, hex, PAGE } from './layout.ts';
import type { BootPlan, BootRequest } from './plan.ts';

/** Where the loader's own things go, all in conventional memory. */
const BOOT_PARAMS = 0x7000;
const GDT = 0x8000;
const PAGE_TABLES = 0x9000;
const COMMAND_LINE = 0x2_0000;

/** Offsets of the setup header's fields, in the file and in boot_params alike. */
const Field = {
  SETUP_SECTS: 0x1f1,
  SYSSIZE: 0x1f4,
  BOOT_FLAG: 0x1fe,
  JUMP: 0x201,
  HEADER: 0x202,
  VERSION: 0x206,
  TYPE_OF_LOADER: 0x210,
  LOADFLAGS: 0x211,
  CODE32_START: 0x214,
  RAMDISK_IMAGE: 0x218,
  RAMDISK_SIZE: 0x21c,
  CMD_LINE_PTR: 0x228,
  INITRD_ADDR_MAX: 0x22c,
  KERNEL_ALIGNMENT: 0x230,
  RELOCATABLE_KERNEL: 0x234,
  XLOADFLAGS: 0x236,
  CMDLINE_SIZE: 0x238,
  PREF_ADDRESS: 0x258,
  INIT_SIZE: 0x260,
} as const;
const HEADER_END_MIN = 0x23c;
/** Where boot_params has its next field. */
const HEADER_END_MAX = 0x290;
/** The other fields of boot_params that are ours. */
const Params = {
  SIZE: 0x1000,
  ACPI_RSDP_ADDR: 0x070,
  ALT_MEM_K: 0x1e0,
  E820_ENTRIES: 0x1e8,
  E820_TABLE: 0x2d0,
} as const;

const HDRS = 0x5372_6448;
const LOADED_HIGH = 0x01;
const XLF_KERNEL_64 = 0x01;
const LOADER_UNDEFINED = 0xff;
/** The 64-bit entry point is this far into the protected-mode code. */
const ENTRY_64 = 0x200;

interface SetupHeader {
  readonly version: number;
  /** End of the header, which is as long as its kernel knows it. */
  readonly end: number;
  readonly codeOffset: number;
  readonly initrdAddrMax: number;
  readonly alignment: number;
  readonly isRelocatable: boolean;
  readonly has64: boolean;
  readonly commandLineMax: number;
  readonly preferredAddress: number;
  /** Memory the kernel needs from its load address on until it has read its memory map. */
  readonly initSize: number;
}

export function isBzImage(kernel: Uint8Array): boolean {
  if (kernel.length < Field.VERSION + 2) return false;
  const view = viewOf(kernel);
  return (
    view.getUint16(Field.BOOT_FLAG, true) === 0xaa55 && view.getUint32(Field.HEADER, true) === HDRS
  );
}

export function planBzImage(request: BootRequest): Result<BootPlan> {
  const { kernel, initrd, append = '', memoryBytes } = request;
  const parsed = parseHeader(kernel);
  if (!parsed.ok) return parsed;
  const header = parsed.value;
  if (append.length > header.commandLineMax) {
    return err(
      `command line: ${append.length} characters, this kernel takes ${header.commandLineMax}`,
    );
  }
  const placed = placeKernel(header, memoryBytes);
  if (!placed.ok) return placed;
  const loadAt = placed.value;
  const ramdisk = placeInitrd(initrd, header, loadAt + header.initSize, memoryBytes);
  if (!ramdisk.ok) return ramdisk;

  const params = bootParams(kernel, header, memoryBytes);
  const view = viewOf(params);
  view.setUint8(Field.TYPE_OF_LOADER, LOADER_UNDEFINED);
  view.setUint32(Field.CODE32_START, loadAt, true);
  view.setUint32(Field.CMD_LINE_PTR, COMMAND_LINE, true);
  if (initrd !== undefined) {
    view.setUint32(Field.RAMDISK_IMAGE, ramdisk.value, true);
    view.setUint32(Field.RAMDISK_SIZE, initrd.length, true);
  }
  const gdt = bootGdt(header.has64 ? '64' : '32');
  const gdtr = { base: BigInt(GDT), limit: gdt.length - 1 };
  const gpr = { [Gpr.RSI]: BOOT_PARAMS };
  return ok({
    format: header.has64 ? 'bzImage-64' : 'bzImage-32',
    writes: [
      { at: loadAt, bytes: kernel.subarray(header.codeOffset) },
      { at: gpa(BOOT_PARAMS), bytes: params },
      { at: gpa(COMMAND_LINE), bytes: cString(append) },
      { at: gpa(GDT), bytes: gdt },
      ...(header.has64 ? [{ at: gpa(PAGE_TABLES), bytes: identityPageTables(PAGE_TABLES) }] : []),
      ...(initrd === undefined ? [] : [{ at: ramdisk.value, bytes: initrd }]),
    ],
    registers: header.has64
      ? long64({ rip: loadAt + ENTRY_64, gdtr, gpr }, PAGE_TABLES)
      : flat32({ rip: loadAt, gdtr, gpr }),
  });
}

function parseHeader(kernel: Uint8Array): Result<SetupHeader> {
  if (kernel.length < HEADER_END_MAX) {
    return err(`bzImage: the file ends within the setup header, after ${kernel.length} bytes`);
  }
  const view = viewOf(kernel);
  const version = view.getUint16(Field.VERSION, true);
  if (version < 0x0206) {
    return err(`bzImage: boot protocol ${protocol(version)}, 2.06 or newer is needed`);
  }
  if ((view.getUint8(Field.LOADFLAGS) & LOADED_HIGH) === 0) {
    return err('bzImage: a zImage, which loads low, is not supported');
  }
  const end = Field.HEADER + view.getUint8(Field.JUMP);
  if (end < HEADER_END_MIN) {
    return err(`bzImage: the setup header ends at ${hex(end)}, before ${hex(HEADER_END_MIN)}`);
  }
  const setupSectors = view.getUint8(Field.SETUP_SECTS) || 4;
  const codeOffset = (setupSectors + 1) * 512;
  const codeBytes = view.getUint32(Field.SYSSIZE, true) * 16;
  // syssize counts paragraphs, the last of which need not be whole.
  if (codeBytes === 0 || codeOffset + codeBytes - 15 > kernel.length) {
    return err(
      `bzImage: ${codeBytes} bytes of code from ${hex(codeOffset)}, the file has ${kernel.length}`,
    );
  }
  const isRelocatable = view.getUint8(Field.RELOCATABLE_KERNEL) !== 0;
  const alignment = view.getUint32(Field.KERNEL_ALIGNMENT, true);
  if (isRelocatable && (alignment < PAGE || (alignment & (alignment - 1)) !== 0)) {
    return err(`bzImage: kernel_alignment ${hex(alignment)} is not a power of two from a page up`);
  }
  const knowsPlacement = version >= 0x020a;
  const preferred = knowsPlacement ? view.getBigUint64(Field.PREF_ADDRESS, true) : 0n;
  const inFile = kernel.length - codeOffset;
  const initSize = knowsPlacement ? view.getUint32(Field.INIT_SIZE, true) : inFile;
  return ok({
    version,
    end: Math.min(end, HEADER_END_MAX),
    codeOffset,
    initrdAddrMax: view.getUint32(Field.INITRD_ADDR_MAX, true),
    alignment,
    isRelocatable,
    has64: version >= 0x020c && (view.getUint16(Field.XLOADFLAGS, true) & XLF_KERNEL_64) !== 0,
    commandLineMax: view.getUint32(Field.CMDLINE_SIZE, true),
    preferredAddress: preferred > 0xffff_ffffn ? Number.POSITIVE_INFINITY : Number(preferred),
    initSize: Math.max(initSize, inFile),
  });
}

/** At its preferred address if RAM goes that far, else, if it can be moved, as low as it goes. */
function placeKernel(header: SetupHeader, memoryBytes: number): Result<Gpa> {
  const { preferredAddress, isRelocatable, alignment, initSize } = header;
  const preferred = preferredAddress === 0 ? HIGH_RAM_START : preferredAddress;
  const fits = (at: number) => at >= HIGH_RAM_START && at + initSize <= memoryBytes;
  if (fits(preferred)) return ok(gpa(preferred));
  const lowest = alignUp(HIGH_RAM_START, isRelocatable ? alignment : 1);
  if (isRelocatable && fits(lowest)) return ok(gpa(lowest));
  const need = Math.ceil(((isRelocatable ? lowest : preferred) + initSize) / 2 ** 20);
  return err(
    `too little memory: this kernel needs ${need} MiB, the guest has ${memoryBytes >>> 20}`,
  );
}

/** As high as the kernel allows, out of the way of its decompression. */
function placeInitrd(
  initrd: Uint8Array | undefined,
  header: SetupHeader,
  kernelEnd: number,
  memoryBytes: number,
): Result<Gpa> {
  if (initrd === undefined) return ok(gpa(0));
  if (initrd.length === 0) return err('initrd: the file is empty');
  const end = Math.min(memoryBytes, header.initrdAddrMax + 1);
  const at = alignDown(end - initrd.length, PAGE);
  if (at < kernelEnd) {
    const need = Math.ceil((kernelEnd + initrd.length + PAGE) / 2 ** 20);
    return err(
      `too little memory: kernel and initrd need ${need} MiB below ${hex(header.initrdAddrMax)}, the guest has ${memoryBytes >>> 20}`,
    );
  }
  return ok(gpa(at));
}

/** The zero page, but for what depends on placement. */
function bootParams(kernel: Uint8Array, header: SetupHeader, memoryBytes: number): Uint8Array {
  const params = new Uint8Array(Params.SIZE);
  params.set(kernel.subarray(Field.SETUP_SECTS, header.end), Field.SETUP_SECTS);
  const view = viewOf(params);
  view.setBigUint64(Params.ACPI_RSDP_ADDR, BigInt(RSDP_AT), true);
  view.setUint32(Params.ALT_MEM_K, (memoryBytes - HIGH_RAM_START) >>> 10, true);
  const map = memoryMap(memoryBytes);
  view.setUint8(Params.E820_ENTRIES, map.length);
  for (const [i, { at, length, type }] of map.entries()) {
    const entry = Params.E820_TABLE + i * 20;
    view.setBigUint64(entry, BigInt(at), true);
    view.setBigUint64(entry + 8, BigInt(length), true);
    view.setUint32(entry + 16, type, true);
  }
  return params;
}

/** The first 4 GiB onto themselves in 2 MiB pages: one PML4, one PDPT, four page directories. */
export function identityPageTables(at: number): Uint8Array {
  const PRESENT_WRITABLE = 0x3n;
  const PAGE_SIZE = 0x80n;
  const tables = new DataView(new ArrayBuffer(6 * PAGE));
  tables.setBigUint64(0, BigInt(at + PAGE) | PRESENT_WRITABLE, true);
  for (let gib = 0; gib < 4; gib++) {
    const directory = (2 + gib) * PAGE;
    tables.setBigUint64(PAGE + gib * 8, BigInt(at + directory) | PRESENT_WRITABLE, true);
    for (let i = 0; i < 512; i++) {
      const frame = BigInt(gib * 512 + i) << 21n;
      tables.setBigUint64(directory + i * 8, frame | PAGE_SIZE | PRESENT_WRITABLE, true);
    }
  }
  return new Uint8Array(tables.buffer);
}

function protocol(version: number): string {
  return `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
