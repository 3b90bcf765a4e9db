import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BootPlan, type BootRequest, planBoot } from '../../src/engine/boot/plan.ts';
import { memoryMap } from '../../src/engine/pc/memory-map.ts';
import { gpa } from '../../src/engine/units.ts';
import { bytesWith, bzImage, elf, multibootHeader, xenNote } from './images.ts';

const MIB = 1 << 20;

function plan(request: Omit<BootRequest, 'memoryBytes'> & { memoryBytes?: number }): BootPlan {
  const result = planBoot({ memoryBytes: 64 * MIB, ...request });
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function refusal(request: Omit<BootRequest, 'memoryBytes'> & { memoryBytes?: number }): string {
  const result = planBoot({ memoryBytes: 64 * MIB, ...request });
  if (result.ok) throw new Error(`accepted as ${result.value.format}`);
  expect(result.error).toMatch(/^[^\n]{10,200}$/);
  return result.error;
}

/** RAM as the plan leaves it. */
function ram({ writes }: BootPlan, memoryBytes = 64 * MIB) {
  const bytes = new Uint8Array(memoryBytes);
  for (const write of writes) bytes.set(write.bytes, write.at);
  const view = new DataView(bytes.buffer);
  return {
    bytes,
    u8: (at: number) => view.getUint8(at),
    u32: (at: number) => view.getUint32(at, true),
    u64: (at: number) => Number(view.getBigUint64(at, true)),
    text: (at: number) => {
      const end = bytes.indexOf(0, at);
      return String.fromCharCode(...bytes.subarray(at, end));
    },
  };
}

/** No two writes may touch: each would be right by itself. */
function expectDisjoint({ writes }: BootPlan): void {
  const sorted = [...writes].sort((a, b) => a.at - b.at);
  for (const [i, next] of sorted.slice(1).entries()) {
    expect(next.at).toBeGreaterThanOrEqual(sorted[i]!.at + sorted[i]!.bytes.length);
  }
}

const segment = (p: BootPlan, name: 'es' | 'cs' | 'ss' | 'ds') =>
  p.registers.segments![{ es: 0, cs: 1, ss: 2, ds: 3 }[name]]!;

describe('a bzImage', () => {
  const initrd = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);

  test('with a 64-bit entry starts in long mode at its preferred address + 200H', () => {
    const p = plan({ kernel: bzImage(), initrd, append: 'console=ttyS0 quiet' });
    expect(p.format).toBe('bzImage-64');
    expectDisjoint(p);
    const { rip, rflags, cr0, cr4, efer, gpr } = p.registers;
    expect([rip, rflags, cr4, efer]).toEqual([0x100_0200n, 2n, 0x20n, 0x500n]);
    expect(cr0! & 0x8000_0001n).toBe(0x8000_0001n);
    expect(segment(p, 'cs')).toEqual({
      selector: 0x10,
      base: 0n,
      limit: 0xffff_ffff,
      rights: 0xa09b,
    });
    expect(segment(p, 'ds').selector).toBe(0x18);
    const m = ram(p);
    expect(m.u8(0x100_0000 + 0x234)).toBe(0x34);
    const params = Number(gpr![6]);
    expect(m.u32(params + 0x202)).toBe(0x5372_6448);
    expect(m.u8(params + 0x210)).toBe(0xff);
    expect(m.text(m.u32(params + 0x228))).toBe('console=ttyS0 quiet');
    expect(m.u64(params + 0x070)).toBe(0xe_0000);
  });

  test('gets page tables that map the first 4 GiB onto itself', () => {
    const p = plan({ kernel: bzImage() });
    const m = ram(p);
    const walk = (gva: number): number => {
      const pml4e = m.u64(Number(p.registers.cr3) + 8 * Math.floor(gva / 2 ** 39));
      const pdpte = m.u64(pml4e - 3 + 8 * (Math.floor(gva / 2 ** 30) % 512));
      const pde = m.u64(pdpte - 3 + 8 * (Math.floor(gva / 2 ** 21) % 512));
      expect(pde % 0x20_0000).toBe(0x83);
      return pde - 0x83 + (gva % 2 ** 21);
    };
    for (const gva of [0, 0x7000, 0x100_0200, 0x1234_5678, 0xfee0_0000, 0xffff_ffff]) {
      expect(walk(gva)).toBe(gva);
    }
  });

  test('has a GDT behind its selectors', () => {
    const p = plan({ kernel: bzImage() });
    const { base, limit } = p.registers.gdtr!;
    const m = ram(p);
    expect(limit).toBeGreaterThanOrEqual(0x1f);
    expect(m.u32(Number(base) + 0x14) >>> 8).toBe(0xaf9b);
    expect(m.u32(Number(base) + 0x1c) >>> 8).toBe(0xcf93);
  });

  test('without one starts by the 32-bit protocol, at the start of its code', () => {
    const p = plan({ kernel: bzImage({ xloadflags: 0 }) });
    expect(p.format).toBe('bzImage-32');
    const { rip, cr0, efer, gpr } = p.registers;
    expect([rip, efer, gpr![3], gpr![5], gpr![7]]).toEqual([0x100_0000n, 0n, 0n, 0n, 0n]);
    expect(cr0! & 0x8000_0001n).toBe(1n);
    expect(segment(p, 'cs')).toMatchObject({ selector: 0x10, rights: 0xc09b });
    expect(segment(p, 'ss')).toMatchObject({ selector: 0x18, rights: 0xc093 });
    expect(gpr![6]).not.toBe(0n);
  });

  test('has its memory map in boot_params', () => {
    const p = plan({ kernel: bzImage() });
    const m = ram(p);
    const params = Number(p.registers.gpr![6]);
    const entries = Array.from({ length: m.u8(params + 0x1e8) }, (_, i) => {
      const at = params + 0x2d0 + 20 * i;
      return { at: m.u64(at), length: m.u64(at + 8), type: m.u32(at + 16) };
    });
    expect(entries).toEqual(memoryMap(64 * MIB));
  });

  test('its initrd is as high as it may be, on a page', () => {
    const place = (fields: Parameters<typeof bzImage>[0]) => {
      const p = plan({ kernel: bzImage(fields), initrd });
      const m = ram(p);
      const params = Number(p.registers.gpr![6]);
      const at = m.u32(params + 0x218);
      expect(m.u32(params + 0x21c)).toBe(initrd.length);
      expect([...m.bytes.subarray(at, at + initrd.length)]).toEqual([...initrd]);
      return at;
    };
    expect(place({})).toBe(64 * MIB - 8192);
    expect(place({ initrdAddrMax: 0x27f_ffff })).toBe(0x280_0000 - 8192);
  });

  test('moves down if its preferred address is out of RAM', () => {
    const kernel = bzImage({ initSize: 2 * MIB });
    const p = plan({ kernel, memoryBytes: 8 * MIB });
    expect(p.registers.rip).toBe(0x20_0200n);
    expect(refusal({ kernel: bzImage({ relocatable: 0 }), memoryBytes: 8 * MIB })).toContain(
      'needs 17 MiB, the guest has 8',
    );
  });

  test('older than 2.10 it loads at 1 MiB', () => {
    const p = plan({ kernel: bzImage({ version: 0x0206 }) });
    expect(p.registers.rip).toBe(0x10_0000n);
  });

  test.each([
    ['too old', { kernel: bzImage({ version: 0x0205 }) }, 'boot protocol 2.05, 2.06'],
    ['a zImage', { kernel: bzImage({ loadflags: 0 }) }, 'zImage'],
    ['cut off', { kernel: bzImage().subarray(0, 0x1000) }, 'the file has 4096'],
    ['cut off in the header', { kernel: bzImage().subarray(0, 0x230) }, 'setup header'],
    ['a size of 64 GiB', { kernel: bzImage({ syssize: 0xffff_ffff }) }, 'the file has'],
    ['no code', { kernel: bzImage({ syssize: 0 }) }, '0 bytes of code'],
    [
      '255 sectors of setup',
      { kernel: bzImage({ setupSects: 3 }).fill(255, 0x1f1, 0x1f2) },
      'code',
    ],
    ['a header that ends too soon', { kernel: bzImage({ jump: 1 }) }, 'setup header ends'],
    ['a mad alignment', { kernel: bzImage({ alignment: 0x12_3456 }) }, 'power of two'],
    ['alignment 0', { kernel: bzImage({ alignment: 0 }) }, 'power of two'],
    ['more than RAM', { kernel: bzImage({ initSize: 0xffff_ffff }) }, 'too little memory'],
    [
      'a preferred address beyond all RAM and no way to move',
      { kernel: bzImage({ prefAddress: 0xffff_ffff_ffff_0000n, relocatable: 0 }) },
      'too little memory',
    ],
    ['a long command line', { kernel: bzImage(), append: 'x'.repeat(2048) }, '2048 characters'],
    ['a control character', { kernel: bzImage(), append: 'a\nb' }, 'command line'],
    ['an empty initrd', { kernel: bzImage(), initrd: new Uint8Array(0) }, 'initrd'],
    [
      'an initrd with no room',
      { kernel: bzImage(), initrd: new Uint8Array(8 * MIB), memoryBytes: 20 * MIB },
      'kernel and initrd need 26 MiB',
    ],
    [
      'an initrd that has to lie below the kernel',
      { kernel: bzImage({ initrdAddrMax: 0x1000 }), initrd },
      'too little memory',
    ],
  ] as const)('%s is refused', (_, request, message) => {
    expect(refusal(request as BootRequest)).toContain(message);
  });
});

