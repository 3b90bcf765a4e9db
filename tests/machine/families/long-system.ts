/**
 * Long mode: non-canonical addresses (SDM Vol. 1 §3.3.7.1), control registers and other instructions of
 * the system, debug exceptions (Vol. 3B chapter 17).
 */

import { u16, u64 } from '../case.ts';
import * as at from '../layout.ts';
import { anyFlags, chance, codeOf, type Family, gpr64, hex } from './family.ts';
import { ring3, strange } from './long.ts';

const CANON = [
  'mov eax, [rsi]',
  'mov [rsi], rax',
  'push qword ptr [rsi]',
  'mov rsp, rsi; push rax',
  'mov rsp, rsi; pop rax',
  'mov rsp, rsi; call 3f; 3: nop',
  'mov rbp, rsi; mov eax, [rbp]',
  'mov eax, [rsp + rsi]',
  'jmp rsi',
  'call rsi',
  'push rsi; ret',
  'movsb',
  'stosq',
  'invlpg [rsi]',
  'clflush [rsi]',
  'lgdt [rsi]',
  'fld tbyte ptr [rsi]',
  'movups xmm0, [rsi]',
  'cmpxchg16b [rsi]',
  'mov rax, fs:[rsi]',
  'mov rax, gs:[rsi]',
  'prefetcht0 [rsi]',
  'lea rax, [rsi]; bt [rsi], rcx',
  'jmp qword ptr [rsi]',
  'enter 8, 0; mov rsp, rsi; leave; push rax',
  'mov dr0, rsi',
  'mov cr3, rsi',
  'movaps xmm0, [rdi]',
];

const canonical: Family = {
  name: 'non-canonical addresses',
  world: 'long',
  make(r) {
    const n = r.pick([0, 3]);
    const address = BigInt.asUintN(64, strange(r) - BigInt(r.pick([0, 0, 1, 4, 7, 8])));
    return {
      about: `ring ${n}, at ${hex(address)}`,
      codeBits: 64,
      code: r.pick(CANON),
      state: {
        ...(n ? ring3 : {}),
        cr4: 0x620,
        rflags: anyFlags(r) & ~0x400,
        gpr: gpr64({ si: address, cx: 0, di: at.DATA + r.below(32), ax: 0x1234 }),
        msrs: [0x100n, 0x7fff_ffff_f000n, 0n, 0n, 0n, 0n, 0n],
      },
      patches: [],
    };
  },
};

const CONTROL = [
  ...[
    'mov cr0, rax',
    'mov cr3, rbx',
    'mov cr4, rdx',
    'mov cr8, rbx',
    'mov rcx, cr0',
    'mov rcx, cr8',
    'mov cr2, rbx',
  ],
  ...[
    'mov dr7, rbx',
    'mov dr6, rbx',
    'mov rcx, dr6',
    'mov rcx, dr4',
    'lmsw ax',
    'clts',
    'smsw rcx',
    'smsw cx',
  ],
  ...[
    'invpcid rax, [rsi]',
    'invlpg [rsi]',
    'lldt bp',
    'ltr bp',
    'sldt rcx',
    'str ecx',
    'sgdt [rdi]',
    'lidt [rdi]',
  ],
  ...[
    'wbinvd',
    'invd',
    'hlt; nop',
    'cli',
    'sti',
    'popfq',
    'xsetbv',
    'xgetbv',
    'rdtscp; xor eax, eax; xor edx, edx',
    'push fs; pop gs',
  ],
  ...[
    'rsm',
    'ud2',
    '.byte 0x06',
    '.byte 0x27',
    '.byte 0x9a',
    '.byte 0xd6',
    '.byte 0x62, 0x00',
    'into',
  ].map((c) => (c === 'into' ? '.byte 0xce' : c)),
  ...[
    'rdpmc',
    '.byte 0xf0, 0x90',
    '.byte 0xf0, 0x01, 0xd8',
    '.byte 0xf0, 0x0f, 0xc7, 0x0e',
    'vmcall',
    'clac',
    'stac',
  ],
];

