/** Loads of segment registers, and the instructions that only look. SDM Vol. 3A §5.2 to §5.7. */

import type { Random } from '../../float/cases.ts';
import { descriptor, u16, u32 } from '../case.ts';
import * as at from '../layout.ts';
import {
  anyAccess,
  anyFlags,
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

const SEGMENTS = ['es', 'ss', 'ds', 'fs', 'gs'] as const;

/** MOV, POP and LDS of a segment register, then a use of it that shows base and limit. */
const loads: Family = {
  name: 'segment loads',
  world: 'unpaged',
  make(r) {
    const access = anyAccess(r);
    const selector = nearSelector(r, at.FREE);
    const segment = r.pick(SEGMENTS);
    const probe = r.pick([
      0,
      4,
      0xffc,
      0xfff,
      0x1000,
      r.below(0x1000),
      at.DATA + 8,
      at.CODE + 0x40,
    ]);
    const load = r.pick([
      `mov ${segment}, eax`,
      `mov ${segment}, eax`,
      `push eax; ${pop(segment)}`,
      `l${segment} edx, fword ptr [esi]`,
    ]);
    const use = r.pick([
      `mov ebx, ${segment}:[ecx]`,
      `mov bx, ${segment}:[ecx]`,
      `mov byte ptr ${segment}:[ecx], 0x5a`,
      `mov dword ptr ${segment}:[ecx], edx`,
      '',
    ]);
    return {
      about: `${hex(selector)}, access ${hex(access)}`,
      codeBits: 32,
      code: `${load}; ${use}`,
      state: {
        ...ring(anyRing(r)),
        rflags: anyFlags(r),
        gpr: gpr({ ax: selector, cx: probe, si: at.DATA + 0x800 }),
      },
      patches: [
        entry(at.FREE, anySegment(r, access)),
        { at: at.DATA + 0x800, bytes: u32(0x12345678) },
        { at: at.DATA + 0x804, bytes: u16(selector) },
      ],
    };
  },
};

const pop = (segment: string): string => `pop ${segment}`;

const LOOK = ['lar ebx, eax', 'lar bx, ax', 'lsl ebx, eax', 'lsl bx, ax', 'verr ax', 'verw ax'];
const MORE = ['arpl ax, dx', 'arpl [esi], dx', 'sldt eax', 'str eax', 'smsw eax', 'sgdt [esi]'];

const looks: Family = {
  name: 'LAR LSL VERR VERW ARPL',
  world: 'unpaged',
  make(r) {
    const access = chance(r, 2) ? anyAccess(r) : 0x80 | r.below(0x80);
    const selector = nearSelector(r, at.FREE);
    return {
      about: `${hex(selector)}, access ${hex(access)}`,
      codeBits: 32,
      code: chance(r, 5) ? r.pick([...MORE, 'sidt [esi]']) : r.pick(LOOK),
      state: {
        ...ring(anyRing(r)),
        rflags: anyFlags(r),
        gpr: gpr({ ax: selector, dx: r.below(0x10000), si: at.DATA + 0x800 }),
      },
      patches: [entry(at.FREE, anySegment(r, access))],
    };
  },
};

/** Accesses near the limit of expand-up and expand-down segments, through the stack too. */
const limits: Family = {
  name: 'segment limits',
  world: 'unpaged',
  make(r) {
    const down = r.below(2) === 0;
    const flags = r.pick([0, 4]);
    const limit = r.below(0xf00) + 0x10;
    const ringOf = r.pick([0, 3]);
    const access = 0x93 | (ringOf << 5) | (down ? 4 : 0);
    const near = limit + r.below(20) - 12;
    const offset = chance(r, 8) ? r.pick([0, 0xfffc, 0xfffe, 0xffff, 0xffffffff, 0x10000]) : near;
    const access4 = r.pick(DATA_ACCESSES);
    const stack = r.pick(STACK_ACCESSES);
    const selector = at.FREE | ringOf;
    const useStack = r.below(2) === 0;
    return {
      about: `limit ${hex(limit)}${down ? ' down' : ''}, flags ${flags}, offset ${hex(offset)}`,
      codeBits: 32,
      // Back on a stack that exceptions can use, with what it left in the registers.
      code: useStack
        ? `mov ss, eax; mov esp, ecx; ${stack}; mov edx, esp; mov ss, edi; mov esp, esi`
        : `mov es, eax; ${access4}`,
      state: {
        ...ring(ringOf),
        rflags: anyFlags(r),
        gpr: gpr({
          ax: selector,
          cx: offset,
          di: ringOf ? at.DATA3 : at.DATA0,
          si: ringOf ? at.STACK3 : at.STACK0,
          bp: offset,
        }),
      },
      patches: [entry(at.FREE, descriptor(at.DATA, limit, access, flags))],
    };
  },
};

const DATA_ACCESSES = [
  'mov ebx, es:[ecx]',
  'mov es:[ecx], ebx',
  'mov bl, es:[ecx]',
  'mov es:[ecx], bx',
  'add es:[ecx], ebx',
  'xchg es:[ecx], bx',
  'fld tbyte ptr es:[ecx]',
  'mov bx, es:[ecx]',
];
const STACK_ACCESSES = [
  'push ebx',
  'pop ebx',
  'push bx',
  'pop bx',
  'pushad',
  'popad',
  'push 5',
  'leave',
  'enter 16, 0',
  'enter 8, 3',
  'pushfd',
  'mov ebx, [ebp]',
  'ret',
  'push dword ptr ds:[0x2c010]',
  'pop dword ptr ds:[0x2c010]',
];

export const segmentFamilies: readonly Family[] = [loads, looks, limits];
export type { Random };