describe('a PVH ELF', () => {
  const code = Uint8Array.from([0xf4, 0xeb, 0xfd]);
  const kernel = elf({
    segments: [{ paddr: 0x10_0000, bytes: code, memsz: 0x2000 }, xenNote(0x10_0001)],
  });

  test('starts at its note’s entry in flat 32-bit mode, EBX at the start info', () => {
    const initrd = Uint8Array.of(1, 2, 3);
    const p = plan({ kernel, initrd, append: 'hello world' });
    expect(p.format).toBe('pvh');
    expectDisjoint(p);
    expect([p.registers.rip, p.registers.efer]).toEqual([0x10_0001n, 0n]);
    const m = ram(p);
    const info = Number(p.registers.gpr![3]);
    expect([m.u32(info), m.u32(info + 4), m.u32(info + 12)]).toEqual([0x336e_c578, 1, 1]);
    expect(m.text(m.u64(info + 24))).toBe('hello world');
    expect(m.u64(info + 32)).toBe(0xe_0000);
    const module = m.u64(info + 16);
    expect([m.u64(module + 8), m.u8(m.u64(module) + 2)]).toEqual([3, 3]);
    const map = m.u64(info + 40);
    const entries = Array.from({ length: m.u32(info + 48) }, (_, i) => ({
      at: m.u64(map + 24 * i),
      length: m.u64(map + 24 * i + 8),
      type: m.u32(map + 24 * i + 16),
    }));
    expect(entries).toEqual(memoryMap(64 * MIB));
    expect([...m.bytes.subarray(0x10_0000, 0x10_0003)]).toEqual([...code]);
  });

  test('in 32 bits too; other notes, and others’ notes, are passed over', () => {
    const segments = [
      { paddr: 0x10_0000, bytes: code },
      xenNote(0, { type: 5 }),
      xenNote(0, { name: 'GNU' }),
      xenNote(0x10_0000, { bytes: 8 }),
    ];
    expect(plan({ kernel: elf({ bits: 32, segments }) }).registers.rip).toBe(0x10_0000n);
  });

  test('the start info keeps out of the way of low segments', () => {
    const segments = [{ paddr: 0x1000, bytes: new Uint8Array(0x8_0000) }, xenNote(0x1000)];
    const p = plan({ kernel: elf({ entry: 0x1000, segments }) });
    expectDisjoint(p);
    expect(p.registers.gpr![3]).toBe(0x8_1000n);
  });

  const load = { paddr: 0x10_0000, bytes: code };
  test.each([
    ['an entry outside', [load, xenNote(0x20_0000)], 'in no segment'],
    ['an entry of 2 bytes', [load, xenNote(0, { bytes: 2 })], 'expected 4 or 8'],
    ['no note and no header', [load], 'neither a PVH entry note'],
    ['nothing to load', [xenNote(0)], 'no segment'],
    ['a segment past the file', [{ ...load, filesz: 0x7fff_ffff }], 'the file has'],
    ['an offset past 2^53', [{ ...load, offset: 0xffff_ffff_ffff_fff0n }], 'the file has'],
    ['a segment past RAM', [{ ...load, memsz: 0x4000_0000 }], 'RAM is'],
    ['a segment at the end of addresses', [{ ...load, paddr: 0xffff_ffff_ffff_f000n }], 'RAM is'],
    ['a segment over the display', [{ ...load, paddr: 0xa_0000 }], 'RAM is'],
    ['a segment over the ACPI tables', [{ ...load, paddr: 0xe_0000 }], 'RAM is'],
    ['more in the file than in memory', [{ ...load, memsz: 1 }], 'in the file and'],
    ['overlapping segments', [load, { ...load, paddr: 0x10_0002 }], 'overlap'],
  ])('%s is refused', (_, segments, message) => {
    expect(refusal({ kernel: elf({ segments }) })).toContain(message);
  });

  test.each([
    ['another machine', elf({ machine: 183, segments: [load] }), 'machine 183'],
    ['an object file', elf({ type: 1, segments: [load] }), 'type 1'],
    ['65,535 headers', elf({ phnum: 0xffff, segments: [load] }), 'not in the file'],
    ['headers of 0 bytes', elf({ phentsize: 0, segments: [load] }), 'program headers of 0'],
    ['no headers', elf({ phnum: 0, segments: [load] }), 'no program headers'],
    ['a class of 3', elf({ segments: [load] }).fill(3, 4, 5), 'class 3'],
    ['big-endian', elf({ segments: [load] }).fill(2, 5, 6), 'little-endian'],
    ['a stump', elf({ segments: [load] }).subarray(0, 40), 'whole header'],
  ])('%s is refused', (_, kernel, message) => {
    expect(refusal({ kernel })).toContain(message);
  });
});

