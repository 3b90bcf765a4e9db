/** Control registers, MSRs, fast system calls, exits. SDM Vol. 3A chapters 2 and 9, Vol. 4. */

import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/engine/exit.ts';
import { gpa } from '../../src/engine/units.ts';
import {
  AX,
  BIG,
  BX,
  CODE,
  CODE0,
  CS,
  CX,
  DATA0,
  DX,
  FREE,
  HANDLERS,
  IF,
  type Lab,
  legacyLab,
  longLab,
  SP,
  SS,
  STACK,
  seg,
  TSS,
  taken,
} from './lab.ts';

const AT = 0x12000;
const DEFAULT: Entry = { kind: 'default' };

describe('MOV to control registers', () => {
  const cases: [name: string, lab: () => Lab, register: string, value: bigint, expected: string][] =
    [
      ['PG without PE', legacyLab, 'cr0', 0x80000010n, '13(0000)'],
      ['NW without CD', legacyLab, 'cr0', 0x20000011n, '13(0000)'],
      ['NW with CD', legacyLab, 'cr0', 0x60000011n, 'none'],
      ['upper half of CR0', longLab, 'cr0', 0x180050033n, '13(0000)'],
      ['clearing PG in 64-bit mode', longLab, 'cr0', 0x50033n, '13(0000)'],
      ['reserved bit of CR4', legacyLab, 'cr4', 1n << 15n, '13(0000)'],
      ['OSXSAVE, which CPUID does not offer', legacyLab, 'cr4', 1n << 18n, '13(0000)'],
      ['clearing PAE in IA-32e mode', longLab, 'cr4', 0x600n, '13(0000)'],
      ['PCIDE outside IA-32e mode', legacyLab, 'cr4', 1n << 17n, '13(0000)'],
      ['PCIDE', longLab, 'cr4', 0x20620n, 'none'],
      ['CR3 beyond MAXPHYADDR', longLab, 'cr3', 1n << 40n, '13(0000)'],
      ['bit 63 of CR3 without PCIDE', longLab, 'cr3', (1n << 63n) | 0x80000n, '13(0000)'],
      ['CR8 above 15', longLab, 'cr8', 16n, '13(0000)'],
      ['CR0 in ring 3', () => longLab(3), 'cr0', 0x80050033n, '13(0000)'],
    ];
  it.each(cases)('%s', (_, make, register, value, expected) => {
    const lab = make();
    const long = lab.regs.efer !== 0n;
    lab.setGpr({ [AX]: value });
    lab.run(`mov ${register}, ${long ? 'rax' : 'eax'}; jmp .`, 2, long ? 64 : 32);
    expect(taken(lab)).toBe(expected);
  });

  it('CR1, CR5 and their like are #UD, in ring 3 too', () => {
    for (const n of [1, 5, 6, 7]) {
      const lab = legacyLab(3);
      lab.run(`.byte 0x0f, 0x20, 0xc0 + ${n} * 8`, 1);
      expect(taken(lab)).toBe('6');
    }
  });

  it('ModRM.mod is ignored', () => {
    const lab = legacyLab();
    lab.run('.byte 0x0f, 0x20, 0x05; nop', 1);
    expect(lab.gpr(5)).toBe(0x11);
    expect(lab.regs.rip).toBe(BigInt(CODE + 3));
  });

  it('CR8 is the host’s', () => {
    const lab = longLab();
    lab.reply = (exit) =>
      exit.kind === 'cr8' && exit.dir === 'read' ? { kind: 'value', value: 9 } : { kind: 'none' };
    lab.run('mov eax, 5; mov cr8, rax; mov rbx, cr8', 3, 64);
    expect(lab.exits).toEqual([
      { kind: 'cr8', dir: 'write', value: 5 },
      { kind: 'cr8', dir: 'read', value: 0 },
    ]);
    expect(lab.gpr(BX)).toBe(9);
  });

  it('with PCIDE and bit 63 CR3 keeps the TLB; without it, not', () => {
    const lab = longLab();
    lab.vcpu.setRegisters({ cr4: 0x20620n });
    const map = (at: number): void => lab.poke(0x82008, 8, at | 0x87);
    lab.poke(0x200000, 4, 0x11);
    lab.poke(AT, 4, 0x22);
    const code = `mov eax, [0x200000]; mov rcx, cr3; bts rcx, 63; nop
      mov cr3, rcx; mov eax, [0x200000]; btr rcx, 63; mov cr3, rcx; mov ebx, [0x200000 + ${AT}]`;
    lab.run(code, 4, 64);
    map(0);
    lab.step(2);
    expect(lab.gpr(AX)).toBe(0x11);
    lab.step(3);
    expect(lab.gpr(BX)).toBe(0x22);
    expect(lab.regs.cr3).toBe(0x80000n);
  });

  it('INVLPG drops one page, INVPCID checks its descriptor', () => {
    const lab = longLab();
    lab.poke(AT, 8, 0x1000n);
    lab.run(`mov eax, 1; invpcid rax, [${AT}]`, 2, 64);
    expect(taken(lab)).toBe('13(0000)');
    const pcid = longLab();
    pcid.poke(AT, 8, 5n);
    pcid.run(`mov eax, 1; invpcid rax, [${AT}]`, 2, 64);
    expect(taken(pcid)).toBe('13(0000)');
    const all = longLab();
    all.run(`mov eax, 2; invpcid rax, [${AT}]; invlpg [rax]; jmp .`, 4, 64);
    expect(taken(all)).toBe('none');
    const none = longLab();
    none.run(`mov eax, 4; invpcid rax, [${AT}]`, 2, 64);
    expect(taken(none)).toBe('13(0000)');
  });

  it('LMSW sets PE and cannot clear it; SMSW stores 16 bits to memory', () => {
    const lab = legacyLab();
    lab.poke(AT, 4, 0xffffffff);
    lab.run(`mov eax, 0xe; lmsw ax; smsw [${AT}]; smsw ebx`, 4);
    expect([lab.peek(AT, 4), lab.gpr(BX)]).toEqual([0xffff001f, 0x1f]);
  });
});

