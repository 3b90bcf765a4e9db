/** Far jumps, calls and returns, IRET in all directions, segment loads. SDM Vol. 3A chapter 5. */

import { describe, expect, it } from 'vitest';
import {
  AX,
  BIG,
  BX,
  CODE,
  CODE_RX,
  CODE0,
  CODE3,
  CS,
  DATA_RW,
  DATA0,
  DATA3,
  DS,
  DX,
  ES,
  FREE,
  FREE2,
  FS,
  GDT,
  GS,
  HANDLERS,
  IF,
  type Lab,
  LDT,
  legacyLab,
  longLab,
  MAIN_TSS,
  NT,
  SP,
  SS,
  STACK,
  STACK0,
  STACK3,
  seg,
  TSS,
  taken,
  ZF,
} from './lab.ts';

const AT = 0x12000;

/** Rows of a table under a name that shows their numbers in hexadecimal. */
const named = <T extends readonly unknown[]>(rows: readonly T[]): [string, ...T][] =>
  rows.map((row) => [
    row.map((v) => (typeof v === 'number' ? v.toString(16) : `${v}`)).join(', '),
    ...row,
  ]);

describe('loading data segments', () => {
  /** GDT entry FREE, then its selector into the register. */
  const cases: [access: number, selector: number, cpl: 0 | 3, to: 'ds' | 'ss', expected: string][] =
    [
      [DATA_RW, FREE, 0, 'ds', 'none'],
      [DATA_RW, FREE | 3, 0, 'ds', '13(0038)'],
      [DATA_RW, FREE, 3, 'ds', '13(0038)'],
      [0xf3, FREE, 3, 'ds', 'none'],
      [0xf3, FREE | 3, 0, 'ds', 'none'],
      // Readable code, execute-only code, conforming code whatever its DPL.
      [0x9b, FREE, 0, 'ds', 'none'],
      [0x99, FREE, 0, 'ds', '13(0038)'],
      [0x9f, FREE | 3, 3, 'ds', 'none'],
      [0x13, FREE, 0, 'ds', '11(0038)'],
      [0x82, FREE, 0, 'ds', '13(0038)'],
      [0x89, FREE, 0, 'ds', '13(0038)'],
      [DATA_RW, 0, 0, 'ds', 'none'],
      [DATA_RW, 3, 0, 'ds', 'none'],
      [DATA_RW, 0x80, 0, 'ds', '13(0080)'],
      [DATA_RW, FREE | 4, 0, 'ds', '13(003c)'],
      [DATA_RW, FREE, 0, 'ss', 'none'],
      [DATA_RW, FREE | 1, 0, 'ss', '13(0038)'],
      [0xb3, FREE, 0, 'ss', '13(0038)'],
      [0x91, FREE, 0, 'ss', '13(0038)'],
      [0x9b, FREE, 0, 'ss', '13(0038)'],
      [0x13, FREE, 0, 'ss', '12(0038)'],
      [DATA_RW, 0, 0, 'ss', '13(0000)'],
      [0xf3, FREE | 3, 3, 'ss', 'none'],
      [0xf3, FREE | 2, 3, 'ss', '13(0038)'],
    ];
  it.each(named(cases))('%s', (_, access, selector, cpl, to, expected) => {
    const lab = legacyLab(cpl);
    lab.descriptor(FREE, 0, 0xfffff, access, BIG);
    lab.setGpr({ [AX]: selector });
    lab.run(`mov ${to}, ax; jmp .`, 2);
    expect(taken(lab)).toBe(expected);
    if (expected === 'none') expect(lab.selector(to === 'ds' ? DS : SS)).toBe(selector);
  });

  it('sets the accessed bit in the table', () => {
    const lab = legacyLab();
    lab.descriptor(FREE, 0x123000, 0xfff, 0x92, 4);
    lab.setGpr({ [AX]: FREE });
    lab.run('mov fs, ax', 1);
    expect(lab.peek(GDT + FREE + 5, 1)).toBe(0x93);
    expect(lab.regs.segments[FS]).toEqual(seg(FREE, 0x4093, 0x123000, 0xfff));
  });

  it('MOV from a segment zero-extends into a register and writes 16 bits of memory', () => {
    const lab = legacyLab();
    lab.setGpr({ [AX]: 0xffffffff });
    lab.poke(AT, 4, 0xffffffff);
    lab.run(`mov eax, cs; mov [${AT}], ds`, 2);
    expect(lab.gpr(AX)).toBe(CODE0);
    expect(lab.peek(AT, 4)).toBe(0xffff0000 + DATA0);
  });

  it('MOV to CS, and segment registers 6 and 7, are #UD', () => {
    for (const modrm of [0xc8, 0xf0, 0xf8]) {
      const lab = legacyLab();
      lab.run(`.byte 0x8e, ${modrm}`, 1);
      expect(taken(lab)).toBe('6');
    }
  });

  it('PUSH of a segment writes 16 bits of its 32-bit slot', () => {
    const lab = legacyLab();
    lab.poke(STACK - 4, 4, 0xaaaaaaaa);
    lab.run('push ds; pop es', 2);
    expect(lab.peek(STACK - 4, 4)).toBe(0xaaaa0000 + DATA0);
    expect(lab.gpr(SP)).toBe(STACK);
  });

  it('LES loads both or neither', () => {
    const lab = legacyLab();
    lab.poke(AT, 4, 0x12345678);
    lab.poke(AT + 4, 2, DATA0);
    lab.run(`les ebx, [${AT}]`, 1);
    expect([lab.gpr(BX), lab.selector(ES)]).toEqual([0x12345678, DATA0]);
    lab.poke(AT, 4, 1);
    lab.poke(AT + 4, 2, 0xfff8);
    lab.run(`les ebx, [${AT}]`, 1);
    expect([taken(lab), lab.gpr(BX), lab.selector(ES)]).toEqual(['13(fff8)', 0x12345678, DATA0]);
  });

  it('64-bit mode takes a null SS below CPL 3 with RPL = CPL, and clears FS.base', () => {
    const lab = longLab();
    lab.vcpu.setRegisters({ fsBase: 0x123456789n });
    lab.run('xor eax, eax; mov ss, ax; mov fs, ax; push rax', 4, 64);
    expect(taken(lab)).toBe('none');
    expect([lab.selector(SS), lab.regs.fsBase]).toEqual([0, 0n]);
    const wrong = longLab();
    wrong.run('mov eax, 3; mov ss, ax', 2, 64);
    expect(taken(wrong)).toBe('13(0000)');
    const outer = longLab(3);
    outer.run('mov eax, 3; mov ss, ax', 2, 64);
    expect(taken(outer)).toBe('13(0000)');
  });

  it('real mode changes the base and leaves the limit', () => {
    const lab = legacyLab();
    lab.descriptor(FREE, CODE, 0xffff, 0x9b, 0);
    lab.setGpr({ [AX]: 0x10 });
    // Through 16-bit code to real mode, with DS still 4 GiB long: "unreal" mode.
    const code = `ljmp ${FREE}, 0x40
      .org 0x40; .code16
      and al, 0; mov cr0, eax; ljmp 0x1000, 0x80
      .org 0x80
      mov bx, 0x2000; mov ds, bx; nop`;
    lab.run(code, 6);
    expect(lab.regs.segments[DS]).toMatchObject({
      selector: 0x2000,
      base: 0x20000n,
      limit: 0xffffffff,
    });
    expect(lab.regs.segments[CS]).toMatchObject({ selector: 0x1000, base: 0x10000n });
  });
});