describe('a Multiboot kernel', () => {
  const text = bytesWith(0x100, { 64: multibootHeader(0x3) });
  const kernel = elf({
    bits: 32,
    entry: 0x10_0010,
    segments: [{ paddr: 0x10_0000, bytes: text, memsz: 0x4321 }],
  });

  test('starts with the magic in EAX and the information at EBX', () => {
    const initrd = Uint8Array.of(7, 8, 9);
    const p = plan({ kernel, initrd, append: 'root=/dev/ram' });
    expect(p.format).toBe('multiboot');
    expectDisjoint(p);
    expect([p.registers.rip, p.registers.gpr![0]]).toEqual([0x10_0010n, 0x2bad_b002n]);
    const m = ram(p);
    const info = Number(p.registers.gpr![3]);
    expect(m.u32(info) & 0x4d).toBe(0x4d);
    expect([m.u32(info + 4), m.u32(info + 8)]).toEqual([639, 63 * 1024]);
    expect(m.text(m.u32(info + 16))).toBe('root=/dev/ram');
    expect(m.text(m.u32(info + 64))).toBe('retrovisor');
    const [count, modules] = [m.u32(info + 20), m.u32(info + 24)];
    const [start, end] = [m.u32(modules), m.u32(modules + 4)];
    expect([count, start % 4096, end - start, m.u8(start + 1)]).toEqual([1, 0, 3, 8]);
    expect(start).toBeGreaterThanOrEqual(0x10_4321);
    const mapEnd = m.u32(info + 48) + m.u32(info + 44);
    const ranges = [];
    for (let at = m.u32(info + 48); at < mapEnd; at += m.u32(at) + 4) {
      ranges.push({ at: m.u64(at + 4), length: m.u64(at + 12), type: m.u32(at + 20) });
    }
    expect(ranges).toEqual(memoryMap(64 * MIB));
  });

  test('in a 64-bit ELF starts in 32-bit mode all the same', () => {
    const segments = [{ paddr: 0x10_0000, bytes: text }];
    const p = plan({ kernel: elf({ entry: 0x10_0010, segments }) });
    expect([p.format, segment(p, 'cs').rights]).toEqual(['multiboot', 0xc09b]);
  });

  test('without ELF goes by the addresses in its header', () => {
    const header = multibootHeader(
      0x1_0003,
      [0x20_0040, 0x20_0000, 0x20_0080, 0x20_1000, 0x20_0004],
    );
    const p = plan({ kernel: bytesWith(0x100, { 64: header }) });
    expect(p.registers.rip).toBe(0x20_0004n);
    expect(p.writes[0]).toMatchObject({ at: 0x20_0000 });
    expect(p.writes[0]!.bytes.length).toBe(0x80);
  });

  test.each([
    ['an unknown demand', multibootHeader(0x0010), 'demands unknown features 0x10'],
    ['no addresses and no ELF', multibootHeader(0x3), 'neither an ELF file'],
    [
      'file bytes before the file',
      multibootHeader(0x1_0003, [0x20_0040, 0x10_0000, 0, 0, 0]),
      'file bytes',
    ],
    [
      'a load address in the sky',
      multibootHeader(0x1_0003, [0xf000_0040, 0xf000_0000, 0, 0, 0]),
      'RAM is',
    ],
    [
      'bss in the sky',
      multibootHeader(0x1_0003, [0x20_0040, 0x20_0000, 0, 0xffff_ffff, 0]),
      'RAM is',
    ],
    [
      'an entry elsewhere',
      multibootHeader(0x1_0003, [0x20_0040, 0x20_0000, 0, 0, 0x30_0000]),
      'entry',
    ],
    [
      'an end before the start',
      multibootHeader(0x1_0003, [0x20_0040, 0x20_0000, 0x10, 0, 0]),
      'file bytes',
    ],
  ])('%s is refused', (_, header, message) => {
    expect(refusal({ kernel: bytesWith(0x100, { 64: header }) })).toContain(message);
  });

  test('a module with no room is refused', () => {
    const initrd = new Uint8Array(7 * MIB);
    expect(refusal({ kernel, initrd, memoryBytes: 8 * MIB })).toContain('need 9 MiB');
  });
});