const control: Family = {
  name: 'system instructions in long mode',
  world: 'long',
  make(r) {
    const n = r.pick([0, 0, 3]);
    const code = r.pick(CONTROL.filter((c) => n || !c.startsWith('hlt')));
    const cr4 =
      0x20 ^
      r.pick([0, 0x20, 4, 8, 0x80, 0x600, 0x10000, 0x20000, 0x100000, 0x200000, 1 << r.below(31)]);
    const cr0 =
      0x80000011 ^ r.pick([0, 1, 0x80000000, 8, 0x10000, 0x20000000, 0x60000000, 0x20, 0x40000, 4]);
    const bx = /cr3/.test(code)
      ? BigInt(at.ROOT) | (chance(r, 2) ? 1n << BigInt(r.below(64)) : 0n)
      : /dr/.test(code)
        ? 0x400n | (chance(r, 3) ? 1n << BigInt(32 + r.below(32)) : 0n)
        : BigInt(r.below(20));
    return {
      about: `ring ${n}, CR0 ${hex(cr0 >>> 0)}, CR4 ${hex(cr4 >>> 0)}, rbx ${hex(bx)}`,
      codeBits: 64,
      code,
      state: {
        ...(n ? ring3 : {}),
        rflags: anyFlags(r) | (r.below(4) << 12),
        rsp: (n ? at.STACK3 : at.STACK0) - 0x80,
        gpr: gpr64({
          ax: /invpcid/.test(code)
            ? r.below(5)
            : BigInt(cr0 >>> 0) | (chance(r, 12) ? 1n << 40n : 0n),
          dx: BigInt(cr4 >>> 0) | (chance(r, 12) ? 1n << 40n : 0n),
          bx,
          cx: r.pick([0, 1, 0x40000000]),
          bp: r.pick([0, at.MAIN_TSS, at.MAIN_LDT, at.DATA3, 4]),
          si: at.DATA + 0x20,
          di: at.DATA + 0x40,
        }),
      },
      patches: [
        {
          at: at.DATA + 0x20,
          bytes: u64(chance(r, 3) ? 1 << 12 : r.below(3), chance(r, 3) ? strange(r) : at.DATA),
        },
        { at: at.DATA + 0x40, bytes: u16(0xfff) },
        { at: at.DATA + 0x42, bytes: u64(at.IDT) },
        { at: (n ? at.STACK3 : at.STACK0) - 0x80, bytes: u64(r.u32() & 0x3f7ed5 & ~0x100) },
      ],
    };
  },
};

const TRACED = [
  ...[
    'nop',
    'inc eax',
    'mov rcx, [rsi]',
    'mov [rsi], ecx',
    'mov ax, [rsi+2]',
    'add qword ptr [rsi+8], 1',
  ],
  ...[
    'mov ss, edi',
    'movsb',
    'mov ecx, 3; rep stosb',
    'pushfq; pop rax',
    'push qword ptr [rsi]',
    '.byte 0xf1',
  ],
  ...[
    'syscall',
    'pushfq; or dword ptr [rsp], 0x100; popfq',
    'movups xmm0, [rsi]',
    'cmpxchg16b [rsi]',
    'fld tbyte ptr [rsi]',
  ],
];

const debug: Family = {
  name: 'debug exceptions in long mode',
  world: 'long',
  make(r) {
    const n = r.pick([0, 0, 3]);
    const code = [0, 1, 2].map(() => r.pick(TRACED)).join('; ');
    let dr7 = 0x400;
    const dr: number[] = [];
    for (let i = 0; i < 4; i++) {
      const rw = r.pick([0, 1, 3, 3]);
      const length = rw ? r.pick([0, 1, 2, 3]) : 0;
      dr.push(rw ? at.DATA + 0x100 + r.below(24) : codeOf(n) + at.ENTRY + r.below(8));
      dr7 |= (rw | (length << 2)) << (16 + i * 4);
      if (r.below(2)) dr7 |= r.pick([1, 2, 3]) << (i * 2);
    }
    const flags = anyFlags(r) | (r.below(2) ? 0x100 : 0) | (chance(r, 3) ? 0x10000 : 0);
    return {
      about: `ring ${n}, DR7 ${hex(dr7 >>> 0)}, DR0-3 ${dr.map(hex)}, flags ${hex(flags)}`,
      codeBits: 64,
      code,
      state: {
        ...(n ? ring3 : {}),
        cr4: 0x620,
        rflags: flags & ~0x400,
        rsp: (n ? at.STACK3 : at.STACK0) - 0x80,
        dr: [...dr, 0xffff0ff0, dr7 >>> 0],
        gpr: gpr64({ si: at.DATA + 0x100, di: n ? at.DATA3 : at.DATA0 }),
        msrs: [
          0n,
          0n,
          0n,
          BigInt(at.CODE0) << 32n,
          BigInt(at.CODE + 0x400),
          0n,
          BigInt(r.pick([0, 0x100])),
        ],
      },
      patches: [],
    };
  },
};

export const longSystemFamilies: readonly Family[] = [canonical, control, debug];