describe('JMP far', () => {
  const cases: [
    name: string,
    prepare: (lab: Lab) => void,
    selector: number,
    cpl: 0 | 3,
    expected: string,
  ][] = [
    ['same privilege', () => {}, CODE0, 0, 'none'],
    ['null', () => {}, 3, 0, '13(0000)'],
    ['data', () => {}, DATA0, 0, '13(0010)'],
    ['beyond the table', () => {}, 0xff8, 0, '13(0ff8)'],
    ['inner nonconforming', () => {}, CODE0, 3, '13(0008)'],
    ['outer nonconforming', () => {}, CODE3, 0, '13(0018)'],
    ['RPL above CPL', () => {}, CODE0 | 1, 0, '13(0008)'],
    ['inner conforming', (lab) => lab.descriptor(FREE, 0, 0xfffff, 0x9e, BIG), FREE, 3, 'none'],
    ['outer conforming', (lab) => lab.descriptor(FREE, 0, 0xfffff, 0xfe, BIG), FREE, 0, '13(0038)'],
    ['absent', (lab) => lab.descriptor(FREE, 0, 0xfffff, 0x1b, BIG), FREE, 0, '11(0038)'],
    ['beyond the limit', (lab) => lab.descriptor(FREE, 0, 0xfff, 0x9b, 4), FREE, 0, '13(0000)'],
    ['busy TSS', () => {}, MAIN_TSS, 0, '13(0028)'],
    ['TSS from ring 3', () => {}, 0x30, 3, '13(0030)'],
    ['LDT', (lab) => lab.descriptor(FREE, 0, 0xff, 0x82), FREE, 0, '13(0038)'],
    [
      'call gate of DPL 0 from ring 3',
      (lab) => lab.gate(GDT + FREE, CODE0, AT, 0x8c),
      FREE,
      3,
      '13(0038)',
    ],
    [
      'call gate, RPL above its DPL',
      (lab) => lab.gate(GDT + FREE, CODE0, AT, 0x8c),
      FREE | 1,
      0,
      '13(0038)',
    ],
    ['absent call gate', (lab) => lab.gate(GDT + FREE, CODE0, AT, 0x0c), FREE, 0, '11(0038)'],
    [
      'call gate to inner code',
      (lab) => lab.gate(GDT + FREE, CODE0, AT, 0xec),
      FREE,
      3,
      '13(0008)',
    ],
    [
      'call gate to a null selector',
      (lab) => lab.gate(GDT + FREE, 0, AT, 0xec),
      FREE,
      3,
      '13(0000)',
    ],
    [
      'call gate to the same privilege',
      (lab) => lab.gate(GDT + FREE, CODE3, AT, 0xec),
      FREE,
      3,
      'none',
    ],
  ];
  it.each(cases)('%s', (_, prepare, selector, cpl, expected) => {
    const lab = legacyLab(cpl);
    prepare(lab);
    lab.poke(AT, 2, 0xfeeb);
    lab.run(`ljmp ${selector}, ${AT}`, 2);
    expect(taken(lab)).toBe(expected);
    if (expected === 'none')
      expect([lab.regs.rip, lab.selector(CS) & 3]).toEqual([BigInt(AT), cpl]);
  });

  it('64-bit mode: call gates have 16 bytes and lead to 64-bit code only', () => {
    const lab = longLab();
    lab.poke(CODE + 0x100, 8, 0xffffffff_00012000n & 0xffffffffn);
    lab.gate(GDT + FREE, CODE0, AT, 0x8c);
    lab.poke(AT, 2, 0xfeeb);
    lab.poke(CODE + 0x104, 2, FREE);
    lab.run(`ljmp [${CODE + 0x100}]`, 1, 64);
    expect(lab.regs.rip).toBe(BigInt(AT));
    // A second half of a type: not a gate.
    lab.poke(GDT + FREE + 12, 4, 0xc00);
    lab.run(`ljmp [${CODE + 0x100}]`, 1, 64);
    expect(taken(lab)).toBe('13(0038)');
  });
});

