/** The filter language: which frames an expression lets through, and what is wrong with one that cannot be read. */

import { expect, test } from 'vitest';
import { gpa, icount, ticks } from '../../src/engine/units.ts';
import { parseFilter } from '../../src/exits/filter.ts';
import type { TracedFrame } from '../../src/exits/subject.ts';
import type { Frame } from '../../src/trace/frame.ts';

const at = icount(5000);
const place = { rip: 0x1000n, function: 'serial_putc', stack: ['kmain', 'serial_putc'] };
const FRAMES: Readonly<Record<string, Frame>> = {
  out: {
    kind: 'exit',
    icount: at,
    exit: { kind: 'pio', dir: 'out', port: 0x3f8, size: 1, value: 0x41 },
    reply: { kind: 'none' },
  },
  lsr: {
    kind: 'exit',
    icount: at,
    exit: { kind: 'pio', dir: 'in', port: 0x3fd, size: 1, value: 0 },
    reply: { kind: 'value', value: 0x60 },
  },
  apic: {
    kind: 'exit',
    icount: at,
    exit: { kind: 'mmio', dir: 'write', gpa: gpa(0xfee000b0), size: 4, value: 0n },
    reply: { kind: 'none' },
  },
  hlt: { kind: 'exit', icount: at, exit: { kind: 'hlt' }, reply: { kind: 'skip', ticks: 900 } },
  efer: {
    kind: 'exit',
    icount: at,
    exit: { kind: 'wrmsr', msr: 0xc0000080, value: 0x900n },
    reply: { kind: 'default' },
  },
  cpuid: {
    kind: 'exit',
    icount: at,
    exit: { kind: 'cpuid', leaf: 1, subleaf: 0 },
    reply: { kind: 'cpuid', regs: [1, 2, 3, 4] },
  },
  irq: { kind: 'interrupt', icount: at, vector: 0x20 },
  dma: { kind: 'dma', icount: at, gpa: gpa(0x8000), bytes: new Uint8Array(512) },
  input: { kind: 'input', icount: at, ticks: ticks(1), name: 'console', data: Uint8Array.of(65) },
};

function kept(text: string): string {
  const { matches } = parseFilter(text);
  return Object.entries(FRAMES)
    .filter(([, frame]) => matches({ ordinal: 1, frame, ticks: 6000, place } as TracedFrame))
    .map(([name]) => name)
    .join(' ');
}

const ALL = 'out lsr apic hlt efer cpuid irq dma input';

test.each([
  ['', ALL],
  ['pio', 'out lsr'],
  ['pio-out', 'out'],
  ['PIO', 'out lsr'],
  ['out', 'out'],
  ['read', ''],
  ['write', 'apic efer'],
  ['exit', 'out lsr apic hlt efer cpuid'],
  ['irq or dma', 'irq dma'],
  ['interrupt || hlt', 'hlt irq'],
  ['not exit', 'irq dma input'],
  ['! exit && ! irq', 'dma input'],
  ['com1', 'out lsr'],
  ['com1 in', 'lsr'],
  ['com1 and not in', 'out'],
  ['(com1 or lapic) and (out or write)', 'out apic'],
  ['io or msr and efer', 'out lsr apic efer'],
  ['port=0x3f8', 'out'],
  ['port=0x3f8..0x3ff', 'out lsr'],
  ['port = 0x3f8 , 0x3fd', 'out lsr'],
  ['port!=0x3f8 and pio', 'lsr'],
  ['port>=1021', 'lsr'],
  ['port<0x3f9', 'out'],
  ['value=0x41', 'out'],
  ['value&0x20', 'lsr'],
  ['value&1', 'out'],
  ['vector=32', 'irq'],
  ['irq=0x20', 'irq'],
  ['msr=0xc0000080', 'efer'],
  ['leaf=1', 'cpuid'],
  ['gpa>=0xfee00000', 'apic'],
  ['address=0x8000', 'dma'],
  ['size=512', 'dma'],
  ['skip>0.5k', 'hlt'],
  ['skip>=1k', ''],
  ['icount>=5k and ticks<=6k and hlt', 'hlt'],
  ['icount>5k', ''],
  ['dir=in,out', 'out lsr'],
  ['reason=hlt', 'hlt'],
  ['name="COM1 LSR"', 'lsr'],
  ['name~lsr', 'lsr'],
  ['device=lapic', 'apic'],
  ['function~putc and hlt', 'hlt'],
  ['fn=kmain', ''],
  ['stack~kmain and irq', 'irq'],
  ['rip=0x1000 and dma', 'dma'],
])('%j lets through %j', (text, names) => {
  expect(kept(text)).toBe(names);
});

test.each([
  ['port=', 'expected a value at column 6, got the end'],
  ['(pio', 'expected ")" at column 5, got the end'],
  ['pio)', 'expected "and", "or" or the end at column 4, got ")"'],
  ['prot=3', 'no field "prot"; expected one of reason, port,'],
  ['and', 'expected a field or a word at column 1, got "and"'],
  ['pio or', 'expected a field or a word at column 7, got the end'],
  ['port=1..', 'expected a number after ".." at column 9, got the end'],
  ['=3', 'expected a field or a word at column 1, got "="'],
  ['name="open', 'unexpected'],
])('%j is refused: %s', (text, message) => {
  expect(() => parseFilter(text)).toThrow(message);
});

test('knows whether it needs a replay, and whether a shape decides', () => {
  expect(parseFilter('com1 and port=0x3f8')).toMatchObject({ needsPlace: false, byShape: true });
  expect(parseFilter('value=3')).toMatchObject({ needsPlace: false, byShape: false });
  expect(parseFilter('pio or fn~x')).toMatchObject({ needsPlace: true, byShape: false });
});
