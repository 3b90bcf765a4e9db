/** What `replay --to` and `exits` show: console text, code, registers, exits. */

import { expect, test } from 'vitest';
import { consoleText } from '../../src/cli/console-text.ts';
import { gpa, icount } from '../../src/engine/units.ts';
import type { Registers, Segment } from '../../src/engine/vcpu/vcpu.ts';
import { frameLine, reasonOfExit, subjectOf } from '../../src/exits/text.ts';
import { codeText, disassemble } from '../../src/target/disassembly.ts';
import {
  bitsOf,
  cplOf,
  flagNames,
  linearRip,
  registerDocument,
} from '../../src/target/state-view.ts';

test.each([
  ['plain\nlines\n', ['plain', 'lines']],
  ['no newline', ['no newline']],
  ['50%\r100%\r\n', ['100%']],
  ['abd\bc\n', ['abc']],
  ['\x1b[1;31mred\x1b[0m \x1b]0;title\x07ok\x1b7\n', ['red ok']],
  ['a\tb\n', ['a       b']],
  ['cut \x1b[', ['cut']],
  ['\u00e4\u2192\n', ['\u00e4\u2192']],
])('%j on the console reads %j', (sent, lines) => {
  expect(consoleText(sent)).toEqual(lines);
});

test('the console can be cut to its last lines', () => {
  expect(consoleText('1\n2\n3\n', 2)).toEqual(['2', '3']);
});

/** mov rbp,rsp; nop; jmp +0; xor eax,eax; hlt */
const CODE = [0x48, 0x89, 0xe5, 0x90, 0xeb, 0x00, 0x31, 0xc0, 0xf4];
const BASE = 0xffffffff_81000000n;
const readCode = (from: bigint, length: number) => {
  const start = Number(from - BASE);
  const end = Math.min(start + length, CODE.length);
  return start < 0 ? new Uint8Array(0) : Uint8Array.from(CODE.slice(start, end));
};

test('code around RIP, with the instructions before it found', async () => {
  // Nothing is mapped below BASE, so that the reader gets less than it asked for.
  const read = (from: bigint, length: number) =>
    from < BASE ? new Uint8Array(length).fill(0xcc) : readCode(from, length);
  const request = { bits: 64, rip: BASE + 4n, before: 2, after: 3, read } as const;
  const code = await disassemble({
    ...request,
    read: (from, length) => {
      if (from >= BASE) return read(from, length);
      const below = Number(BASE - from);
      return Uint8Array.from([...read(from, below), ...readCode(BASE, length - below)]);
    },
  });
  expect(codeText(code ?? [], BASE + 4n)).toEqual([
    '   ffffffff81000000  4889e5                  mov rbp, rsp',
    '   ffffffff81000003  90                      nop',
    '-> ffffffff81000004  eb00                    jmp short 0xffffffff81000006',
    '   ffffffff81000006  31c0                    xor eax, eax',
    '   ffffffff81000008  f4                      hlt',
  ]);
});

test('code at an address with nothing mapped', async () => {
  const read = () => new Uint8Array(0);
  expect(await disassemble({ bits: 64, rip: BASE, before: 2, after: 3, read })).toBeNull();
});

test('16-bit code at address 0 has nothing before it', async () => {
  const read = () => Uint8Array.from([0xb8, 0x34, 0x12]);
  const code = await disassemble({ bits: 16, rip: 0n, before: 4, after: 1, read });
  expect(code?.map(({ text }) => text)).toEqual(['mov ax, 0x1234']);
});

const L = 1 << 13;
const DB = 1 << 14;
const segment = (rights: number, base = 0n): Segment => ({
  selector: 8,
  base,
  limit: 0xffff,
  rights,
});

/** Registers with nothing in them but what a case is about. */
function registers(over: Partial<Registers>, cs = segment(0x9b), ss = segment(0x93)): Registers {
  const data = segment(0x93);
  const table = { base: 0n, limit: 0 };
  return {
    gpr: Array.from({ length: 16 }, (_, i) => BigInt(i)),
    rip: 0x7c00n,
    rflags: 2n,
    segments: [data, cs, ss, data, data, data],
    ldtr: data,
    tr: data,
    gdtr: table,
    idtr: table,
    ...{ cr0: 0n, cr2: 0n, cr3: 0n, cr4: 0n, efer: 0n, fsBase: 0n, gsBase: 0n, kernelGsBase: 0n },
    ...{ dr: [], xmm: [], mxcsr: 0, x87: [], fcw: 0, fsw: 0, ftw: 0, fip: 0n, fdp: 0n, fop: 0 },
    ...over,
  };
}

const PE = 1n;
const LMA = 1n << 10n;
const VM = 1n << 17n;

test.each([
  ['real mode', registers({}), 16, 0],
  ['16-bit protected', registers({ cr0: PE }), 16, 0],
  ['32-bit protected', registers({ cr0: PE }, segment(0x9b | DB)), 32, 0],
  ['ring 3', registers({ cr0: PE }, segment(0xfb | DB), segment(0xf3)), 32, 3],
  ['virtual-8086', registers({ cr0: PE, rflags: VM }, segment(0xfb | DB)), 16, 3],
  ['compatibility', registers({ cr0: PE, efer: LMA }, segment(0x9b | DB)), 32, 0],
  ['64-bit', registers({ cr0: PE, efer: LMA }, segment(0x9b | L)), 64, 0],
])('%s', (_, state, bits, cpl) => {
  expect({ bits: bitsOf(state), cpl: cplOf(state) }).toEqual({ bits, cpl });
});

test('the next instruction is at CS:IP, wherever CS begins', () => {
  expect(linearRip(registers({}, segment(0x9b, 0xf0000n)))).toBe(0xf7c00n);
});

test('registers as a document, and flags by name', () => {
  const document = registerDocument(registers({ cr3: 0x1000n }));
  expect(document).toMatchObject({ rax: '0x0', r15: '0xf', rip: '0x7c00', cr3: '0x1000' });
  expect(document).toMatchObject({ cs: '0x8', rflags: '0x2', rcx: '0x1', rdx: '0x2', rbx: '0x3' });
  expect(flagNames(0x246n)).toBe('IF ZF PF');
});

test('exits by reason and subject', () => {
  const out = { kind: 'pio', dir: 'out', port: 0x3f8, size: 1, value: 0x41 } as const;
  const read = { kind: 'mmio', dir: 'read', gpa: gpa(0xfee00390), size: 4, value: 0n } as const;
  expect([reasonOfExit(out), subjectOf(out)]).toEqual(['pio-out', 'port 0x03f8']);
  expect([reasonOfExit(read), subjectOf(read)]).toEqual(['mmio-read', 'gpa 0x0fee00390']);
  expect(reasonOfExit({ kind: 'random', instruction: 'rdseed', size: 4 })).toBe('rdseed');
});

test('frames as lines', () => {
  const at = icount(1234);
  const exit = { kind: 'pio', dir: 'in', port: 0x60, size: 1, value: 0 } as const;
  expect(frameLine({ kind: 'exit', icount: at, exit, reply: { kind: 'value', value: 0x1c } })).toBe(
    '          1234  in 0x60 size 1 -> 0x1c                        KBC data: 1c',
  );
  expect(frameLine({ kind: 'interrupt', icount: at, vector: 32 })).toBe(
    '          1234  interrupt 0x20',
  );
});