describe('into and out of IA-32e mode', () => {
  function prepare(): Lab {
    const lab = legacyLab();
    lab.reply = () => DEFAULT;
    for (const [at, value] of [
      [0x80000, 0x81007],
      [0x81000, 0x82007],
      [0x82000, 0x87],
    ] as const) {
      lab.poke(at, 8, value);
    }
    lab.vcpu.setRegisters({ cr3: 0x80000n, cr4: 0x20n });
    return lab;
  }
  const LME = 'mov ecx, 0xc0000080; mov eax, 0x100; xor edx, edx; wrmsr;';
  const PG = 'mov eax, cr0; bts eax, 31; mov cr0, eax;';

  it('LMA follows PG', () => {
    const lab = prepare();
    lab.run(`${LME} ${PG} btr eax, 31; mov cr0, eax; jmp .`, 7);
    expect(lab.regs.efer).toBe(0x500n);
    lab.step(2);
    expect(lab.regs.efer).toBe(0x100n);
  });

  it('needs PAE', () => {
    const lab = prepare();
    lab.vcpu.setRegisters({ cr4: 0n });
    lab.run(`${LME} ${PG}`, 7);
    expect(taken(lab)).toBe('13(0000)');
  });

  it('needs CS.L clear, and TR without a 16-bit TSS', () => {
    const long = prepare();
    const segments = [...long.regs.segments];
    segments[CS] = seg(CODE0, 0xe09b);
    long.vcpu.setRegisters({ segments });
    long.run(`${LME} ${PG}`, 7);
    expect(taken(long)).toBe('13(0000)');
    const tss = prepare();
    tss.vcpu.setRegisters({ tr: seg(0x28, 0x83, TSS, 0x2b) });
    tss.run(`${LME} ${PG}`, 7);
    expect(taken(tss)).toBe('13(0000)');
  });

  it('LME cannot change while paging', () => {
    const lab = longLab();
    lab.reply = () => DEFAULT;
    lab.run('mov ecx, 0xc0000080; mov eax, 0xc01; xor edx, edx; wrmsr', 4, 64);
    expect(taken(lab)).toBe('13(0000)');
  });
});