describe('CALL far and RET far', () => {
  it('call gate to ring 0: parameters keep their order, and RET n releases both stacks', () => {
    const lab = legacyLab(3);
    lab.gate(GDT + FREE, CODE0, AT, 0xec, 2);
    lab.poke(AT, 4, 0x0008ca); // lret 8
    lab.run(`push 0x11; push 0x22; lcall ${FREE}, 0; nop`, 3);
    const sp = lab.gpr(SP);
    const words = [0, 4, 8, 12, 16, 20].map((n) => lab.peek(sp + n, 4));
    expect(words).toEqual([CODE + 11, CODE3, 0x22, 0x11, STACK3 - 8, DATA3]);
    expect(sp).toBe(STACK0 - 24);
    lab.step();
    expect(lab.gpr(SP)).toBe(STACK3);
    expect([lab.selector(CS), lab.selector(SS)]).toEqual([CODE3, DATA3]);
  });

  it('64-bit call gate: no parameters, SS null', () => {
    const lab = longLab(3);
    lab.gate(GDT + FREE, CODE0, AT, 0xec, 0);
    lab.poke(GDT + FREE + 8, 8, 0);
    lab.poke(CODE + 0x100, 4, 0);
    lab.poke(CODE + 0x104, 2, FREE);
    lab.poke(AT, 4, 0xcb48); // lretq
    lab.run(`lcall [${CODE + 0x100}]; nop`, 1, 64);
    const sp = lab.gpr(SP);
    const words = [0, 8, 16, 24].map((n) => lab.peek64(sp + n));
    expect(words).toEqual([CODE + 7, CODE3, STACK3, DATA3].map(BigInt));
    expect([sp, lab.selector(SS)]).toEqual([STACK0 - 32, 0]);
    lab.step();
    expect([lab.gpr(SP), lab.selector(SS), lab.regs.rip]).toEqual([
      STACK3,
      DATA3,
      BigInt(CODE + 7),
    ]);
  });

  it('a return to ring 3 takes away the segments of ring 0', () => {
    const lab = legacyLab();
    lab.descriptor(FREE, 0, 0xfffff, 0x9e, BIG);
    lab.setGpr({ [AX]: FREE, [BX]: DATA3 });
    // DS holds inner data, ES outer data, FS conforming code, GS null.
    lab.run(
      `mov es, bx; mov fs, ax; xor eax, eax; mov gs, ax
      push ${DATA3}; push ${STACK3}; push ${CODE3}; push ${AT}; lret`,
      9,
    );
    expect([DS, ES, FS, GS].map((n) => lab.selector(n))).toEqual([0, DATA3, FREE, 0]);
    expect(lab.gpr(SP)).toBe(STACK3);
  });

  const returns: [name: string, cs: number, ss: number, expected: string][] = [
    ['inner CS from ring 3', CODE0, DATA3, '13(0008)'],
    ['null CS', 0, DATA3, '13(0000)'],
    ['data in CS', DATA3, DATA3, '13(0020)'],
    ['null SS', CODE3, 0, '13(0000)'],
    ['SS of another RPL', CODE3, DATA0, '13(0010)'],
    ['SS of code', CODE3, CODE3, '13(0018)'],
    ['SS beyond the table', CODE3, 0xffb, '13(0ff8)'],
  ];
  it.each(returns)('%s', (name, cs, ss, expected) => {
    const lab = legacyLab(name.endsWith('ring 3') ? 3 : 0);
    lab.run(`push ${ss}; push ${STACK3}; push ${cs}; push ${AT}; lret`, 5);
    expect(taken(lab)).toBe(expected);
  });
});

