/** Instructions of the system, with their privilege; ports; alignment checks; debug registers and traps. */

import type { Random } from '../../float/cases.ts';
import { u16, u32 } from '../case.ts';
import * as at from '../layout.ts';
import { anyFlags, anyRing, chance, codeOf, type Family, gpr, hex, ring } from './family.ts';

const SYSTEM = [
  ...[
    'mov cr0, eax',
    'mov cr4, edx',
    'mov cr3, ebx',
    'mov cr2, ebx',
    'mov ecx, cr0',
    'mov ecx, cr2',
  ],
  ...['mov ecx, cr3', 'mov ecx, cr4', '.byte 0x0f, 0x22, 0xc8', '.byte 0x0f, 0x20, 0xe8', 'clts'],
  ...[
    'lmsw ax',
    'lmsw [esi]',
    'smsw ecx',
    'smsw [esi]',
    'lgdt [edi]',
    'lidt [edi]',
    'lldt bx',
    'ltr bp',
  ],
  ...[
    'sgdt [esi]',
    'sidt [esi]',
    'sldt [esi]',
    'str [esi]',
    'invd',
    'wbinvd',
    'invlpg [esi]',
    'cli',
    'sti',
  ],
  ...[
    'popfd',
    'pushfd',
    'popf',
    'rdtsc; xor eax, eax; xor edx, edx',
    'xsetbv',
    'xgetbv',
    'rsm',
    '.byte 0x0f, 0x01, 0xf8',
  ],
  ...['sysenter', 'sysexit', 'syscall', 'sysret', 'stac', 'clac', 'vmcall', 'invpcid eax, [esi]'],
  ...[
    'mov eax, dr7',
    'mov ecx, dr6',
    'mov dr6, eax',
    'mov dr3, ebx',
    'mov ecx, dr4',
    'mov dr5, ebx',
  ],
  ...[
    'rdfsbase eax',
    'ud2',
    '.byte 0x0f, 0xff, 0xc0',
    '.byte 0x0f, 0xb9, 0xc0',
    '.byte 0xf1',
    'hlt; nop',
  ],
];

/** Values of CR0 under which the monitor lives on. */
const anyCr0 = (r: Random): number =>
  r.pick([
    0x11, 0x13, 0x19, 0x1d, 0x31, 0x3b, 0x10031, 0x40011, 0x50033, 0x60000011, 0x40000011,
    0x20000011,
  ]);

const system: Family = {
  name: 'system instructions',
  world: 'unpaged',
  make(r) {
    const n = anyRing(r);
    const cr4 = chance(r, 3)
      ? 1 << r.below(32)
      : r.pick([0, 1, 2, 8, 0x10, 0x20, 0x80, 0x200, 0x400, 0x600]);
    const code = r.pick(SYSTEM.filter((c) => n || !c.startsWith('hlt')));
    const selector = r.pick([
      0,
      at.MAIN_TSS,
      at.MAIN_LDT,
      at.DF_TSS,
      at.DATA3,
      0x3c,
      0x1f8,
      3,
      at.MAIN_LDT | 3,
    ]);
    return {
      about: `ring ${n}, cr4 ${hex(cr4 >>> 0)}, ${hex(selector)}`,
      codeBits: 32,
      code,
      state: {
        ...ring(n),
        rflags: anyFlags(r) | (r.below(4) << 12),
        gpr: gpr({
          ax: anyCr0(r),
          dx: cr4 >>> 0,
          bx: /lldt/.test(code)
            ? selector
            : /cr3/.test(code)
              ? r.u32() & ~0xfff
              : /dr/.test(code)
                ? 0x400
                : r.u32(),
          bp: selector,
          si: at.DATA + 0x20,
          di: at.DATA + 0x40,
          cx: r.pick([at.STACK3, 0, 1]),
        }),
        rsp: (n ? at.STACK3 : at.STACK0) - 0x80,
        cr4: r.pick([0, 0, 0x800 & 0, 4, 8]),
        cr0: r.pick([0x11, 0x19, 0x31]),
        sysenter: [r.pick([at.CODE0, at.CODE0, 0, 3]), at.STACK0 - 0x100, at.CODE + 0x400],
      },
      patches: [
        { at: at.DATA + 0x40, bytes: u16(/lidt/.test(code) ? 0x7ff : 0xff) },
        { at: at.DATA + 0x42, bytes: u32(/lidt/.test(code) ? at.IDT : at.GDT) },
        { at: (n ? at.STACK3 : at.STACK0) - 0x80, bytes: u32(r.u32() & 0x3f7ed5 & ~0x100) },
      ],
    };
  },
};