describe('MSRs', () => {
  const write = (msr: number, value: bigint, reply: Entry = DEFAULT): Lab => {
    const lab = longLab();
    lab.reply = (exit) => (exit.kind === 'wrmsr' ? reply : { kind: 'fault' });
    lab.setGpr({ [CX]: msr, [AX]: value & 0xffffffffn, [DX]: value >> 32n });
    lab.run('wrmsr; rdmsr; jmp .', 3, 64);
    return lab;
  };
  const value = (lab: Lab): bigint => (BigInt(lab.gpr(DX)) << 32n) | BigInt(lab.gpr(AX));

  const kept: [name: string, msr: number, value: bigint][] = [
    ['IA32_SYSENTER_CS', 0x174, 0x10n],
    ['IA32_SYSENTER_EIP', 0x176, 0xffffffff81000000n],
    ['IA32_PAT', 0x277, 0x0007010600070106n],
    ['IA32_MTRR_PHYSBASE0', 0x200, 0x80000006n],
    ['IA32_MTRR_PHYSMASK7', 0x20f, 0xff80000800n],
    ['IA32_MTRR_FIX64K_00000', 0x250, 0x0606060606060606n],
    ['IA32_MTRR_DEF_TYPE', 0x2ff, 0xc06n],
    ['IA32_STAR', 0xc0000081, 0x0023001000000000n],
    ['IA32_LSTAR', 0xc0000082, 0xffffffff81800000n],
    ['IA32_FMASK', 0xc0000084, 0x47700n],
    ['IA32_FS_BASE', 0xc0000100, 0x7fff12345678n],
    ['IA32_KERNEL_GS_BASE', 0xc0000102, 0xffff888000000000n],
    ['IA32_TSC_AUX', 0xc0000103, 7n],
    ['IA32_TSC_ADJUST', 0x3b, 0xffffffffffff0000n],
  ];
  it.each(kept)('%s keeps what it is given', (_, msr, v) => {
    const lab = write(msr, v);
    expect(value(lab)).toBe(v);
    expect(lab.exits).toEqual([{ kind: 'wrmsr', msr, value: v }]);
  });

  const refused: [name: string, msr: number, value: bigint][] = [
    ['EFER reserved', 0xc0000080, 0xd03n],
    ['LSTAR not canonical', 0xc0000082, 1n << 47n],
    ['FS_BASE not canonical', 0xc0000100, 1n << 63n],
    ['FMASK upper half', 0xc0000084, 1n << 32n],
    ['PAT type 2', 0x277, 2n],
    ['PHYSBASE type 7', 0x200, 7n],
    ['PHYSBASE beyond MAXPHYADDR', 0x200, 1n << 40n],
    ['MTRRCAP is read-only', 0xfe, 0n],
    ['a register that nobody has', 0x12345678, 0n],
  ];
  it.each(refused)('%s: #GP(0)', (_, msr, v) => {
    expect(taken(write(msr, v))).toBe('13(0000)');
  });

  it('the host may take or refuse a write, and a read', () => {
    const ours = write(0x1b, 0xfee00900n, { kind: 'none' });
    expect(taken(ours)).toBe('13(0000)');
    expect(ours.exits.map((e) => e.kind)).toEqual(['wrmsr', 'rdmsr']);
    expect(taken(write(0xc0000103, 1n, { kind: 'fault' }))).toBe('13(0000)');
    const read = longLab();
    read.reply = () => ({ kind: 'wide', value: 0x1122334455667788n });
    read.setGpr({ [CX]: 0x1b });
    read.run('rdmsr; jmp .', 2, 64);
    expect(value(read)).toBe(0x1122334455667788n);
  });

  it('the TSC counts instructions from what was written to it', () => {
    const lab = write(0x10, 0x500000000n);
    expect(value(lab)).toBe(0x500000001n);
    lab.setGpr({ [CX]: 0x3b });
    lab.run('rdtsc; mov ebx, edx; rdmsr', 2, 64);
    expect(lab.gpr(BX)).toBe(5);
  });

  it('RDMSR in ring 3 is #GP(0) and asks nobody', () => {
    const lab = longLab(3);
    lab.run('rdmsr', 1, 64);
    expect([taken(lab), lab.exits]).toEqual(['13(0000)', []]);
  });
});

