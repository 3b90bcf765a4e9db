/** ORC: stacks as the tables describe them (orc_types.h of Linux 6.1), and tables that lie. */

import { expect, test } from 'vitest';
import { type OrcState, OrcTable, orcOfGuest, unwindOrc } from '../../src/symbols/unwind/orc.ts';

const TEXT = 0xffff_ffff_8100_0000n;
const TABLE = 0xffff_ffff_8200_0000n;
const STACK = 0xffff_c900_0000_0000n;
const [SP, BP, SP_INDIRECT, UNDEFINED, PREV_SP] = [5, 4, 9, 0, 1];
const [CALL, REGS, IRET] = [0, 1, 2];

interface Row {
  readonly at: number;
  readonly sp: readonly [register: number, offset: number];
  readonly bp?: readonly [register: number, offset: number];
  readonly type?: number;
}

function tables(rows: readonly Row[]): { ips: Uint8Array; entries: Uint8Array } {
  const ips = new DataView(new ArrayBuffer(rows.length * 4));
  const entries = new DataView(new ArrayBuffer(rows.length * 6));
  rows.forEach(({ at, sp, bp = [UNDEFINED, 0], type = CALL }, i) => {
    const distance = TEXT + BigInt(at) - (TABLE + BigInt(i * 4));
    ips.setInt32(i * 4, Number(distance), true);
    entries.setInt16(i * 6, sp[1], true);
    entries.setInt16(i * 6 + 2, bp[1], true);
    entries.setUint8(i * 6 + 4, sp[0] | (bp[0] << 4));
    entries.setUint8(i * 6 + 5, type);
  });
  return { ips: new Uint8Array(ips.buffer), entries: new Uint8Array(entries.buffer) };
}

const tableOf = (rows: readonly Row[]): OrcTable => {
  const { ips, entries } = tables(rows);
  return new OrcTable(ips, entries, TABLE);
};

/** Words on the stack, from its start. */
const stackOf =
  (words: readonly bigint[]) =>
  (at: bigint): bigint | undefined =>
    at % 8n === 0n ? words[Number(at - STACK) / 8] : undefined;

const start = (ip: number, sp = 0, bp = 0n): OrcState => ({
  ip: TEXT + BigInt(ip),
  sp: STACK + BigInt(sp * 8),
  bp,
  interrupted: true,
});

const addresses = (table: OrcTable, from: OrcState, words: readonly bigint[]): number[] =>
  [...unwindOrc([table], from, stackOf(words))].map(({ ip }) => Number(ip - TEXT));

test('calls: the return address is below the previous stack pointer', () => {
  const table = tableOf([
    { at: 0x000, sp: [SP, 8] },
    { at: 0x100, sp: [SP, 24] },
    { at: 0x200, sp: [UNDEFINED, 0] },
  ]);
  expect(table.count).toBe(3);
  const stack = [TEXT + 0x150n, 1n, 2n, TEXT + 0x250n];
  expect(addresses(table, start(0x10), stack)).toEqual([0x10, 0x150, 0x250]);
});

test('a call at the very end of a function belongs to that function', () => {
  const table = tableOf([
    { at: 0x000, sp: [SP, 8] },
    { at: 0x100, sp: [SP, 16] },
    { at: 0x200, sp: [SP, 4000] },
  ]);
  // It returns to 0x200, where the next function begins.
  const stack = [TEXT + 0x200n, 7n, TEXT + 0x42n, 0n];
  expect(addresses(table, start(0x10), stack)).toEqual([0x10, 0x200, 0x42]);
});

test('frame pointers', () => {
  const table = tableOf([
    { at: 0x000, sp: [BP, 16], bp: [PREV_SP, -16] },
    { at: 0x100, sp: [BP, 16], bp: [PREV_SP, -16] },
    { at: 0x200, sp: [UNDEFINED, 0] },
  ]);
  const stack = [9n, STACK + 32n, TEXT + 0x110n, 9n, 0n, TEXT + 0x210n];
  expect(addresses(table, start(0x10, 0, STACK + 8n), stack)).toEqual([0x10, 0x110, 0x210]);
});

test('an interrupt on a stack of its own, with all registers saved', () => {
  const table = tableOf([
    { at: 0x000, sp: [SP_INDIRECT, 0] },
    { at: 0x100, sp: [SP, 0], type: REGS },
    { at: 0x200, sp: [SP, 8] },
    { at: 0x300, sp: [UNDEFINED, 0] },
  ]);
  const saved = Array.from({ length: 21 }, (_, i) => BigInt(0x1000 + i));
  saved[16] = TEXT + 0x200n; // RIP: exactly where it was interrupted
  saved[17] = 0x10n; // CS
  saved[19] = STACK + 8n * 30n; // RSP
  const words = [STACK + 24n, 0n, TEXT + 0x110n, ...saved];
  while (words.length < 30) words.push(0n);
  words.push(TEXT + 0x310n);
  const frames = [...unwindOrc([table], start(0x10), stackOf(words))];
  expect(frames.map(({ ip }) => Number(ip - TEXT))).toEqual([0x10, 0x110, 0x200, 0x310]);
  expect(frames[2]).toMatchObject({ interrupted: true, bp: 0x1004n, sp: STACK + 240n });
  expect(frames[2]!.register!(0)).toBe(0x100an);
});

test('the way into the kernel from user mode ends the stack', () => {
  const table = tableOf([{ at: 0x000, sp: [SP, 0], type: IRET }]);
  const words = [0x401000n, 0x33n, 0x202n, 0x7fff_0000n, 0x2bn];
  const frames = [...unwindOrc([table], start(0x10), stackOf(words))];
  expect(frames.map(({ ip }) => ip)).toEqual([TEXT + 0x10n, 0x401000n]);
});

test('a stack that runs in a circle, or off what is mapped, ends', () => {
  const table = tableOf([{ at: 0, sp: [BP, 16], bp: [PREV_SP, -16] }]);
  const stack = [STACK, TEXT + 0x10n];
  const frames = [...unwindOrc([table], start(0x10, 0, STACK), stackOf(stack))];
  expect(frames.length).toBeLessThan(5);
  expect(addresses(tableOf([{ at: 0, sp: [SP, 8] }]), start(0x10, 99), [])).toEqual([0x10]);
});

test('the tables of a running kernel', () => {
  const { ips, entries } = tables([
    { at: 0, sp: [SP, 8] },
    { at: 0x100, sp: [UNDEFINED, 0] },
  ]);
  const symbols: Record<string, bigint> = {
    __start_orc_unwind_ip: TABLE,
    __stop_orc_unwind_ip: TABLE + BigInt(ips.length),
    __start_orc_unwind: TABLE + 0x1000n,
    __stop_orc_unwind: TABLE + 0x1000n + BigInt(entries.length),
  };
  const read = (at: bigint, length: number): Uint8Array =>
    (at === TABLE ? ips : entries).subarray(0, length);
  const table = orcOfGuest((name) => symbols[name], read);
  expect(addresses(table!, start(0x10), [TEXT + 0x110n])).toEqual([0x10, 0x110]);
  expect(orcOfGuest(() => undefined, read)).toBeUndefined();
  expect(
    orcOfGuest(
      (name) => symbols[name],
      () => new Uint8Array(0),
    ),
  ).toBeUndefined();
});
