/**
 * A flat image: bytes at an address, started there in real mode. Without an address it must be a
 * boot sector, which goes to 7C00H as a BIOS would put it, with the drive number in DL.
 */

import { err, ok, type Result } from '../device/state.ts';
import { HIGH_RAM_START, LOW_RAM_END, VGA_START } from '../pc/memory-map.ts';
import { type Gpa, gpa } from '../units.ts';
import { Gpr, real16 } from './cpu-state.ts';
import { hex } from './layout.ts';
import type { BootPlan, BootRequest } from './plan.ts';

const BOOT_SECTOR_AT = 0x7c00;
const FIRST_HARD_DISK = 0x80;
const OPTION_ROMS = 0xc_0000;

/** 55 AA at the end of the first sector, and no longer than what lies between it and the top. */
export function isBootSector(image: Uint8Array): boolean {
  return image[510] === 0x55 && image[511] === 0xaa && BOOT_SECTOR_AT + image.length <= LOW_RAM_END;
}

export function planFlat(request: BootRequest & { readonly at?: Gpa }): Result<BootPlan> {
  const { kernel, initrd, append, at = gpa(BOOT_SECTOR_AT) } = request;
  if (initrd !== undefined) return err('initrd: a flat image has no way to be given one');
  if (append !== undefined && append !== '') {
    return err('command line: a flat image has no way to be given one');
  }
  const end = at + kernel.length;
  const fits = (from: number, to: number) => at >= from && end <= to;
  if (!fits(0, VGA_START) && !fits(OPTION_ROMS, HIGH_RAM_START)) {
    return err(
      `flat image: ${kernel.length} bytes at ${hex(at)} end at ${hex(end)}, real mode has [0, ${hex(VGA_START)}) and [${hex(OPTION_ROMS)}, ${hex(HIGH_RAM_START)})`,
    );
  }
  // Below 64 KiB the segment is 0, as boot sectors expect; above, the nearest paragraph.
  const entry = at <= 0xffff ? { segment: 0, offset: at } : { segment: at >> 4, offset: at & 0xf };
  const stack = at >= BOOT_SECTOR_AT ? BOOT_SECTOR_AT : 0xfff0;
  return ok({
    format: 'flat',
    writes: [{ at, bytes: kernel }],
    registers: real16(entry, { [Gpr.RSP]: stack, [Gpr.RDX]: FIRST_HARD_DISK }),
  });
}