describe('a flat image', () => {
  const image = Uint8Array.of(0xeb, 0xfe);

  test('that is a boot sector goes to 7C00H in real mode, DL the drive', () => {
    const p = plan({ kernel: bytesWith(512, { 0: image, 510: Uint8Array.of(0x55, 0xaa) }) });
    expect(p.format).toBe('flat');
    expect([p.registers.rip, p.registers.cr0! & 1n, p.registers.gpr![2]]).toEqual([
      0x7c00n,
      0n,
      0x80n,
    ]);
    expect(segment(p, 'cs')).toEqual({ selector: 0, base: 0n, limit: 0xffff, rights: 0x93 });
    expect(p.registers.idtr).toEqual({ base: 0n, limit: 0x3ff });
  });

  test('goes wherever it is told below 1 MiB', () => {
    const at = (address: number) => {
      const p = plan({ kernel: image, at: gpa(address) });
      return [segment(p, 'cs').selector, Number(segment(p, 'cs').base), Number(p.registers.rip)];
    };
    expect(at(0)).toEqual([0, 0, 0]);
    expect(at(0xffff - 1)).toEqual([0, 0, 0xfffe]);
    expect(at(0x2_0004)).toEqual([0x2000, 0x2_0000, 4]);
    expect(at(0xf_fff0)).toEqual([0xffff, 0xf_fff0, 0]);
  });

  test.each([
    ['over the display', { kernel: image, at: gpa(0x9_ffff) }, 'real mode has'],
    ['above 1 MiB', { kernel: image, at: gpa(0x10_0000) }, 'real mode has'],
    ['with an initrd', { kernel: image, at: gpa(0), initrd: image }, 'initrd'],
    ['with a command line', { kernel: image, at: gpa(0), append: 'x' }, 'command line'],
  ])('%s is refused', (_, request, message) => {
    expect(refusal(request)).toContain(message);
  });
});