describe('IRET', () => {
  it('ring 3 changes neither IOPL nor IF', () => {
    const lab = legacyLab(3);
    lab.poke(AT, 2, 0xfeeb);
    lab.run(`push 0x3cd5; push ${CODE3}; push ${AT}; iretd`, 4);
    expect(lab.regs.rip).toBe(BigInt(AT));
    expect(lab.flags & 0x3fff).toBe(0x0ed7);
  });

  it('IF follows IOPL, IOPL follows CPL', () => {
    const lab = legacyLab(3);
    lab.vcpu.setRegisters({ rflags: BigInt(2 | IF | 0x3000) });
    lab.run(`push 0x0002; push ${CODE3}; push ${AT}; iretd`, 4);
    expect(lab.flags & (IF | 0x3000)).toBe(0x3000);
  });

  it('NT with a bad back link is #TS(selector)', () => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ rflags: BigInt(2 | NT) });
    lab.poke(TSS, 2, 0x30);
    lab.run('iretd', 1);
    expect(taken(lab)).toBe('10(0030)');
  });

  it('NT is #GP(0) in 64-bit mode', () => {
    const lab = longLab();
    lab.vcpu.setRegisters({ rflags: BigInt(2 | NT) });
    lab.run('iretq', 1, 64);
    expect(taken(lab)).toBe('13(0000)');
  });

  it('IRETQ to the same privilege pops SS:RSP', () => {
    const lab = longLab();
    lab.run(`push 0; push 0x77770; push 0x202; push ${CODE0}; push ${AT}; iretq`, 6, 64);
    expect([lab.regs.rip, lab.gpr(SP), lab.selector(SS)]).toEqual([BigInt(AT), 0x77770, 0]);
  });

  it('to a 16-bit stack only SP is taken', () => {
    const lab = longLab();
    lab.descriptor(FREE, 0, 0xffff, 0xfb, 4);
    lab.descriptor(FREE2, 0, 0xffff, 0xf3, 0);
    lab.setGpr({ [SP]: 0x150000 });
    lab.run(
      `push ${FREE2 | 3}; push 0x1234; push 0x202; push ${FREE | 3}; push 0x100; iretq`,
      6,
      64,
    );
    expect(lab.gpr(SP)).toBe(0x141234);
    expect(lab.regs.rip).toBe(0x100n);
  });

  const faults: [name: string, code: string, expected: string][] = [
    [
      'RIP outside canonical form',
      `push 0; push 0; push 2; push ${CODE0}; mov rax, 1 << 47; push rax; iretq`,
      '13(0000)',
    ],
    ['null SS to ring 3', `push 3; push 0; push 2; push ${CODE3}; push 0; iretq`, '13(0000)'],
    [
      'null SS to compatibility mode',
      `push 0; push 0; push 2; push ${FREE}; push 0; iretq`,
      '13(0000)',
    ],
    ['L and D', `push 0; push 0; push 2; push ${FREE2}; push 0; iretq`, '13(0040)'],
  ];
  it.each(faults)('%s', (_, code, expected) => {
    const lab = longLab();
    lab.descriptor(FREE, 0, 0xfffff, CODE_RX, BIG);
    lab.descriptor(FREE2, 0, 0xfffff, CODE_RX, 6 | 8);
    lab.run(code, code.split(';').length, 64);
    expect(taken(lab)).toBe(expected);
  });
});

