/**
 * v86 (npm's `v86`) as a peer: 32-bit guests on WebAssembly under Node, as we are. It brings no
 * firmware of its own, so it needs SeaBIOS where Debian's package `seabios` puts it. It runs in a
 * process of its own; here is also what that process does.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { GuestFiles } from './guests.ts';

const SEABIOS = '/usr/share/seabios';
const BIOS = join(SEABIOS, 'bios.bin');
const VGA_BIOS = join(SEABIOS, 'vgabios-stdvga.bin');
const COUNTER_EVERY_MS = 100;
const VGA_BYTES = 2 << 20;

const folderOf = (): string => {
  // build/libv86.mjs is what the package exports.
  const main = createRequire(import.meta.url).resolve('v86');
  return dirname(dirname(main));
};

/** The version, or why it cannot run. */
export function v86Version(): { version: string } | { missing: string } {
  let folder: string;
  try {
    folder = folderOf();
  } catch {
    return { missing: 'not installed' };
  }
  if (!existsSync(BIOS) || !existsSync(VGA_BIOS)) return { missing: 'no seabios' };
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { version: String(version) };
}

export interface V86Result {
  /** Instructions that it counted. */
  readonly icount: number;
}

/** Boots a guest until it has printed its last line. */
export async function runV86(guest: GuestFiles): Promise<V86Result> {
  const { V86 } = await import('v86');
  const { kernel, initrd, append, memoryMib, lastLine } = guest;
  if (lastLine === undefined || initrd === undefined)
    throw new Error('v86: a guest without an end');
  const image = (path: string) => ({ buffer: Uint8Array.from(readFileSync(path)).buffer });
  const emulator = new V86({
    wasm_path: join(folderOf(), 'build/v86.wasm'),
    bios: image(BIOS),
    vga_bios: image(VGA_BIOS),
    bzimage: image(kernel),
    initrd: image(initrd),
    cmdline: append,
    memory_size: memoryMib << 20,
    vga_memory_size: VGA_BYTES,
    autostart: true,
    disable_speaker: true,
  });
  // Its counter has 32 bits.
  let wraps = 0;
  let last = 0;
  const count = (): number => {
    const now = emulator.get_instruction_counter() >>> 0;
    if (now < last) wraps++;
    last = now;
    return wraps * 2 ** 32 + now;
  };
  const counter = setInterval(count, COUNTER_EVERY_MS);
  try {
    await new Promise<void>((resolve) => {
      let line = '';
      emulator.add_listener('serial0-output-byte', (byte: number) => {
        line = byte === 10 ? '' : line + String.fromCharCode(byte);
        if (line.includes(lastLine)) resolve();
      });
    });
    return { icount: count() };
  } finally {
    clearInterval(counter);
    void emulator.stop();
  }
}
