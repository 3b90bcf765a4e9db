/**
 * Long mode: loads of segments, far transfers and IRET between 64-bit and compatibility code, gates with
 * IST, SYSCALL and SYSENTER, MSRs, control registers, non-canonical addresses, debug exceptions.
 * SDM Vol. 3A §3.4.4, §5.8, §6.14; Vol. 2 SYSCALL, SYSRET, SYSENTER, SYSEXIT, RDMSR, WRMSR.
 */

import type { Random } from '../../float/cases.ts';
import { descriptor, gate64, type Patch, u16, u32, u64 } from '../case.ts';
import * as at from '../layout.ts';
import {
  anyAccess,
  anyFlags,
  chance,
  codeOf,
  entry,
  type Family,
  gpr64,
  hex,
  nearSelector,
} from './common.ts';

const TARGET = at.FREE;
const GATE = at.FREE + 8;
const SPARE_DATA = at.FREE + 24;

/** In these cases entries of the GDT: 32- and 16-bit code of rings 0 and 3. */
const CODE32_0 = at.FREE + 0x20;
const CODE32_3 = at.FREE + 0x28 + 3;
const CODE16_3 = at.FREE + 0x30 + 3;
const COMPATIBILITY: readonly Patch[] = [
  entry(CODE32_0, descriptor(0, 0xfffff, 0x9b, 0xc)),
  entry(CODE32_3 & ~3, descriptor(0, 0xfffff, 0xfb, 0xc)),
  entry(CODE16_3 & ~3, descriptor(at.CODE_USER, 0xffff, 0xfb, 0)),
];

const CANONICAL = 0xffff_8000_0000_0000n;
const strange = (r: Random): bigint =>
  r.pick([
    0x8000_0000_0000n,
    0x7fff_ffff_ffffn,
    CANONICAL,
    CANONICAL - 1n,
    -1n,
    1n << 63n,
    r.u64(),
  ]);

/** A code segment: 64-bit, 32-bit, 16-bit, or with L and D both. */
const anyCode64 = (r: Random): Uint8Array =>
  descriptor(
    r.pick([0, 0, 0, at.CODE_USER]),
    chance(r, 10) ? r.below(0x1000) : 0xfffff,
    chance(r, 6) ? anyAccess(r) : 0x98 | (r.pick([0, 3, 3]) << 5) | r.below(8),
    r.pick([0xa, 0xa, 0xc, 0xc, 0x8, 0xe]),
  );

const anyOffset = (r: Random): number =>
  r.pick([at.CODE, at.CODE_USER, at.CODE_USER]) + 0x200 + r.below(0x600);
const ring3 = { cs: at.CODE3, ss: at.DATA3, ds: at.DATA3, es: at.DATA3 };
/** 64-bit or compatibility code, of either ring. */
function anyMode(r: Random) {
  const n = r.pick([0, 3]);
  const compatible = chance(r, 3);
  const cs = n ? (compatible ? CODE32_3 : at.CODE3) : compatible ? CODE32_0 : at.CODE0;
  const data = n ? at.DATA3 : at.DATA0;
  return {
    n,
    bits: compatible ? (32 as const) : (64 as const),
    state: { cs, ss: data, ds: data, es: data, fs: data, gs: data },
  };
}