describe('task switches', () => {
  const OTHER = 0x4000;

  function task(lab: Lab, changes: Readonly<Record<number, number>> = {}): void {
    const fields: Record<number, number> = {
      32: AT,
      36: 2,
      56: 0x48000,
      72: DATA0,
      76: CODE0,
      80: DATA0,
      84: DATA0,
      88: 0,
      92: 0,
      96: 0,
      ...changes,
    };
    for (const [at, value] of Object.entries(fields)) lab.poke(OTHER + Number(at), 4, value);
    lab.poke(AT, 2, 0xfeeb);
  }

  it('JMP moves the busy bit, sets TS and leaves NT alone', () => {
    const lab = legacyLab();
    task(lab);
    lab.setGpr({ [BX]: 0x1234 });
    lab.run('ljmp 0x30, 0', 1);
    expect(lab.regs.rip).toBe(BigInt(AT));
    expect(lab.regs.tr).toMatchObject({ selector: 0x30, base: 0x4000n });
    expect([lab.peek(GDT + 0x2d, 1), lab.peek(GDT + 0x35, 1)]).toEqual([0x89, 0x8b]);
    expect(lab.regs.cr0 & 8n).toBe(8n);
    expect(lab.flags & NT).toBe(0);
    expect([lab.peek(TSS + 0x20, 4), lab.peek(TSS + 0x34, 4)]).toEqual([CODE + 7, 0x1234]);
  });

  it('the T bit raises #DB with BT before the first instruction', () => {
    const lab = legacyLab();
    task(lab, { 100: 1 });
    lab.run('ljmp 0x30, 0; nop', 1);
    lab.step(0);
    expect(taken(lab)).toBe('1');
    expect(lab.regs.dr[4]! & 0x8000n).toBe(0x8000n);
    expect(lab.peek(lab.gpr(SP), 4)).toBe(AT);
  });

  const faults: [name: string, changes: Record<number, number>, expected: string][] = [
    ['CS beyond the table', { 76: 0xff8 }, '10(0ff8)'],
    ['null CS', { 76: 0 }, '10(0000)'],
    ['data in CS', { 76: DATA0 }, '10(0010)'],
    ['DPL of CS', { 76: CODE0 | 3 }, '10(0008)'],
    ['null DS is fine, DS beyond the table is not', { 84: 0xff8 }, '10(0ff8)'],
    ['absent DS', { 84: FREE }, '11(0038)'],
    ['an LDT that is none', { 96: DATA0 }, '10(0010)'],
    ['EIP beyond the limit', { 76: FREE2, 32: 0x5000 }, '13(0000)'],
  ];
  it.each(faults)('%s: a fault of the new task', (_, changes, expected) => {
    const lab = legacyLab();
    lab.descriptor(FREE, 0, 0xfffff, DATA_RW & 0x7f, BIG);
    lab.descriptor(FREE2, 0, 0xfff, CODE_RX, 4);
    task(lab, changes);
    // The new task's SS may be unusable, so all goes through a task gate to a third task.
    const handler = 0x6000;
    lab.descriptor(0x48, handler, 0x67, 0x89);
    for (const [at, value] of [
      [0x20, HANDLERS],
      [0x24, 2],
      [0x38, STACK],
      [0x48, DATA0],
      [0x4c, CODE0],
      [0x50, DATA0],
      [0x54, DATA0],
    ] as const) {
      lab.poke(handler + at, 4, value);
    }
    const vector = Number(expected.slice(0, 2));
    lab.poke(handler + 0x20, 4, HANDLERS + vector * 16);
    lab.gate(0x2000 + vector * 8, 0x48, 0, 0x85);
    lab.run('ljmp 0x30, 0', 1);
    lab.step(0);
    expect(taken(lab)).toBe(expected);
    expect(lab.peek(handler, 2)).toBe(0x30);
    // EIP saved in the new task's TSS is its own.
    expect(lab.peek(OTHER + 0x20, 4)).toBe(changes[0x20] ?? AT);
  });
});

