/** Virtual-8086 mode with and without CR4.VME. SDM Vol. 3B chapter 20. */

import { u16, u32 } from '../case.ts';
import * as at from '../layout.ts';
import { anyFlags, chance, type Family, gpr, hex } from './family.ts';

const VM = 0x20000;
const IOPL_SHIFT = 12;
const VIF_VIP = 0x180000;

const CODE = [
  ...['cli', 'sti', 'pushf', 'popf', 'pushfd', 'popfd', 'iret', 'iretd', 'int 0x40', 'int 0x41'],
  ...[
    'int3',
    'into',
    '.byte 0xf1',
    'in al, 0xee',
    'out 0xed, al',
    'in eax, dx',
    'out dx, ax',
    'hlt',
  ],
  ...[
    'mov ds, ax; mov bx, [si]',
    'mov es, ax; mov es:[si], bx',
    'pop ss',
    'les bx, [si]',
    'lss sp, [si]',
  ],
  ...['.byte 0xea; .word 0x300, 0x2f00', '.byte 0x9a; .word 0x300, 0x2f10', 'retf', 'retf 4'],
  ...[
    'mov bx, [di]',
    'mov [di], bx',
    'mov ebx, [di]',
    'add bx, [bp+di]',
    'push bx',
    'mov bx, [esi]',
  ],
  ...[
    'lgdt [si]',
    'lmsw ax',
    'mov eax, cr0',
    'mov cr3, eax',
    'clts',
    'lldt ax',
    'sldt ax',
    'lar bx, ax',
  ],
  ...[
    'mov eax, dr7',
    'invlpg [si]',
    'rdmsr',
    'wbinvd',
    'str ax',
    'verr ax',
    'arpl ax, bx',
    'smsw ax',
  ],
  ...['sgdt [si]', 'sidt [si]', 'sysenter', 'sysexit', 'rep movsw', 'rep stosb', 'int 0x40; nop'],
];

export const v86: Family = {
  name: 'virtual-8086 mode',
  world: 'unpaged',
  make(r) {
    const code = r.pick(CODE);
    const iopl = r.pick([0, 3, 3]);
    const cr4 = r.below(2) | (r.below(2) << 1);
    const flags =
      anyFlags(r) | VM | (iopl << IOPL_SHIFT) | (r.u32() & VIF_VIP) | (chance(r, 4) ? 0x200 : 0);
    const offset = r.pick([0, 0x10, 0xfffe, 0xffff, 0xfffd, r.below(0x1000)]);
    const popped = (r.u32() & 0x7ed5) | (chance(r, 6) ? 0x100 : 0);
    return {
      about: `IOPL ${iopl}, CR4 ${cr4}, flags ${hex(flags)}, popped ${hex(popped)}`,
      codeBits: 16,
      code,
      state: {
        rflags: flags,
        cr4,
        rsp: chance(r, 12) ? r.pick([0, 1, 2, 0xffff]) : 0xf00,
        gpr: gpr({
          ax: 0x2c00 + r.below(4),
          si: 0x100,
          di: offset,
          cx: r.below(6),
          dx: r.pick([0xee, 0xed, 0x2f0]),
          bp: 0,
        }),
      },
      patches: [
        // What POPF, IRET and RET take.
        { at: 0x2af00, bytes: u16(0x320, 0x2f00, popped, 0x2f00, popped, 0) },
        { at: at.DATA + 0x100, bytes: u32(0x2f000310, 0x12345678) },
        // The 8086 program's own vectors, and which of them are redirected to it.
        { at: 0x40 * 4, bytes: u16(0x340, 0x2f00, 0x350, 0x2f00) },
        { at: at.TSS + 0x68, bytes: new Uint8Array(32).map(() => (r.below(2) ? 0 : 0xff)) },
        { at: at.TSS + 0x88 + 0xe8 / 8, bytes: new Uint8Array([r.pick([0, 0xff])]) },
        { at: at.TSS + 0x88 + 0x2f0 / 8, bytes: new Uint8Array([r.below(256), r.below(256)]) },
      ],
    };
  },
};