const loads: Family = {
  name: 'segment loads in long mode',
  world: 'long',
  make(r) {
    const { bits, state, n } = anyMode(r);
    const access = anyAccess(r);
    const selector = nearSelector(r, TARGET);
    const segment = r.pick(['es', 'ss', 'ds', 'fs', 'gs', 'fs', 'gs']);
    const ptr = bits === 64 ? 'rsi' : 'esi';
    const load = r.pick([
      `mov ${segment}, eax`,
      ...(bits === 64 && !'fsgs'.includes(segment)
        ? []
        : [`push ${bits === 64 ? 'rax' : 'eax'}; pop ${segment}`]),
      ...(/[fgs]s/.test(segment) && segment !== 'ds' && segment !== 'es'
        ? [`l${segment} edx, fword ptr [${ptr}]`]
        : []),
    ]);
    const use = r.pick([
      '',
      `mov ebx, ${segment}:[${bits === 64 ? 'rcx' : 'ecx'}]`,
      `lar ebx, eax`,
      'lsl ebx, eax',
      'verr ax',
      'verw ax',
    ]);
    return {
      about: `ring ${n}, ${hex(selector)}, access ${hex(access)}`,
      codeBits: bits,
      code: `${load}; ${use}`,
      state: {
        ...state,
        rflags: anyFlags(r),
        gpr: gpr64({
          ax: selector,
          cx: r.pick([0, 0x10, 0xffc, at.DATA + 8]),
          si: at.DATA + 0x800,
        }),
        msrs: [
          BigInt(at.DATA),
          chance(r, 2) ? strange(r) & 0x7fff_ffff_ffffn : 0n,
          0n,
          0n,
          0n,
          0n,
          0n,
        ],
      },
      patches: [
        ...COMPATIBILITY,
        entry(
          TARGET,
          descriptor(
            r.pick([0, at.DATA, at.DATA + 0x10]),
            r.below(0x1000),
            access,
            r.pick([4, 0, 0xc]),
          ),
        ),
        { at: at.DATA + 0x800, bytes: u32(0x12345678) },
        { at: at.DATA + 0x804, bytes: u16(selector) },
      ],
    };
  },
};

/** A 16-byte call gate, or what is there instead. */
function callGate(r: Random): Patch[] {
  const type = chance(r, 5) ? r.below(32) : 12;
  const access = (chance(r, 10) ? 0 : 0x80) | (r.pick([0, 3, 3, 3]) << 5) | type;
  const offset = chance(r, 8) ? strange(r) : BigInt(anyOffset(r));
  const bytes = gate64(nearSelector(r, TARGET), BigInt.asUintN(64, offset), access, 0);
  if (chance(r, 10)) bytes[13] = r.below(32);
  return [entry(GATE, bytes)];
}

const far: Family = {
  name: 'far transfers in long mode',
  world: 'long',
  make(r) {
    const { bits, state, n } = anyMode(r);
    const selector = r.below(2)
      ? r.pick([at.CODE0, at.CODE3, CODE32_0, CODE32_3, CODE16_3])
      : nearSelector(r, r.pick([TARGET, GATE, GATE, at.MAIN_TSS, at.MAIN_LDT]));
    const offset = chance(r, 10) ? strange(r) : BigInt(anyOffset(r));
    const ptr = bits === 64 ? 'rsi' : 'esi';
    const how = r.pick(['call', 'jmp', 'ret', 'ret', 'call']);
    const wide = bits === 64 && r.below(2) === 0;
    const rex = wide ? '.byte 0x48, ' : '.byte ';
    const modrm = how === 'call' ? '0x1e' : '0x2e';
    const rsp = (n ? at.STACK3 : at.STACK0) - 0x80;
    const [ss, sp] = r.pick([
      [at.DATA0, at.STACK0],
      [at.DATA3, at.STACK3],
      [at.DATA3, at.STACK3],
      [r.pick([0, 1, 3]), at.STACK3],
      [SPARE_DATA | r.below(4), at.STACK3],
    ] as const);
    const size = wide ? u64 : u32;
    const memory = new Uint8Array(16);
    memory.set(size(Number(offset & 0xffffffffn)));
    if (wide) memory.set(u64(offset));
    memory.set(u16(selector), wide ? 8 : 4);
    const frame = wide
      ? u64(offset, selector, sp, ss)
      : u32(Number(offset & 0xffffffffn), selector, sp, ss);
    return {
      about: `ring ${n}, ${bits} bits, ${how} ${hex(selector)}:${hex(BigInt.asUintN(64, offset))}, ${hex(ss)}`,
      codeBits: bits,
      code:
        how === 'ret'
          ? `${rex}0xcb`
          : chance(r, 8) && bits === 32
            ? `.byte ${how === 'call' ? '0x9a' : '0xea'}; .long ${hex(offset & 0xffffffffn)}; .word ${hex(selector)}`
            : `${rex}0xff, ${modrm}${ptr === 'rsi' ? '' : ''}`,
      state: { ...state, rsp, rflags: anyFlags(r), gpr: gpr64({ si: at.DATA + 0x800 }) },
      patches: [
        ...COMPATIBILITY,
        entry(TARGET, anyCode64(r)),
        entry(SPARE_DATA, descriptor(0, 0xfffff, anyAccess(r), 0xc)),
        ...callGate(r),
        { at: at.DATA + 0x800, bytes: memory },
        { at: rsp, bytes: frame },
      ],
    };
  },
};