describe('what is no kernel', () => {
  test.each([
    ['an empty file', new Uint8Array(0), 'empty'],
    ['text', Uint8Array.from({ length: 3000 }, () => 0x20), 'not a bzImage'],
    ['one byte', Uint8Array.of(0x7f), 'not a bzImage'],
  ])('%s', (_, kernel, message) => {
    expect(refusal({ kernel })).toContain(message);
  });

  test('and memory that is too little, too much, or no number of pages', () => {
    const kernel = bzImage();
    expect(refusal({ kernel, memoryBytes: MIB })).toContain('at least 2 MiB are needed, got 1 MiB');
    expect(refusal({ kernel, memoryBytes: 4096 * MIB })).toContain('at most 3584 MiB');
    expect(refusal({ kernel, memoryBytes: 64 * MIB + 1 })).toContain('pages');
    expect(refusal({ kernel, memoryBytes: Number.NaN })).toContain('too little memory');
  });
});

describe('any bytes at all', () => {
  /** Marsaglia's xorshift32, so that a failure can be run again. */
  function random(seed: number) {
    let x = seed;
    return (below: number) => {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      return (x >>> 0) % below;
    };
  }
  const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];
  const code = Uint8Array.of(0xf4);
  const seeds: [string, Uint8Array][] = [
    ['bzImage', bzImage({ codeBytes: 64 })],
    ['ELF64', elf({ segments: [{ paddr: 0x10_0000, bytes: code }, xenNote(0x10_0000)] })],
    ['ELF32', elf({ bits: 32, segments: [{ paddr: 0x10_0000, bytes: code }, xenNote(0x10_0000)] })],
    [
      'Multiboot',
      bytesWith(64, { 8: multibootHeader(0x1_0003, [0x10_0008, 0x10_0000, 0, 0, 0x10_0000]) }),
    ],
  ];

  test.each(seeds)('a mutated %s ends in a line or in a plan that fits RAM', (_, original) => {
    const next = random(20_24);
    for (let round = 0; round < 3000; round++) {
      const kernel = original.slice(0, next(8) === 0 ? next(original.length) : original.length);
      for (let i = 1 + next(4); i > 0 && kernel.length > 0; i--) {
        kernel[next(kernel.length)] = next(2) === 0 ? INTERESTING[next(5)]! : next(256);
      }
      const memoryBytes = 4 * MIB;
      const result = planBoot({ kernel, initrd: code, memoryBytes });
      if (result.ok) {
        for (const { at, bytes } of result.value.writes) {
          expect(at >= 0 && at + bytes.length <= memoryBytes).toBe(true);
        }
      } else {
        expect(result.error).toMatch(/^[^\n]{5,250}$/);
      }
    }
  });
});

/** Debian's own kernels, where `npm run guests` has fetched them. */
const CACHE = '.cache/guests';
const kernels = existsSync(CACHE)
  ? readdirSync(CACHE, { recursive: true, encoding: 'utf8' }).filter((f) => /vmlinuz[^/]*$/.test(f))
  : [];

describe.skipIf(kernels.length === 0)('Debian’s kernels', () => {
  test.each(kernels)('%s boots by the protocol of its width', (file) => {
    const kernel = readFileSync(join(CACHE, file));
    const p = plan({ kernel, append: 'console=ttyS0', memoryBytes: 256 * MIB });
    const narrow = file.includes('686');
    expect(p.format).toBe(narrow ? 'bzImage-32' : 'bzImage-64');
    expect(Number(p.registers.rip) % 4096).toBe(narrow ? 0 : 0x200);
    expectDisjoint(p);
  });
});
