/** Random frames that a machine could record, for property tests. */

import fc from 'fast-check';
import type { Entry, GuestExit } from '../../src/engine/exit.ts';
import { gpa, icount, ticks } from '../../src/engine/units.ts';
import type { FrameColumns } from '../../src/trace/columns.ts';
import type { Frame } from '../../src/trace/frame.ts';

const u32 = fc.oneof(fc.nat({ max: 0xffff_ffff }), fc.constantFrom(0, 1, 0xff, 0xffff_ffff));
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 0xffff_ffffn, 1n << 32n, 1n << 63n, (1n << 64n) - 1n),
);
const port = fc.oneof(fc.constantFrom(0x3f8, 0x3fd, 0x20, 0x40), fc.nat({ max: 0xffff }));
const address = fc.oneof(
  fc.constantFrom(0xfee0_00b0, 0xfee0_0380),
  fc.nat({ max: 2 ** 31 - 1 }).map((n) => n * 2 ** 21),
);
const pioSize = fc.constantFrom(1 as const, 2 as const, 4 as const);
const mmioSize = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);

type Answered = readonly [GuestExit, Entry];
const none: Entry = { kind: 'none' };

const answered: fc.Arbitrary<Answered> = fc.oneof(
  fc.tuple(port, pioSize, u32).map(
    ([at, size, value]): Answered => [
      { kind: 'pio', dir: 'in', port: at, size, value: 0 },
      { kind: 'value', value },
    ],
  ),
  fc
    .tuple(port, pioSize, u32)
    .map(
      ([at, size, value]): Answered => [{ kind: 'pio', dir: 'out', port: at, size, value }, none],
    ),
  fc.tuple(address, mmioSize, u64).map(
    ([at, size, value]): Answered => [
      { kind: 'mmio', dir: 'read', gpa: gpa(at), size, value: 0n },
      { kind: 'wide', value },
    ],
  ),
  fc
    .tuple(address, mmioSize, u64)
    .map(
      ([at, size, value]): Answered => [
        { kind: 'mmio', dir: 'write', gpa: gpa(at), size, value },
        none,
      ],
    ),
  fc
    .nat({ max: 2 ** 31 - 1 })
    .map((n): Answered => [{ kind: 'hlt' }, { kind: 'skip', ticks: n * 2 ** 20 }]),
  fc.tuple(u32, fc.oneof(fc.constant(0), u32), fc.tuple(u32, u32, u32, u32)).map(
    ([leaf, subleaf, regs]): Answered => [
      { kind: 'cpuid', leaf, subleaf },
      { kind: 'cpuid', regs },
    ],
  ),
  fc
    .tuple(u32, fc.oneof(u64, fc.constant(undefined)))
    .map(
      ([msr, value]): Answered => [
        { kind: 'rdmsr', msr },
        value === undefined ? { kind: 'fault' } : { kind: 'wide', value },
      ],
    ),
  fc
    .tuple(u32, u64, fc.constantFrom<Entry>(none, { kind: 'default' }, { kind: 'fault' }))
    .map(([msr, value, entry]): Answered => [{ kind: 'wrmsr', msr, value }, entry]),
  u32.map(
    (value): Answered => [
      { kind: 'cr8', dir: 'read', value: 0 },
      { kind: 'value', value },
    ],
  ),
  u32.map((value): Answered => [{ kind: 'cr8', dir: 'write', value }, none]),
  fc
    .tuple(
      fc.constantFrom('rdrand' as const, 'rdseed' as const),
      fc.constantFrom(2 as const, 4 as const, 8 as const),
      u64,
    )
    .map(
      ([instruction, size, value]): Answered => [
        { kind: 'random', instruction, size },
        { kind: 'wide', value },
      ],
    ),
  fc.constant<Answered>([{ kind: 'shutdown' }, none]),
);

const bytes = fc.uint8Array({ maxLength: 40 });
const zero = icount(0);

const frame: fc.Arbitrary<Frame> = fc.oneof(
  {
    weight: 10,
    arbitrary: answered.map(
      ([exit, reply]): Frame => ({ kind: 'exit', icount: zero, exit, reply }),
    ),
  },
  fc.nat({ max: 255 }).map((vector): Frame => ({ kind: 'interrupt', icount: zero, vector })),
  fc.constant<Frame>({ kind: 'nmi', icount: zero }),
  fc
    .tuple(address, bytes)
    .map(([at, data]): Frame => ({ kind: 'dma', icount: zero, gpa: gpa(at), bytes: data })),
  fc.tuple(fc.constantFrom('com1', 'scancode', 'naïve'), bytes, fc.nat()).map(
    ([name, data, at]): Frame => ({
      kind: 'input',
      icount: zero,
      ticks: ticks(at),
      name,
      data,
    }),
  ),
  u64.map(
    (hash): Frame => ({ kind: 'hash', icount: zero, hash: hash.toString(16).padStart(16, '0') }),
  ),
);

/** In order of icount, with gaps from none to billions. */
export const frames: fc.Arbitrary<Frame[]> = fc
  .array(fc.tuple(frame, fc.oneof(fc.constant(0), fc.nat({ max: 300 }), fc.nat())), {
    minLength: 1,
    maxLength: 80,
  })
  .map((list) => {
    let at = 0;
    return list.map(([each, gap]) => {
      at += gap;
      return { ...each, icount: icount(at) };
    });
  });

export function add(columns: FrameColumns, each: Frame): void {
  switch (each.kind) {
    case 'exit':
      columns.exit(each.exit, each.reply, each.icount);
      return;
    case 'interrupt':
      columns.interrupt(each.vector, each.icount);
      return;
    case 'nmi':
      columns.nmi(each.icount);
      return;
    case 'dma':
      columns.dma(each.gpa, each.bytes, each.icount);
      return;
    case 'input':
      columns.input(each.name, each.data, each.icount, each.ticks);
      return;
    case 'hash':
      columns.hash(each.hash, each.icount);
  }
}
