/** BTF as the format's description has it, made by hand; and the tasks of a guest whose memory is a map. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Btf, findBtf } from '../../../src/symbols/linux/btf.ts';
import { readTasks, taskLayout } from '../../../src/symbols/linux/tasks.ts';

interface Member {
  readonly name: string;
  readonly bits: number;
  readonly type?: number;
}
type Type =
  | { readonly kind: 'int'; readonly name: string; readonly size: number }
  | {
      readonly kind: 'struct' | 'union';
      readonly name: string;
      readonly size: number;
      readonly members: readonly Member[];
      readonly bitfields?: boolean;
    };

const KINDS = { int: 1, struct: 4, union: 5 };

function btf(types: readonly Type[]): Uint8Array {
  let strings = '\0';
  const name = (text: string): number => {
    if (text === '') return 0;
    strings += `${text}\0`;
    return strings.length - text.length - 1;
  };
  const words: number[] = [];
  for (const type of types) {
    const members = type.kind === 'int' ? [] : type.members;
    const flag = type.kind !== 'int' && type.bitfields ? 2 ** 31 : 0;
    words.push(name(type.name), flag + (KINDS[type.kind] << 24) + members.length, type.size);
    if (type.kind === 'int') words.push(type.size * 8);
    for (const { name: text, type: of = 1, bits } of members) words.push(name(text), of, bits);
  }
  const header = [0x0001eb9f, 24, 0, words.length * 4, words.length * 4, strings.length];
  const numbers = new Uint8Array(Uint32Array.from([...header, ...words]).buffer);
  return Uint8Array.from([...numbers, ...Buffer.from(strings)]);
}

const INT: Type = { kind: 'int', name: 'int', size: 4 };
const TASK: Type = {
  ...{ kind: 'struct', name: 'task_struct', size: 256 },
  members: [
    { name: '__state', bits: 0 },
    { name: 'tasks', bits: 64 },
    { name: 'mm', bits: 192 },
    { name: '', bits: 256, type: 3 },
    { name: 'real_parent', bits: 320 },
    { name: 'comm', bits: 384 },
  ],
};
const IDS: Type = {
  ...{ kind: 'union', name: '', size: 8 },
  members: [
    { name: 'pid', bits: 0 },
    { name: 'tgid', bits: 32 },
  ],
};
const KERNEL = btf([INT, TASK, IDS]);

describe('BTF', () => {
  test('says where members are, those of anonymous unions too', () => {
    const types = Btf.read(KERNEL)!;
    expect(types.sizeOf('task_struct')).toBe(256);
    expect(types.offsetOf('task_struct', 'tasks')).toBe(8);
    expect(types.offsetOf('task_struct', 'tgid')).toBe(36);
    expect(types.offsetOf('task_struct', 'nothing')).toBeUndefined();
    expect(types.offsetOf('nothing', 'tasks')).toBeUndefined();
  });

  test('bit fields have their place in 24 bits', () => {
    const members = [
      { name: 'flag', bits: (1 << 24) + 9 },
      { name: 'whole', bits: 64 },
    ];
    const types = Btf.read(
      btf([INT, { kind: 'struct', name: 's', size: 16, members, bitfields: true }]),
    )!;
    expect(types.offsetOf('s', 'flag')).toBeUndefined();
    expect(types.offsetOf('s', 'whole')).toBe(8);
  });

  test('is found in memory, behind what only looks like it', () => {
    const memory = new Uint8Array(5000);
    memory.set(KERNEL.subarray(0, 8), 100);
    memory.set(KERNEL, 3000);
    const base = 0xffff_ffff_8000_0000n;
    const read = (at: bigint, length: number) =>
      memory.subarray(Number(at - base), Number(at - base) + length);
    const looking = findBtf([{ start: base, length: 5000n }], read);
    let step = looking.next();
    while (!step.done) step = looking.next();
    expect(step.value?.offsetOf('task_struct', 'comm')).toBe(48);
  });

  test('that is damaged is none, or another, but no exception', () => {
    fc.assert(
      fc.property(
        fc.nat(KERNEL.length - 1),
        fc.nat(255),
        fc.nat(KERNEL.length),
        (at, value, end) => {
          const damaged = KERNEL.slice(0, end);
          if (at < end) damaged[at] = value;
          Btf.read(damaged)?.offsetOf('task_struct', 'comm');
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('tasks', () => {
  const INIT = 0xffff_ffff_8200_0000n;
  const SECOND = 0xffff_8880_0000_1000n;
  const types = Btf.read(KERNEL)!;
  const layout = taskLayout((structure, member) => types.offsetOf(structure, member))!;

  function memory(
    tasks: readonly (readonly [at: bigint, next: bigint, pid: number, name: string])[],
  ) {
    const pages = tasks.map(([at, next, pid, name]) => {
      const bytes = new Uint8Array(256);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, pid === 0 ? 0 : 1, true);
      view.setBigUint64(8, next + 8n, true);
      view.setBigUint64(24, pid === 0 ? 0n : 1n, true);
      view.setUint32(32, pid, true);
      view.setUint32(36, pid, true);
      view.setBigUint64(40, INIT, true);
      bytes.set(Buffer.from(name), 48);
      return { at, bytes };
    });
    return (at: bigint, length: number): Uint8Array => {
      const page = pages.find((p) => at >= p.at && at < p.at + 256n);
      if (!page) return new Uint8Array(0);
      const from = Number(at - page.at);
      return page.bytes.subarray(from, from + length);
    };
  }

  test('are those of the list that begins with init_task', () => {
    const read = memory([
      [INIT, SECOND, 0, 'swapper/0'],
      [SECOND, INIT, 1, 'init'],
    ]);
    const tasks = readTasks(INIT, layout, read)!;
    expect(tasks.map(({ pid, name, state, kernel }) => [pid, name, state, kernel])).toEqual([
      [0, 'swapper/0', 'R', true],
      [1, 'init', 'S', false],
    ]);
  });

  test('a list that bites its tail or leads nowhere ends', () => {
    const circle = memory([
      [INIT, SECOND, 0, 'swapper/0'],
      [SECOND, SECOND, 1, 'init'],
    ]);
    expect(readTasks(INIT, layout, circle)).toHaveLength(2);
    const astray = memory([[INIT, SECOND, 0, 'swapper/0']]);
    expect(readTasks(INIT, layout, astray)).toBeUndefined();
    expect(readTasks(INIT, layout, () => new Uint8Array(0))).toBeUndefined();
  });

  test('types that are no Linux kernel give no layout', () => {
    expect(taskLayout(() => undefined)).toBeUndefined();
  });
});