const iret: Family = {
  name: 'IRET in long mode',
  world: 'long',
  make(r) {
    const { bits, state, n } = anyMode(r);
    const size = bits === 64 ? r.pick([8, 8, 8, 4, 2]) : r.pick([4, 4, 2]);
    const selector = r.below(3)
      ? r.pick([at.CODE0, at.CODE3, CODE32_0, CODE32_3, CODE16_3])
      : nearSelector(r, TARGET);
    const offset = chance(r, 8) ? strange(r) : BigInt(anyOffset(r));
    const flags = (anyFlags(r) | (r.u32() & 0x3f7000)) & ~(chance(r, 6) ? 0 : 0x20000);
    const [ss, sp] = r.pick([
      [at.DATA0, at.STACK0],
      [at.DATA3, at.STACK3],
      [at.DATA3, at.STACK3],
      [r.pick([0, 0, 1, 3]), at.STACK3],
      [SPARE_DATA | r.below(4), at.STACK3],
    ] as const);
    const rsp = (n ? at.STACK3 : at.STACK0) - 0x80;
    const values = [
      offset,
      BigInt(selector),
      BigInt(flags),
      BigInt(chance(r, 8) ? strange(r) : sp),
      BigInt(ss),
    ];
    const bytes =
      size === 8
        ? u64(...values)
        : size === 4
          ? u32(...values.map((v) => Number(v & 0xffffffffn)))
          : u16(...values.map((v) => Number(v & 0xffffn)));
    return {
      about: `ring ${n}, ${bits} bits, ${size} bytes, ${hex(selector)}:${hex(BigInt.asUintN(64, offset))}, flags ${hex(flags)}, ${hex(ss)}`,
      codeBits: bits,
      code: `.byte ${size === 8 ? '0x48, ' : size === 2 ? '0x66, ' : ''}0xcf`,
      state: {
        ...state,
        rsp,
        rflags: anyFlags(r) | (chance(r, 12) ? 0x4000 : 0) | (r.below(4) << 12),
        gpr: gpr64({}),
      },
      patches: [
        ...COMPATIBILITY,
        entry(TARGET, anyCode64(r)),
        entry(SPARE_DATA, descriptor(0, 0xfffff, anyAccess(r), 0xc)),
        { at: rsp, bytes },
      ],
    };
  },
};

const VECTOR = 0x40;

const int: Family = {
  name: 'INT through gates in long mode',
  world: 'long',
  make(r) {
    const { bits, state, n } = anyMode(r);
    const type = chance(r, 6) ? r.below(32) : r.pick([14, 15]);
    const access = (chance(r, 10) ? 0 : 0x80) | (r.pick([0, 3, 3, 3]) << 5) | type;
    const selector = r.below(2) ? nearSelector(r, at.CODE0) : nearSelector(r, TARGET);
    const offset = chance(r, 10) ? strange(r) : BigInt(anyOffset(r));
    const ist = r.pick([0, 0, 0, 2, 3, 4]);
    return {
      about: `ring ${n}, gate ${hex(access)}, IST ${ist}, to ${hex(selector)}:${hex(BigInt.asUintN(64, offset))}`,
      codeBits: bits,
      code: `int ${chance(r, 20) ? 0x50 : VECTOR}`,
      state: {
        ...state,
        rsp: (n ? at.STACK3 : at.STACK0) - 0x80 + r.below(16),
        rflags: anyFlags(r) | 0x200 | (chance(r, 5) ? 0x4000 : 0) | (chance(r, 4) ? 0x40000 : 0),
        gpr: gpr64({}),
        idtr: { base: at.IDT, limit: VECTOR * 16 + 15 },
      },
      patches: [
        ...COMPATIBILITY,
        entry(TARGET, anyCode64(r)),
        {
          at: at.IDT + VECTOR * 16,
          bytes: gate64(selector, BigInt.asUintN(64, offset), access, ist),
        },
        { at: at.TSS + 0x3c, bytes: u64(chance(r, 2) ? strange(r) : at.STACK - 0x404) },
      ],
    };
  },
};

