/**
 * Long mode: loads of segments, far transfers and IRET between 64-bit and compatibility code, gates with
 * IST, SYSCALL and SYSENTER, MSRs.
 * SDM Vol. 3A §3.4.4, §5.8, §6.14; Vol. 2 SYSCALL, SYSRET, SYSENTER, SYSEXIT, RDMSR, WRMSR.
 */

import type { Random } from '../../float/cases.ts';
import { descriptor, gate64, type Patch, u16, u32, u64 } from '../case.ts';
import * as at from '../layout.ts';
import {
  anyAccess,
  anyFlags,
  chance,
  entry,
  type Family,
  gpr64,
  hex,
  nearSelector,
} from './family.ts';

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
export const strange = (r: Random): bigint =>
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
export const ring3 = { cs: at.CODE3, ss: at.DATA3, ds: at.DATA3, es: at.DATA3 };
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

export const longFamilies: readonly Family[] = [loads, far, iret, int, calls, msrs];
