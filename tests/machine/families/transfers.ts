/** Far CALL, JMP and RET, INT and IRET in every direction, hardware tasks. SDM Vol. 3A §5.8, §6.12, ch. 7. */

import type { Random } from '../../float/cases.ts';
import { descriptor, gate, type Patch, u16, u32 } from '../case.ts';
import * as at from '../layout.ts';
import {
  anyAccess,
  anyFlags,
  anyGate,
  anyRing,
  anySegment,
  chance,
  entry,
  type Family,
  gpr,
  hex,
  nearSelector,
  ring,
} from './family.ts';

const TARGET = at.FREE;
const BEHIND_GATE = at.FREE + 8;
const TASK = at.FREE + 16;
const OTHER_DATA = at.FREE + 24;
const POINTER = at.DATA + 0x800;

/** An offset in the code pages, whether the segment begins there or at 0. */
const anyOffset = (r: Random): number =>
  r.pick([at.CODE, at.CODE_USER, at.CODE_USER, 0, 0]) + 0x200 + r.below(0x600);

const codeAccess = (r: Random): number =>
  chance(r, 5) ? anyAccess(r) : 0x98 | (r.pick([0, 3, 3, 1]) << 5) | r.below(8);

/** A code segment over a code page or over all. */
function anyCode(r: Random): Uint8Array {
  const all = r.below(2) === 0;
  const limit = all ? 0xfffff : chance(r, 8) ? r.below(0x1000) : 0xfff;
  return descriptor(
    all ? 0 : at.CODE_USER,
    limit,
    codeAccess(r),
    (all ? 8 : 0) | r.pick([4, 4, 0]),
  );
}

const stackFor = (r: Random): readonly [number, number] =>
  r.pick([
    [at.DATA0, at.STACK0],
    [at.DATA3, at.STACK3],
    [at.DATA1, at.STACK3],
    [OTHER_DATA | r.below(4), r.pick([0x800, at.STACK3])],
  ] as const);

/** A 386 TSS, valid but for at most a detail. SDM Vol. 3A figure 7-2. */
function task32(r: Random): Uint8Array {
  const n = r.pick([0, 0, 3, 3, 1]);
  const s = ring(n) as { cs: number; ss: number };
  const words = new Array<number>(26).fill(0);
  words[0] = at.MAIN_TSS;
  words.splice(1, 6, at.STACK, at.DATA0, at.STACK3 - 0x400, at.DATA1, at.STACK3 - 0x800, at.DATA2);
  words[7] = at.ROOT;
  words[8] = (n ? at.CODE_USER : at.CODE) + 0x300;
  words[9] = anyFlags(r) | (chance(r, 8) ? 0x4000 : 0) | (chance(r, 8) ? 0x100 : 0);
  for (let i = 10; i < 18; i++) words[i] = r.u32();
  words[14] = n ? at.STACK3 : at.STACK0;
  words.splice(18, 6, s.ss, s.cs, s.ss, s.ss, s.ss, r.pick([0, s.ss, at.DATA3]));
  words[24] = at.MAIN_LDT;
  if (chance(r, 3)) words[18 + r.below(7)] = nearSelector(r, TARGET);
  if (chance(r, 10)) words[9] = (words[9]! | 0x20000) >>> 0;
  const out = new Uint8Array(at.TASK_BYTES);
  out.set(u32(...words));
  out.set(u16(chance(r, 6) ? 1 : 0, 0x68), 100);
  return out;
}

/** A 286 TSS. SDM Vol. 3A figure 7-10. */
function task16(r: Random): Uint8Array {
  const words = new Array<number>(22).fill(0);
  words.splice(0, 7, at.MAIN_TSS, 0x8000, at.DATA0, 0xa000, at.DATA1, 0xa000, at.DATA2);
  words[7] = 0x300;
  words[8] = anyFlags(r) | (chance(r, 8) ? 0x4000 : 0);
  for (let i = 9; i < 17; i++) words[i] = r.below(0x10000);
  words[13] = 0x800;
  // ES, CS, SS, DS, LDT: 16-bit code of the LDT, which has base CODE.
  words.splice(17, 5, at.DATA0, 0x1c, 0x24, 0x24, at.MAIN_LDT);
  if (chance(r, 3)) words[17 + r.below(5)] = nearSelector(r, TARGET);
  return u16(...words);
}

/** The task behind TASK, of either kind, now and then busy, absent or cut short. */
function anyTask(r: Random): Patch[] {
  const is386 = r.below(3) > 0;
  const busy = chance(r, 6) ? 2 : 0;
  const access = (chance(r, 12) ? 0 : 0x80) | (r.pick([0, 3, 3]) << 5) | (is386 ? 9 : 1) | busy;
  const least = is386 ? 0x67 : 0x2b;
  const limit = chance(r, 10) ? least - 1 - r.below(8) : least + r.below(3);
  return [
    entry(TASK, descriptor(at.TASKS, limit, access, 0)),
    { at: at.TASKS, bytes: is386 ? task32(r) : task16(r) },
  ];
}

