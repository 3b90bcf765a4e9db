/** Damaged files: an answer or one line of error, whatever is wrong with them; never a crash or a hang. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/symbols/elf/byte-source.ts';
import { ElfFile } from '../../src/symbols/elf/elf-file.ts';
import { openProgram } from '../../src/symbols/open.ts';
import { type Guest, SymbolError } from '../../src/symbols/program.ts';
import { DEMO_ELF } from '../rsp/demo.ts';

const whole = readFileSync(DEMO_ELF);
const elf = new ElfFile(memorySource(whole, 'demo'));
const SECTIONS = elf.sections.filter(({ name }) => /^\.debug|^\.symtab|^\.strtab/.test(name));

/** A guest that runs in the text of the demo, with a stack of its own making. */
const guest: Guest = {
  bits: 64,
  icount: 1n,
  readMemory: (at, length) =>
    Uint8Array.from({ length: Math.min(length, 4096) }, (_, i) => Number((at + BigInt(i)) & 0xffn)),
  register: (name) => (name === 'rip' ? 0x1022e8n : /^xmm|^st/.test(name) ? undefined : 0x10b000n),
};

function askEverything(bytes: Uint8Array): void {
  const program = openProgram({ files: [{ name: 'fuzz', bytes }], cache: false });
  const questions: (() => unknown)[] = [
    () => program.files(),
    () => program.addressesOf('jobs.c', 23),
    () => program.linesOf('log.c'),
    () => program.functionsNamed('swap'),
    () => program.lineAt(0x1022e8n),
    () => program.stepRange(0x1022e8n),
    () => program.functionsAt(0x102777n),
    () => {
      for (const frame of program.frames(guest, 20)) {
        for (const { variables } of program.scopes({ guest, frame })) {
          for (const { value } of variables) {
            value.format();
            value.children(0, 5).map((child) => child.value.format());
          }
        }
      }
    },
    () => program.evaluate('tasks', { guest }).format(),
    () => program.evaluate('sizeof(struct job)', { guest }).format(),
    () => program.complete('job_queue.', { guest }, 5),
  ];
  for (const ask of questions) {
    try {
      ask();
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
      expect(error.message).not.toContain('\n');
    }
  }
}

function attempt(bytes: Uint8Array): void {
  try {
    askEverything(bytes);
  } catch (error) {
    if (!(error instanceof SymbolError)) throw error;
  }
}

test('the file as it is answers everything', () => {
  const program = openProgram({ files: [{ name: 'demo', bytes: whole }], cache: false });
  expect(program.files().length).toBeGreaterThan(10);
  askEverything(whole);
});

describe('damaged', () => {
  test('by bytes in its debug sections', () => {
    const damage = fc.record({
      section: fc.constantFrom(...SECTIONS),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), (damages) => {
        const bytes = Uint8Array.from(whole);
        for (const { section, share, bytes: by } of damages) {
          const at = section.offset + Math.floor(share * (section.size - by.length));
          bytes.set(by, at);
        }
        attempt(bytes);
      }),
      { numRuns: 40 },
    );
  });

  test('by bytes in its headers', () => {
    const table = Number(new DataView(whole.buffer, whole.byteOffset).getBigUint64(0x28, true));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 63 + elf.sections.length * 64 }),
        fc.integer({ min: 0, max: 255 }),
        (place, value) => {
          const bytes = Uint8Array.from(whole);
          bytes[place < 64 ? place : table + place - 64] = value;
          attempt(bytes);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('by being cut off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(() =>
          openProgram({ files: [{ name: 'cut', bytes: whole.subarray(0, length) }], cache: false }),
        ).toThrow(SymbolError);
      }),
      { numRuns: 50 },
    );
  });
});
