/** Every number in abi.ts, against the kernel's own headers, by a C program. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONSTANTS, IOCTLS, STRUCTS } from '../../src/engine/kvm/abi.ts';

const HEADER = '/usr/include/linux/kvm.h';
const available = existsSync(HEADER);
if (!available) {
  console.warn(`tests/kvm: SKIPPED: ${HEADER} is missing; install linux-libc-dev`);
}

/** One line `name value` for each number. */
function program(): string {
  const lines: string[] = [];
  const print = (name: string, expression: string) =>
    lines.push(`printf("%s %llu\\n", "${name}", (unsigned long long)(${expression}));`);
  for (const name of [...Object.keys(CONSTANTS), ...Object.keys(IOCTLS)]) print(name, name);
  for (const [struct, { size: _, ...fields }] of Object.entries(STRUCTS)) {
    print(`${struct}.size`, `sizeof(struct ${struct})`);
    for (const field of Object.keys(fields)) {
      print(`${struct}.${field}`, `offsetof(struct ${struct}, ${field})`);
    }
  }
  return `#include <stdio.h>
#include <stddef.h>
#include <linux/kvm.h>
int main(void) {
${lines.join('\n')}
}
`;
}

function ours(): string[] {
  const lines = Object.entries({ ...CONSTANTS, ...IOCTLS }).map(([k, v]) => `${k} ${v}`);
  for (const [struct, fields] of Object.entries(STRUCTS)) {
    for (const [field, at] of Object.entries(fields)) lines.push(`${struct}.${field} ${at}`);
  }
  return lines;
}

describe.skipIf(!available)('abi.ts', () => {
  test('has the numbers of <linux/kvm.h>', () => {
    const folder = mkdtempSync(join(tmpdir(), 'retrovisor-kvm-abi-'));
    try {
      const [source, binary] = [join(folder, 'abi.c'), join(folder, 'abi')];
      writeFileSync(source, program());
      execFileSync('cc', ['-o', binary, source]);
      const theirs = execFileSync(binary, { encoding: 'utf8' }).trim().split('\n');
      expect(ours().sort()).toEqual(theirs.sort());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
