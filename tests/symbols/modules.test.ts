/** Modules that the guest has loaded, found in its memory. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileSource } from '../../src/symbols/elf/byte-source.ts';
import { ElfFile, SHF_ALLOC, SHT_NOBITS } from '../../src/symbols/elf/elf-file.ts';
import { openProgram } from '../../src/symbols/open.ts';
import type { Guest } from '../../src/symbols/program.ts';
import { compiled, NOT_HERE, PROGRAMS } from './compiled.ts';

/** A guest whose memory is what the file says, `unloaded` is whether its list is empty instead. */
function guestOf(path: string, list: bigint, empty: () => boolean): Guest {
  const elf = new ElfFile(fileSource(path));
  const pieces = elf.sections
    .filter(({ flags, type }) => flags & SHF_ALLOC && type !== SHT_NOBITS)
    .map((section) => ({ at: section.addr, bytes: elf.content(section) }));
  return {
    bits: 64,
    register: () => undefined,
    readMemory(at, length) {
      if (empty() && at === list && length === 8) {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(list);
        return bytes;
      }
      const piece = pieces.find((one) => at >= one.at && at < one.at + BigInt(one.bytes.length));
      if (!piece) return new Uint8Array(0);
      const from = Number(at - piece.at);
      return piece.bytes.subarray(from, from + length);
    },
  };
}

test.skipIf(NOT_HERE !== undefined)('come and go with the list', () => {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-modules-'));
  try {
    const options = ['-g', '-O0', '-c', '-fno-pie', '-mcmodel=kernel', '-mno-red-zone'];
    const module = join(folder, 'my-shapes.ko');
    execFileSync('gcc', [...options, '-o', module, join(PROGRAMS, 'shapes.c')]);
    const kernel = compiled('modules.c', ['-O0']);
    const program = openProgram({ files: [kernel], debugDirectories: [folder], cache: false });
    let empty = true;
    const guest = guestOf(kernel, program.addressOf('modules')!, () => empty);

    expect(program.locate(guest)).toBe(false);
    expect(program.functionsNamed('recursive')).toEqual([]);

    empty = false;
    expect(program.locate(guest)).toBe(true);
    expect(program.locate(guest)).toBe(false);
    expect(program.images.map(({ name }) => name)).toEqual(['modules', 'my_shapes']);
    expect(program.images[1]).toMatchObject({ path: module, debugPath: module });
    const [found] = program.functionsNamed('recursive');
    expect(found!.entry >> 20n).toBe(0xffffffffc00n);
    expect(program.lineAt(found!.entry)?.file).toMatch(/shapes\.c$/);
    expect(program.nameOf(found!.entry)).toBe('recursive');
    expect(program.evaluate('&answer', { guest }).format()).toMatch(/^0xffffffffc010\w+ <answer>$/);

    empty = true;
    expect(program.locate(guest)).toBe(true);
    expect(program.functionsNamed('recursive')).toEqual([]);
    program.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