describe('questions about selectors', () => {
  const ask = (
    instruction: string,
    selector: number,
    cpl: 0 | 3 = 0,
  ): { zf: boolean; bx: number } => {
    const lab = legacyLab(cpl);
    lab.descriptor(FREE, 0x1000, 0x12345, 0x91, BIG);
    lab.gate(GDT + FREE2, CODE0, 0, 0xec);
    lab.setGpr({ [AX]: selector, [BX]: 0xdead });
    lab.run(instruction, 1);
    return { zf: (lab.flags & ZF) !== 0, bx: lab.gpr(BX) };
  };
  const cases: [code: string, selector: number, cpl: 0 | 3, zf: boolean, bx: number][] = [
    ['lar ebx, ax', CODE0, 0, true, 0xc09b00],
    ['lar bx, ax', CODE0, 0, true, 0x9b00],
    ['lar ebx, ax', CODE0, 3, false, 0xdead],
    ['lar ebx, ax', 0, 0, false, 0xdead],
    ['lar ebx, ax', 0xff8, 0, false, 0xdead],
    ['lar ebx, ax', MAIN_TSS, 0, true, 0x8b00],
    ['lar ebx, ax', FREE2, 3, true, 0xec00],
    ['lsl ebx, ax', FREE, 0, true, 0x12345fff],
    ['lsl ebx, ax', MAIN_TSS, 0, true, 0x2ff],
    ['lsl ebx, ax', FREE2, 0, false, 0xdead],
    ['verr ax', FREE, 0, true, 0xdead],
    ['verw ax', FREE, 0, false, 0xdead],
    ['verw ax', DATA3, 3, true, 0xdead],
    ['verr ax', MAIN_TSS, 0, false, 0xdead],
    ['verr ax', DATA3, 0, true, 0xdead],
    ['arpl bx, ax', 3, 0, true, 0xdeaf],
    ['arpl bx, ax', 1, 0, false, 0xdead],
  ];
  it.each(named(cases))('%s', (_, code, selector, cpl, zf, bx) => {
    expect(ask(code, selector, cpl)).toEqual({ zf, bx });
  });
});