const calls: Family = {
  name: 'SYSCALL SYSRET SYSENTER SYSEXIT',
  world: 'long',
  make(r) {
    const { bits, state, n } = anyMode(r);
    const star = BigInt(r.pick([at.CODE0, at.CODE0, r.below(0x10000)])) << 32n;
    const back = BigInt(r.pick([at.CODE3 - 16, at.DATA3 - 8, at.CODE0, r.below(0x10000)])) << 48n;
    const entryOf = (): bigint => BigInt(anyOffset(r));
    const code = r.pick([
      'syscall',
      'syscall',
      '.byte 0x0f, 0x07',
      '.byte 0x48, 0x0f, 0x07',
      'sysenter',
      '.byte 0x0f, 0x35',
      '.byte 0x48, 0x0f, 0x35',
    ]);
    return {
      about: `ring ${n}, ${bits} bits, STAR ${hex(star | back)}`,
      codeBits: bits,
      code: bits === 32 ? code.replace('syscall', '.byte 0x0f, 0x05').replace('0x48, ', '') : code,
      state: {
        ...state,
        efer: chance(r, 8) ? 0xd00 : 0xd01,
        rflags: anyFlags(r) | (r.below(4) << 12) | (chance(r, 4) ? 0x40000 : 0),
        gpr: gpr64({
          cx: chance(r, 8) ? strange(r) : anyOffset(r),
          dx: chance(r, 8) ? strange(r) : anyOffset(r),
          r11: r.u64(),
        }),
        msrs: [0n, 0n, 0n, star | back, entryOf(), entryOf(), BigInt(r.u32() & 0x47fd5)],
        sysenter: [r.pick([at.CODE0, at.CODE0, 0, 3, at.CODE0 | 3]), at.STACK0, entryOf()],
      },
      patches: COMPATIBILITY,
    };
  },
};

const MSRS = [
  ...[0x174, 0x175, 0x176, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100],
  ...[0xc0000101, 0xc0000102, 0x277, 0x3, 0x12345678, 0x40000000, 0xc0001234],
];

const msrs: Family = {
  name: 'RDMSR WRMSR SWAPGS FSGSBASE',
  world: 'long',
  make(r) {
    const { bits, state, n } = anyMode(r);
    const ring0 = chance(r, 8) ? n : 0;
    const msr = r.pick(MSRS);
    const isPat = msr === 0x277;
    const value = isPat
      ? BigInt.asUintN(64, 0x0007_0406_0007_0406n ^ (chance(r, 3) ? BigInt(r.below(256)) : 0n))
      : BigInt.asUintN(64, chance(r, 3) ? r.u64() : strange(r));
    const efer = BigInt(0xd01 ^ r.pick([0, 1, 0x800, 0x100, 0x400, 1 << r.below(16)]));
    const written = msr === 0xc0000080 ? efer : value;
    const read = 'mov ecx, ebp; rdmsr';
    const code = r.pick([
      'rdmsr',
      'wrmsr',
      `wrmsr; ${read}`,
      ...(bits === 64
        ? ['swapgs', 'rdfsbase rbx', 'wrfsbase rax', 'wrgsbase rax', 'rdgsbase ebx', 'wrfsbase eax']
        : []),
    ]);
    return {
      about: `ring ${ring0}, ${hex(msr)}, ${hex(written)}`,
      codeBits: bits,
      code,
      state: {
        ...state,
        ...(ring0 === n
          ? {}
          : { cs: bits === 64 ? at.CODE0 : CODE32_0, ss: at.DATA0, ds: at.DATA0, es: at.DATA0 }),
        rflags: anyFlags(r),
        cr4: 0x20 | (chance(r, 4) ? 0 : 0x10000),
        gpr: gpr64({
          ax: /base/.test(code) ? written : written & 0xffffffffn,
          dx: written >> 32n,
          cx: msr,
          bp: msr,
        }),
        msrs: [0x1234n, 0x5678n, 0x7fff_0000_0000n, 0n, 0n, 0n, 0n],
      },
      patches: COMPATIBILITY,
    };
  },
};

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

export const longFamilies: readonly Family[] = [
  ...[loads, far, iret, int, calls, msrs, canonical, control, debug],
];