/** What a far pointer can lead to. */
function target(r: Random): { patches: Patch[]; kind: string } {
  const spare = [
    entry(BEHIND_GATE, anyCode(r)),
    entry(OTHER_DATA, descriptor(at.DATA, 0xfff, 0x93 | (r.pick([0, 3, 1]) << 5), r.pick([0, 4]))),
    ...anyTask(r),
  ];
  const kind = r.pick(['code', 'code', 'gate', 'gate', 'task', 'task gate', 'any']);
  const made = (bytes: Uint8Array): Patch => entry(TARGET, bytes);
  switch (kind) {
    case 'code':
      return { kind, patches: [...spare, made(anyCode(r))] };
    case 'gate': {
      const behind = chance(r, 8) ? nearSelector(r, TASK) : nearSelector(r, BEHIND_GATE);
      return { kind, patches: [...spare, made(anyGate(r, behind, anyOffset(r)))] };
    }
    case 'task':
      return { kind, patches: [...spare, made(descriptorOf(spare, TASK))] };
    case 'task gate': {
      const access = (chance(r, 8) ? 0 : 0x80) | (r.pick([0, 3, 3]) << 5) | 5;
      return { kind, patches: [...spare, made(gate(nearSelector(r, TASK), 0, access))] };
    }
    default:
      return { kind, patches: [...spare, made(anySegment(r))] };
  }
}

const descriptorOf = (patches: readonly Patch[], selector: number): Uint8Array =>
  patches.find(({ at: where }) => where === at.GDT + selector)!.bytes;

const far: Family = {
  name: 'far CALL and JMP',
  world: 'unpaged',
  make(r) {
    const { patches, kind } = target(r);
    const selector = nearSelector(r, kind === 'task' ? TASK : TARGET);
    const offset = anyOffset(r);
    const narrow = r.below(4) === 0;
    const opcode = r.pick(['call', 'call', 'jmp']);
    const immediate = `.byte ${narrow ? '0x66,' : ''}${opcode === 'call' ? '0x9a' : '0xea'}; ${
      narrow ? `.word ${hex(offset & 0xffff)}` : `.long ${hex(offset)}`
    }; .word ${hex(selector)}`;
    const indirect = narrow ? `${opcode} dword ptr [esi]` : `${opcode} fword ptr [esi]`;
    const memory = narrow ? u16(offset & 0xffff, selector) : u32(offset, selector);
    // FF /3 and /5 with 66 is m16:16; GNU as takes the size of the pointer for it.
    const code = r.below(2)
      ? immediate
      : `${narrow ? '.byte 0x66, ' : '.byte '}0xff, ${opcode === 'call' ? '0x1e' : '0x2e'}`;
    return {
      about: `${kind} ${hex(selector)}:${hex(offset)}${narrow ? ', 16 bits' : ''} ${indirect}`,
      codeBits: 32,
      code,
      state: {
        ...ring(anyRing(r)),
        rflags: anyFlags(r) | (chance(r, 8) ? 0x4000 : 0),
        gpr: gpr({ si: POINTER }),
      },
      patches: [...patches, { at: POINTER, bytes: memory }],
    };
  },
};

/** A frame of 16 or 32 bits at the top of the case's stack. */
function onStack(n: number, values: readonly number[], narrow: boolean) {
  const rsp = (n ? at.STACK3 : at.STACK0) - 0x80;
  const bytes = narrow ? u16(...values.map((v) => v & 0xffff)) : u32(...values);
  return { rsp, patch: { at: rsp, bytes } };
}

const ret: Family = {
  name: 'far RET',
  world: 'unpaged',
  make(r) {
    const n = anyRing(r);
    const { patches, kind } = target(r);
    const selector = r.below(3)
      ? r.pick([at.CODE0, at.CODE1, at.CODE2, at.CODE3])
      : nearSelector(r, TARGET);
    const offset = anyOffset(r);
    const narrow = r.below(4) === 0;
    const [ss, esp] = stackFor(r);
    const pops = r.pick([0, 0, 0, 8, 0xfff8]);
    const values = [offset, selector, ...(pops === 8 ? [1, 2] : []), esp, ss];
    const { rsp, patch } = onStack(n, values, narrow);
    const prefix = narrow ? '.byte 0x66; ' : '';
    return {
      about: `${kind} ${hex(selector)}:${hex(offset)}, ${hex(ss)}:${hex(esp)}`,
      codeBits: 32,
      code: pops ? `${prefix}.byte 0xca; .word ${pops}` : `${prefix}.byte 0xcb`,
      state: { ...ring(n), rsp, rflags: anyFlags(r), gpr: gpr({}) },
      patches: [...patches, patch],
    };
  },
};

const VM = 0x20000;
const NT = 0x4000;