const PORTS = [
  'in al, dx',
  'in ax, dx',
  'in eax, dx',
  'out dx, al',
  'out dx, ax',
  'out dx, eax',
  'in al, 0xed',
  'out 0xed, al',
  'insb',
  'outsw',
  'rep insw',
  'rep outsb',
];

/** Ports that nothing answers, through every bit of the I/O map. SDM Vol. 1 §19.5. */
const ports: Family = {
  name: 'I/O permission',
  world: 'unpaged',
  make(r) {
    const n = anyRing(r);
    const iopl = r.below(4);
    const port = r.pick([0x2c8, 0x2cc, 0x2cf, 0x2ce, 0xed, 0x2d0, 0x2d7, 0x7ff0]);
    const limit = r.pick([0x2ff, 0x2ff, 0xe1, 0xe2, 0xe3, 0x68, 0x88 + (port >> 3)]);
    return {
      about: `ring ${n}, IOPL ${iopl}, port ${hex(port)}, TSS limit ${hex(limit)}`,
      codeBits: 32,
      code: r.pick(PORTS),
      state: {
        ...ring(n),
        rflags: anyFlags(r) | (iopl << 12),
        gpr: gpr({ dx: port, cx: r.below(4), si: at.DATA + 0x100, di: at.DATA + 0x800 }),
      },
      patches: [
        { at: at.GDT + at.MAIN_TSS, bytes: u16(limit) },
        { at: at.TSS + 0x88 + 0x58, bytes: u32(r.pick([0, 0xffffffff, r.u32()])) },
        { at: at.TSS + 0x88 + 0x5c, bytes: u32(r.pick([0, 0xffffffff, r.u32()])) },
        { at: at.TSS + 0x88 + 0x1d, bytes: new Uint8Array([r.pick([0, 0xff])]) },
      ],
    };
  },
};

const ALIGNED = [
  ...[
    'mov eax, [esi]',
    'mov [esi], ax',
    'mov al, [esi]',
    'add [esi], eax',
    'xchg [esi], eax',
    'push eax',
  ],
  ...[
    'pop eax',
    'movsd',
    'rep movsw',
    'cmpsd',
    'lodsw',
    'stosd',
    'fld dword ptr [esi]',
    'fld qword ptr [esi]',
  ],
  ...[
    'fld tbyte ptr [esi]',
    'fild word ptr [esi]',
    'fstp qword ptr [esi]',
    'les ebx, [esi]',
    'bound eax, [esi]',
  ],
  ...[
    'cmpxchg8b [esi]',
    'lock cmpxchg [esi], ecx',
    'bt [esi], eax',
    'call dword ptr [esi]',
    'enter 8, 0',
  ],
  ...[
    'fldenv [esi]',
    'data16 fldenv [esi]',
    'data16 fnsave [esi]',
    'frstor [esi]',
    'sidt [esi]',
    'sgdt [esi]',
    'iretd',
    'retf',
    'pushad',
  ],
];

