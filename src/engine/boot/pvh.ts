/**
 * PVH: an ELF kernel that says in a Xen note where it wants to be entered in 32-bit mode (Xen,
 * docs/misc/pvh.pandoc and xen/include/public/arch-x86/hvm/start_info.h). Linux's vmlinux is one.
 */

import { err, ok, type Result } from '../device/state.ts';
import { RSDP_AT } from '../pc/acpi/tables.ts';
import { memoryMap } from '../pc/memory-map.ts';
import { gpa } from '../units.ts';
import { flat32, Gpr } from './cpu-state.ts';
import type { Elf } from './elf.ts';
import { alignDown, cString, hex, PAGE, placeLow, struct } from './layout.ts';
import type { BootPlan, BootRequest } from './plan.ts';

const XEN_ELFNOTE_PHYS32_ENTRY = 18;
const START_MAGIC = 0x336e_c578;
const START_INFO_BYTES = 56;
const MODULE_BYTES = 32;
const RANGE_BYTES = 24;

/** The entry point, or undefined where there is no such note. */
export function findPvhEntry(elf: Elf): Result<number | undefined> {
  const note = elf.notes.find((n) => n.name === 'Xen' && n.type === XEN_ELFNOTE_PHYS32_ENTRY);
  if (note === undefined) return ok(undefined);
  const { description } = note;
  if (description.length !== 4 && description.length !== 8) {
    return err(`PVH: an entry note of ${description.length} bytes, expected 4 or 8`);
  }
  const entry = description.reduceRight((value, byte) => value * 256 + byte, 0);
  if (!elf.segments.some(({ start, end }) => entry >= start && entry < end)) {
    return err(`PVH: the entry ${hex(entry)} is in no segment`);
  }
  return ok(entry);
}

export function planPvh(request: BootRequest, elf: Elf, entry: number): Result<BootPlan> {
  const { initrd, append = '', memoryBytes } = request;
  const map = memoryMap(memoryBytes);
  const commandLine = cString(append);
  const modulesOffset = START_INFO_BYTES;
  const mapOffset = modulesOffset + MODULE_BYTES;
  const commandLineOffset = mapOffset + map.length * RANGE_BYTES;
  const placed = placeLow(commandLineOffset + commandLine.length, elf.segments);
  if (!placed.ok) return placed;
  const infoAt = placed.value;

  const kernelEnd = elf.segments.at(-1)!.end;
  const initrdAt = initrd === undefined ? 0 : alignDown(memoryBytes - initrd.length, PAGE);
  if (initrd !== undefined && initrdAt < kernelEnd) {
    const need = Math.ceil((kernelEnd + initrd.length + PAGE) / 2 ** 20);
    return err(
      `too little memory: kernel and initrd need ${need} MiB, the guest has ${memoryBytes >>> 20}`,
    );
  }
  const startInfo = struct(
    [4, START_MAGIC],
    [4, 1], // version: with the memory map
    [4, 0], // flags
    [4, initrd === undefined ? 0 : 1], // nr_modules
    [8, initrd === undefined ? 0 : infoAt + modulesOffset], // modlist_paddr
    [8, infoAt + commandLineOffset], // cmdline_paddr
    [8, RSDP_AT], // rsdp_paddr
    [8, infoAt + mapOffset], // memmap_paddr
    [4, map.length], // memmap_entries
    [4, 0],
  );
  const module = struct([8, initrdAt], [8, initrd?.length ?? 0], [8, 0], [8, 0]);
  const ranges = map.map(({ at, length, type }) => struct([8, at], [8, length], [4, type], [4, 0]));
  const info = [startInfo, module, ...ranges, commandLine];
  return ok({
    format: 'pvh',
    writes: [
      ...elf.segments.map(({ start, bytes }) => ({ at: gpa(start), bytes })),
      { at: infoAt, bytes: Uint8Array.from(info.flatMap((part) => [...part])) },
      ...(initrd === undefined ? [] : [{ at: gpa(initrdAt), bytes: initrd }]),
    ],
    registers: flat32({ rip: entry, gpr: { [Gpr.RBX]: infoAt } }),
  });
}