describe('fast system calls', () => {
  const msrs = (lab: Lab, values: Readonly<Record<number, bigint>>): void => {
    lab.reply = () => DEFAULT;
    const saved = lab.regs;
    for (const [msr, value] of Object.entries(values)) {
      lab.setGpr({ [CX]: Number(msr), [AX]: value & 0xffffffffn, [DX]: value >> 32n });
      lab.run('wrmsr', 1, 64);
    }
    lab.vcpu.setRegisters({ gpr: saved.gpr });
  };

  it('SYSCALL and SYSRET', () => {
    const lab = longLab();
    msrs(lab, {
      3221225601: 0x0023001000000000n,
      3221225602: BigInt(HANDLERS),
      3221225604: BigInt(IF),
    });
    lab.vcpu.setRegisters({ rflags: BigInt(2 | IF | 0x81) });
    lab.run('syscall; nop', 1, 64);
    expect(lab.regs.rip).toBe(BigInt(HANDLERS));
    expect(lab.gpr(CX)).toBe(CODE + 2);
    expect(lab.regs.gpr[11]).toBe(BigInt(2 | IF | 0x81));
    expect(lab.flags).toBe(2 | 0x81);
    expect(lab.regs.segments[CS]).toEqual(seg(0x10, 0xa09b));
    expect(lab.regs.segments[SS]).toEqual(seg(0x18, 0xc093));
    lab.vcpu.ram.poke(gpa(HANDLERS), new Uint8Array([0x48, 0x0f, 0x07]));
    lab.step();
    expect(lab.regs.rip).toBe(BigInt(CODE + 2));
    expect(lab.flags).toBe(2 | IF | 0x81);
    expect(lab.regs.segments[CS]).toEqual(seg(0x33, 0xa0fb));
    expect(lab.regs.segments[SS]).toEqual(seg(0x2b, 0xc0f3));
  });

  it('SYSRET to an RIP outside canonical form is a #GP(0) of ring 0', () => {
    const lab = longLab();
    lab.setGpr({ [CX]: 1n << 47n });
    lab.run('sysretq', 1, 64);
    expect(taken(lab)).toBe('13(0000)');
    expect(lab.gpr(SP)).toBe(STACK - 48);
  });

  it('without EFER.SCE, and outside 64-bit mode, they are #UD', () => {
    const lab = longLab();
    lab.vcpu.setRegisters({ efer: 0xd00n });
    lab.run('syscall', 1, 64);
    expect(taken(lab)).toBe('6');
    const legacy = legacyLab();
    legacy.run('syscall', 1);
    expect(taken(legacy)).toBe('6');
  });

  it('SYSENTER and SYSEXIT', () => {
    const lab = longLab();
    msrs(lab, { 372: 0x10n, 373: 0x54321n, 374: BigInt(HANDLERS) });
    lab.run('sysenter', 1, 64);
    expect([lab.regs.rip, lab.gpr(SP), lab.flags & IF]).toEqual([BigInt(HANDLERS), 0x54321, 0]);
    expect(lab.regs.segments[CS]).toEqual(seg(0x10, 0xa09b));
    lab.setGpr({ [CX]: 0x77777, [DX]: AT });
    lab.vcpu.ram.poke(gpa(HANDLERS), new Uint8Array([0x0f, 0x35]));
    lab.step();
    expect([lab.regs.rip, lab.gpr(SP)]).toEqual([BigInt(AT), 0x77777]);
    expect(lab.regs.segments[CS]).toEqual(seg(0x23, 0xc0fb));
    expect(lab.regs.segments[SS]).toEqual(seg(0x2b, 0xc0f3));
  });

  it('SYSENTER without a code segment is #GP(0)', () => {
    const lab = legacyLab();
    lab.run('sysenter', 1);
    expect(taken(lab)).toBe('13(0000)');
  });

  it('SWAPGS and the FSGSBASE instructions', () => {
    const lab = longLab();
    lab.vcpu.setRegisters({ gsBase: 0x1111n, kernelGsBase: 0x2222n, cr4: 0x10620n });
    lab.run('swapgs; rdgsbase rax; mov ebx, 0x3333; wrfsbase rbx; rdfsbase ecx', 5, 64);
    expect([lab.gpr(AX), lab.gpr(CX)]).toEqual([0x2222, 0x3333]);
    expect([lab.regs.gsBase, lab.regs.kernelGsBase, lab.regs.fsBase]).toEqual([
      0x2222n,
      0x1111n,
      0x3333n,
    ]);
    const off = longLab();
    off.run('rdfsbase rax', 1, 64);
    expect(taken(off)).toBe('6');
    const outer = longLab(3);
    outer.run('swapgs', 1, 64);
    expect(taken(outer)).toBe('13(0000)');
  });
});