describe('LDTR and TR', () => {
  it('LLDT makes selectors of the LDT usable', () => {
    const lab = legacyLab();
    lab.descriptor(FREE, LDT, 0xf, 0x82);
    lab.descriptor(0xc, 0x1234, 0xff, DATA_RW, 4);
    lab.setGpr({ [AX]: FREE, [BX]: 0xc, [DX]: 0x14 });
    lab.run('lldt ax; mov es, bx; mov fs, dx', 3);
    expect(lab.regs.segments[ES]!.base).toBe(0x1234n);
    expect(taken(lab)).toBe('13(0014)');
  });

  const faults: [code: string, selector: number, expected: string][] = [
    ['lldt ax', DATA0, '13(0010)'],
    ['lldt ax', 0xc, '13(000c)'],
    ['ltr ax', MAIN_TSS, '13(0028)'],
    ['ltr ax', 0, '13(0000)'],
    ['ltr ax', FREE, '11(0038)'],
  ];
  it.each(named(faults))('%s', (_, code, selector, expected) => {
    const lab = legacyLab();
    lab.descriptor(FREE, 0, 0x67, 0x09);
    lab.setGpr({ [AX]: selector });
    lab.run(code, 1);
    expect(taken(lab)).toBe(expected);
  });

  it('LTR in 64-bit mode reads 16 bytes and marks the TSS busy', () => {
    const lab = longLab();
    lab.descriptor(FREE, 0x4000, 0x67, 0x89);
    lab.poke(GDT + FREE + 8, 8, 0xffff8000n);
    lab.setGpr({ [AX]: FREE });
    lab.run('ltr ax', 1, 64);
    expect(lab.regs.tr).toEqual({
      selector: FREE,
      base: 0xffff8000_00004000n,
      limit: 0x67,
      rights: 0x8b,
    });
    expect(lab.peek(GDT + FREE + 5, 1)).toBe(0x8b);
  });

  it('LGDT with a 16-bit operand has 24 bits of base; SGDT stores all', () => {
    const lab = legacyLab();
    lab.poke(AT, 2, 0x17);
    lab.poke(AT + 2, 4, 0xff001000);
    lab.run(`lgdtw [${AT}]; sgdt [${AT + 8}]`, 2);
    expect(lab.regs.gdtr).toEqual({ base: 0x1000n, limit: 0x17 });
    expect([lab.peek(AT + 8, 2), lab.peek(AT + 10, 4)]).toEqual([0x17, 0x1000]);
  });

  it('LGDT of a base outside canonical form is #GP(0) in 64-bit mode', () => {
    const lab = longLab();
    lab.poke(AT + 2, 8, 1n << 47n);
    lab.run(`lgdt [${AT}]`, 1, 64);
    expect(taken(lab)).toBe('13(0000)');
  });
});