/** #AC: ring 3 with CR0.AM and EFLAGS.AC. SDM Vol. 3A §6.15. */
const alignment: Family = {
  name: 'alignment checks',
  world: 'unpaged',
  make(r) {
    const n = r.pick([3, 3, 3, 0, 1]);
    const code = r.pick(ALIGNED);
    const misaligned = r.below(8);
    const ac = chance(r, 5) ? 0 : 0x40000;
    return {
      about: `ring ${n}, off by ${misaligned}, AC ${hex(ac)}`,
      codeBits: 32,
      code,
      state: {
        ...ring(n),
        cr0: chance(r, 6) ? 0x11 : 0x40011,
        rflags: (anyFlags(r) & ~0x400) | ac,
        rsp: (n ? at.STACK3 : at.STACK0) - 0x80 + (r.below(2) ? misaligned : 0),
        gpr: gpr({
          ax: 0x1234,
          cx: 2,
          si: at.DATA + 0x100 + misaligned,
          di: at.DATA + 0x800 + r.below(8),
        }),
      },
      patches: [
        { at: at.DATA + 0x100 + misaligned, bytes: u32(at.CODE_USER + 0x300, at.DATA3) },
        { at: at.STACK3 - 0x80, bytes: u32(at.CODE_USER + 0x300, at.CODE3, 2) },
      ],
    };
  },
};

const TRACED = [
  ...[
    'nop',
    'inc eax',
    'mov ecx, [esi]',
    'mov [esi], ecx',
    'mov ax, [esi+2]',
    'add dword ptr [esi+4], 1',
  ],
  ...[
    'mov ss, edi',
    'push ss; pop ss',
    'movsb',
    'mov ecx, 3; rep stosb',
    'pushfd',
    'popfd',
    'push dword ptr [esi]',
  ],
  ...[
    '.byte 0xf1',
    'int 0x41',
    'jmp 3f; nop; 3: nop',
    'call 3f; 3: pop eax',
    'pushfd; or dword ptr [esp], 0x100; popfd',
  ],
  ...[
    'mov ecx, dr6',
    'mov eax, dr7',
    'xchg [esi], ecx',
    'lock inc dword ptr [esi+4]',
    'in al, 0xed',
    'cmpsd',
    'fld qword ptr [esi]',
  ],
];

/** TF, DR0 to DR3, RF, BS, ICEBP, shadows of MOV SS. SDM Vol. 3B chapter 17. */
const debug: Family = {
  name: 'debug exceptions',
  world: 'unpaged',
  make(r) {
    const n = r.pick([0, 0, 3]);
    const code = [0, 1, 2].map(() => r.pick(TRACED)).join('; ');
    let dr7 = 0x400 | r.pick([0, 0x100, 0x200, 0x300]);
    const dr: number[] = [];
    for (let i = 0; i < 4; i++) {
      const rw = r.pick([0, 1, 3, 3]);
      const length = rw ? r.pick([0, 1, 3]) : 0;
      const where = rw ? at.DATA + 0x100 + r.below(12) : codeOf(n) + at.ENTRY + r.below(8);
      dr.push(where);
      dr7 |= (rw | (length << 2)) << (16 + i * 4);
      if (r.below(2)) dr7 |= r.pick([1, 2, 3]) << (i * 2);
    }
    const flags = anyFlags(r) | (r.below(2) ? 0x100 : 0) | (chance(r, 3) ? 0x10000 : 0);
    return {
      about: `ring ${n}, DR7 ${hex(dr7 >>> 0)}, DR0-3 ${dr.map(hex)}, flags ${hex(flags)}`,
      codeBits: 32,
      code: code.replaceAll('jmp 3f; nop; 3:', 'jmp 3f; nop\n3:'),
      state: {
        ...ring(n),
        rflags: flags & ~0x400,
        rsp: (n ? at.STACK3 : at.STACK0) - 0x80,
        dr: [...dr, 0xffff0ff0, dr7 >>> 0],
        gpr: gpr({ si: at.DATA + 0x100, di: n ? at.DATA3 : at.DATA0 }),
      },
      patches: [
        {
          at: at.IDT + 0x41 * 8,
          bytes: u16((at.CODE + 0x400) & 0xffff, at.CODE0, 0xee00, at.CODE >> 16),
        },
        { at: (n ? at.STACK3 : at.STACK0) - 0x80, bytes: u32(2 | (r.below(2) << 8), 2) },
      ],
    };
  },
};

export const systemFamilies: readonly Family[] = [system, ports, alignment, debug];