describe('exits', () => {
  it('CPUID asks with EAX and ECX, and clears upper halves', () => {
    const lab = longLab();
    lab.reply = () => ({ kind: 'cpuid', regs: [1, 0x80000000, 3, 4] });
    lab.setGpr({ [AX]: 0xffffffff_00000007n, [CX]: 2, [BX]: -1n });
    lab.run('cpuid', 1, 64);
    expect(lab.exits).toEqual([{ kind: 'cpuid', leaf: 7, subleaf: 2 }]);
    expect([AX, BX, CX, DX].map((n) => lab.regs.gpr[n])).toEqual([1n, 0x80000000n, 3n, 4n]);
  });

  it('HLT retires, skips time, and wakes by an interrupt', () => {
    const lab = longLab();
    lab.reply = () => ({ kind: 'skip', ticks: 1000 });
    const before = lab.vcpu.icount;
    lab.run('hlt; nop; nop', 1, 64);
    expect([lab.vcpu.icount - before, lab.vcpu.ticks - lab.vcpu.icount]).toEqual([1, 1000]);
    expect(lab.vcpu.halted).toBe(true);
    lab.vcpu.inject(0x40);
    expect(lab.vector).toBe(0x40);
    expect(lab.peek64(lab.gpr(SP))).toBe(BigInt(CODE + 1));
  });

  it('RDTSC in ring 3 is #GP(0) under CR4.TSD', () => {
    const lab = longLab(3);
    lab.vcpu.setRegisters({ cr4: 0x624n });
    lab.run('rdtsc', 1, 64);
    expect(taken(lab)).toBe('13(0000)');
  });

  it('UMIP keeps ring 3 from SGDT and SMSW', () => {
    for (const code of [`sgdt [${AT}]`, 'smsw eax', 'sldt eax', 'str eax']) {
      const lab = longLab(3);
      lab.vcpu.setRegisters({ cr4: 0xe20n });
      lab.run(code, 1, 64);
      expect(taken(lab)).toBe('13(0000)');
    }
  });

  it('STAC and CLAC are #UD in ring 3', () => {
    const lab = longLab(3);
    lab.run('stac', 1, 64);
    expect(taken(lab)).toBe('6');
    const kernel = longLab();
    kernel.run('stac; nop', 2, 64);
    expect(kernel.flags & (1 << 18)).not.toBe(0);
    kernel.run('clac; nop', 2, 64);
    expect(kernel.flags & (1 << 18)).toBe(0);
  });

  it('what is not there is #UD: VMCALL, MONITOR, XGETBV, RSM', () => {
    for (const bytes of ['0x0f,0x01,0xc1', '0x0f,0x01,0xc8', '0x0f,0x01,0xd0', '0x0f,0xaa']) {
      const lab = longLab();
      lab.run(`.byte ${bytes}`, 1, 64);
      expect(taken(lab)).toBe('6');
    }
  });
});

describe('compatibility mode', () => {
  it('far calls go to 64-bit code and back', () => {
    const lab = longLab();
    lab.descriptor(FREE, 0, 0xfffff, 0x9b, BIG);
    lab.vcpu.setRegisters({
      segments: lab.regs.segments.map((s, n) => (n === CS ? seg(FREE, 0xc09b) : s)),
    });
    lab.vcpu.ram.poke(gpa(AT), new Uint8Array([0x48, 0x89, 0xe0, 0xcb])); // mov rax, rsp; retf
    lab.run(`lcall ${CODE0}, ${AT}; nop`, 2, 32);
    expect(lab.selector(CS)).toBe(CODE0);
    expect(lab.gpr(AX)).toBe(STACK - 8);
    lab.step();
    expect([lab.selector(CS), lab.regs.rip]).toEqual([FREE, BigInt(CODE + 7)]);
    expect(lab.selector(SS)).toBe(DATA0);
  });
});