const iret: Family = {
  name: 'IRET',
  world: 'unpaged',
  make(r) {
    const n = anyRing(r);
    const narrow = r.below(4) === 0;
    const task = chance(r, 6);
    const toV86 = !narrow && chance(r, 4);
    const flags = ((anyFlags(r) | (r.u32() & 0x3c7000)) & ~VM & ~0x100) | (toV86 ? VM : 0);
    const selector = toV86
      ? at.CODE_USER >> 4
      : r.below(3)
        ? r.pick([at.CODE0, at.CODE1, at.CODE2, at.CODE3])
        : nearSelector(r, TARGET);
    const offset = toV86 ? 0x200 + r.below(0x600) : anyOffset(r);
    const [ss, esp] = toV86 ? [0x2a00, 0xf00] : stackFor(r);
    const paragraph = (): number => r.pick([0, 0x2c00, 0xffff, r.below(0x10000)]);
    const values = [
      offset,
      selector,
      flags,
      esp,
      ss,
      paragraph(),
      paragraph(),
      paragraph(),
      paragraph(),
    ];
    const { rsp, patch } = onStack(n, values, narrow);
    const { patches } = target(r);
    const link: Patch = { at: at.TSS, bytes: u16(nearSelector(r, TASK)) };
    // Its task is busy, as the one is that a nested task returns to.
    const busy = r.below(4) ? 2 : 0;
    const taskPatches = patches.map((p) =>
      p.at === at.GDT + TASK ? { ...p, bytes: p.bytes.map((b, i) => (i === 5 ? b | busy : b)) } : p,
    );
    return {
      about: `${hex(selector)}:${hex(offset)}, flags ${hex(flags)}, ${hex(ss)}:${hex(esp)}`,
      codeBits: 32,
      code: `${narrow ? '.byte 0x66; ' : ''}.byte 0xcf`,
      state: {
        ...ring(n),
        rsp,
        rflags: anyFlags(r) | (task ? NT : 0) | (r.below(4) << 12),
        gpr: gpr({}),
      },
      patches: [...taskPatches, entry(TARGET, anySegment(r, codeAccess(r))), patch, link],
    };
  },
};

const VECTOR = 0x40;

const int: Family = {
  name: 'INT through gates',
  world: 'unpaged',
  make(r) {
    const { patches } = target(r);
    const selector = r.below(3) ? nearSelector(r, BEHIND_GATE) : nearSelector(r, TASK);
    const type = chance(r, 6) ? r.below(32) : r.pick([6, 7, 14, 15, 14, 15, 5]);
    const access = (chance(r, 10) ? 0 : 0x80) | (r.pick([0, 3, 3, 3, 1]) << 5) | type;
    const offset = anyOffset(r);
    const vector = chance(r, 20) ? 0xff : VECTOR;
    const n = anyRing(r);
    return {
      about: `gate ${hex(access)} to ${hex(selector)}:${hex(offset)}`,
      codeBits: 32,
      code: `int ${vector}`,
      state: {
        ...ring(n),
        rflags: anyFlags(r) | (chance(r, 6) ? NT : 0) | (chance(r, 4) ? 0x3000 : 0) | 0x200,
        gpr: gpr({}),
        idtr: { base: at.IDT, limit: VECTOR * 8 + 7 },
      },
      patches: [...patches, { at: at.IDT + VECTOR * 8, bytes: gate(selector, offset, access) }],
    };
  },
};

/** Switches of tasks by JMP, CALL, INT and IRET, with a TSS that is more often wrong. */
const tasks: Family = {
  name: 'task switches',
  world: 'unpaged',
  make(r) {
    const patches = anyTask(r);
    const how = r.pick(['jmp', 'call', 'int', 'iret', 'jmp', 'call']);
    const n = r.pick([0, 0, 3]);
    const selector = TASK | r.pick([0, 0, 3]);
    const access = 0x80 | (r.pick([0, 3]) << 5) | 5;
    const gated = gate(nearSelector(r, TASK), 0, access);
    const pointer = r.below(2) ? selector : TARGET | r.pick([0, 3]);
    const codes = {
      jmp: `.byte 0xea; .long 0x1234; .word ${hex(pointer)}`,
      call: `.byte 0x9a; .long 0x1234; .word ${hex(pointer)}`,
      int: `int ${VECTOR}`,
      iret: '.byte 0xcf',
    };
    const busy = how === 'iret' ? 2 : 0;
    return {
      about: `${how} ${hex(pointer)}`,
      codeBits: 32,
      code: codes[how as keyof typeof codes],
      state: {
        ...ring(n),
        rflags: anyFlags(r) | (how === 'iret' || chance(r, 6) ? NT : 0),
        gpr: gpr({}),
        cr0: 0x11 | (r.below(2) << 3),
      },
      patches: [
        ...patches.map((p) =>
          p.at === at.GDT + TASK
            ? { ...p, bytes: p.bytes.map((b, i) => (i === 5 ? b | busy : b)) }
            : p,
        ),
        entry(TARGET, gated),
        entry(OTHER_DATA, anySegment(r)),
        { at: at.IDT + VECTOR * 8, bytes: gated },
        { at: at.TSS, bytes: u16(selector) },
      ],
    };
  },
};

export const transferFamilies: readonly Family[] = [far, ret, iret, int, tasks];
