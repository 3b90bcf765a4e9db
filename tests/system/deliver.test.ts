/** Interrupts and exceptions: gates, stacks, error codes, double faults. SDM Vol. 3A chapter 6. */

import { describe, expect, it } from 'vitest';
import {
  AX,
  BIG,
  CODE,
  CODE_RX,
  CODE0,
  CODE3,
  CS,
  CX,
  DATA_RW,
  DATA0,
  DATA3,
  DS,
  FREE,
  FREE2,
  frame32,
  frame64,
  HANDLERS,
  IDT,
  IF,
  type Lab,
  legacyLab,
  longLab,
  NT,
  OTHER_TSS,
  RF,
  SP,
  SS,
  STACK,
  STACK0,
  STACK3,
  seg,
  TSS,
  TSS2,
  taken,
  VIF,
  VIP,
  VM,
} from './lab.ts';

const gate = (lab: Lab, vector: number, access: number, selector = CODE0): void =>
  lab.gate(IDT + vector * 8, selector, HANDLERS + vector * 16, access);

describe('32-bit gates', () => {
  it('a fault pushes its own EIP and RF, and an interrupt gate clears IF', () => {
    const lab = legacyLab();
    lab.run('nop; mov ds, ax', 2, 32);
    lab.setGpr({ [AX]: 0xfff8, [SP]: STACK });
    lab.run('nop; mov ds, ax', 2);
    expect(taken(lab)).toBe('13(fff8)');
    const { eip, cs, eflags } = frame32(lab, true);
    expect({ eip, cs }).toEqual({ eip: CODE + 1, cs: CODE0 });
    expect(eflags & (RF | IF)).toBe(RF | IF);
    expect(lab.flags & (RF | IF)).toBe(0);
    expect(lab.gpr(SP)).toBe(STACK - 16);
  });

  it('a software interrupt pushes the next EIP without RF; a trap gate leaves IF', () => {
    const lab = legacyLab();
    gate(lab, 0x80, 0x8f);
    lab.run('int 0x80', 1);
    const { eip, eflags } = frame32(lab, false);
    expect(lab.vector).toBe(0x80);
    expect(eip).toBe(CODE + 2);
    expect(eflags & RF).toBe(0);
    expect(lab.flags & IF).toBe(IF);
  });

  it('from ring 3 the stack of the TSS is taken, and the old one pushed', () => {
    const lab = legacyLab(3);
    lab.run('mov ds, ax; hlt', 2);
    expect(taken(lab)).toBe('13(0000)');
    const { eip, cs, esp, ss } = frame32(lab, true);
    expect({ eip, cs, esp, ss }).toEqual({ eip: CODE + 2, cs: CODE3, esp: STACK3, ss: DATA3 });
    expect(lab.selector(CS)).toBe(CODE0);
    expect(lab.selector(SS)).toBe(DATA0);
    expect(lab.gpr(SP)).toBe(STACK0 - 24);
  });

  it('16-bit gates push words, and take 16 bits of offset', () => {
    const lab = legacyLab(3);
    lab.descriptor(FREE, HANDLERS, 0xfffff, CODE_RX, BIG);
    lab.gate(IDT + 0x30 * 8, FREE, 0xdead0300, 0xe6);
    lab.run('int 0x30', 1);
    expect(lab.regs.rip).toBe(0x300n);
    const sp = lab.gpr(SP);
    expect(sp).toBe(STACK0 - 10);
    const words = [0, 2, 4, 6, 8].map((n) => lab.peek(sp + n, 2));
    expect(words).toEqual([2, CODE3, 2 | IF, STACK3 & 0xffff, DATA3]);
  });

  it('a conforming handler stays at ring 3', () => {
    const lab = legacyLab(3);
    lab.descriptor(FREE, 0, 0xfffff, 0x9f, BIG);
    gate(lab, 0x30, 0xee, FREE);
    lab.run('int 0x30', 1);
    expect(lab.vector).toBe(0x30);
    expect(lab.selector(CS)).toBe(FREE | 3);
    expect(lab.gpr(SP)).toBe(STACK3 - 12);
  });
});

describe('what is wrong with a gate', () => {
  const cases: [name: string, prepare: (lab: Lab) => void, expected: string][] = [
    ['DPL below CPL', (lab) => gate(lab, 0x30, 0x8e), '13(0182)'],
    ['not present', (lab) => gate(lab, 0x30, 0x6e), '11(0182)'],
    ['a call gate', (lab) => gate(lab, 0x30, 0xec), '13(0182)'],
    [
      'beyond the IDT',
      (lab) => lab.vcpu.setRegisters({ idtr: { base: BigInt(IDT), limit: 0x186 } }),
      '13(0182)',
    ],
    ['null code selector', (lab) => gate(lab, 0x30, 0xee, 3), '13(0000)'],
    ['code selector beyond the GDT', (lab) => gate(lab, 0x30, 0xee, 0x80), '13(0080)'],
    ['data for code', (lab) => gate(lab, 0x30, 0xee, DATA0), '13(0010)'],
    [
      'absent code',
      (lab) => {
        lab.descriptor(FREE, 0, 0xfffff, CODE_RX & 0x7f, BIG);
        gate(lab, 0x30, 0xee, FREE);
      },
      '11(0038)',
    ],
    [
      'offset beyond the segment',
      (lab) => {
        lab.descriptor(FREE, 0, 0xfff, CODE_RX, 4);
        gate(lab, 0x30, 0xee, FREE);
      },
      '13(0000)',
    ],
  ];
  it.each(cases)('%s', (_, prepare, expected) => {
    const lab = legacyLab(3);
    prepare(lab);
    lab.run('int 0x30', 2);
    expect(taken(lab)).toBe(expected);
    expect(frame32(lab, true).eip).toBe(CODE);
  });

  // These faults cannot be delivered either while SS0 is bad, so they end as double faults
  // through a task gate; the error code is what the first of them has.
  const stacks: [name: string, prepare: (lab: Lab) => void, expected: string][] = [
    ['null SS0', (lab) => lab.poke(TSS + 8, 2, 0), '10(0000)'],
    ['SS0 with another RPL', (lab) => lab.poke(TSS + 8, 2, DATA0 | 1), '10(0010)'],
    ['SS0 with another DPL', (lab) => lab.poke(TSS + 8, 2, DATA3 & ~3), '10(0020)'],
    ['SS0 beyond the GDT', (lab) => lab.poke(TSS + 8, 2, 0x80), '10(0080)'],
    [
      'absent SS0',
      (lab) => {
        lab.descriptor(FREE2, 0, 0xfffff, DATA_RW & 0x7f, BIG);
        lab.poke(TSS + 8, 2, FREE2);
      },
      '12(0040)',
    ],
    ['no room below SS0:ESP0', (lab) => lab.poke(TSS + 4, 4, 0x10), '12(0010)'],
    [
      'a TSS too short for SS0',
      (lab) => lab.vcpu.setRegisters({ tr: seg(0x28, 0x8b, TSS, 8) }),
      '10(0028)',
    ],
  ];
  it.each(stacks)('%s', (name, prepare, expected) => {
    const lab = legacyLab(3);
    gate(lab, 0x30, 0xee);
    // #TS and #SS go to a conforming handler, which needs no inner stack.
    lab.descriptor(FREE, 0, 0xfffff, 0x9f, BIG);
    for (const vector of [10, 12]) gate(lab, vector, 0xee, FREE);
    if (name.startsWith('no room')) lab.descriptor(DATA0, 0, 0x3fff, DATA_RW, 4);
    prepare(lab);
    lab.run('int 0x30', 2);
    expect(taken(lab)).toBe(expected);
  });

  it('EXT is set where an exception, not an INT, could not be delivered', () => {
    const lab = legacyLab();
    gate(lab, 6, 0x0e);
    lab.run('ud2', 1);
    expect(taken(lab)).toBe('11(0033)');
  });

  it('an external interrupt without a gate is a #GP with EXT at the boundary', () => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ idtr: { base: BigInt(IDT), limit: 0x7f } });
    lab.run('nop; nop', 1);
    lab.vcpu.inject(0x40);
    expect(taken(lab)).toBe('13(0203)');
    expect(frame32(lab, true).eip).toBe(CODE + 1);
  });
});

describe('double faults, SDM table 6-5', () => {
  it('contributory behind contributory is #DF(0)', () => {
    const lab = legacyLab();
    gate(lab, 13, 0x0e);
    lab.setGpr({ [AX]: 0xfff8 });
    lab.run('mov ds, ax', 1);
    expect(taken(lab)).toBe('8(0000)');
    expect(frame32(lab, true).eip).toBe(CODE);
  });

  it('a third is shutdown', () => {
    const lab = legacyLab();
    gate(lab, 13, 0x0e);
    gate(lab, 8, 0x0e);
    lab.setGpr({ [AX]: 0xfff8 });
    expect(lab.run('mov ds, ax', 1).kind).toBe('shutdown');
    expect(lab.step().kind).toBe('shutdown');
  });

  it('#GP behind a benign #UD is just a #GP', () => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ idtr: { base: BigInt(IDT), limit: 0x7ff } });
    gate(lab, 6, 0xe5, 0);
    lab.run('ud2', 1);
    expect(taken(lab)).toBe('13(0001)');
  });
});

describe('task gates', () => {
  it('an exception through a task gate pushes its error code in the new task', () => {
    const lab = legacyLab();
    gate(lab, 13, 0x85, OTHER_TSS);
    lab.poke(TSS2 + 0x20, 4, HANDLERS + 13 * 16);
    lab.poke(TSS2 + 0x24, 4, 2);
    lab.poke(TSS2 + 0x38, 4, STACK0);
    for (const n of [0, 2, 3, 4, 5]) lab.poke(TSS2 + 0x48 + n * 4, 2, DATA0);
    lab.poke(TSS2 + 0x4c, 2, CODE0);
    lab.setGpr({ [AX]: 0xfff8 });
    lab.run('mov ds, ax', 1);
    expect(taken(lab)).toBe('13(fff8)');
    expect(lab.gpr(SP)).toBe(STACK0 - 4);
    expect(lab.flags & NT).toBe(NT);
    expect(lab.peek(TSS2, 2)).toBe(0x28);
    expect(lab.peek(TSS + 0x20, 4)).toBe(CODE);
    expect(lab.peek(TSS + 0x24, 4) & RF).toBe(RF);
  });
});

describe('NMI', () => {
  it('is blocked until IRET', () => {
    const lab = legacyLab();
    // The handler counts in ECX.
    lab.poke(HANDLERS + 2 * 16, 2, 0xcf41);
    lab.run('nop; nop; nop', 1);
    lab.vcpu.nmi();
    lab.step();
    lab.vcpu.nmi();
    expect(lab.regs.rip).toBe(BigInt(HANDLERS + 2 * 16 + 1));
    // IRET, and before anything else the second NMI.
    lab.step(2);
    expect(lab.gpr(CX)).toBe(2);
    expect(frame32(lab, false).eip).toBe(CODE + 1);
  });
});

describe('64-bit gates', () => {
  it('align the stack and always push SS:RSP', () => {
    const lab = longLab();
    lab.setGpr({ [SP]: STACK - 3 });
    lab.run('ud2', 1, 64);
    expect(lab.vector).toBe(6);
    const { rip, cs, rflags, rsp, ss } = frame64(lab, false);
    expect({ rip, cs, rsp, ss }).toEqual({
      rip: BigInt(CODE),
      cs: BigInt(CODE0),
      rsp: BigInt(STACK - 3),
      ss: BigInt(DATA0),
    });
    expect(Number(rflags) & RF).toBe(RF);
    expect(lab.gpr(SP)).toBe(STACK - 16 - 40);
    expect(lab.selector(SS)).toBe(DATA0);
  });

  it('from ring 3: RSP0, and a null SS', () => {
    const lab = longLab(3);
    lab.run('hlt', 1, 64);
    expect(taken(lab)).toBe('13(0000)');
    expect(lab.gpr(SP)).toBe(STACK0 - 48);
    expect(lab.selector(SS)).toBe(0);
    expect(frame64(lab, true)).toMatchObject({
      cs: BigInt(CODE3),
      rsp: BigInt(STACK3),
      ss: BigInt(DATA3),
    });
  });

  it('IST, even without a change of privilege', () => {
    const lab = longLab();
    lab.poke(TSS + 36 + 8, 8, 0x70008);
    lab.gate(IDT + 6 * 16, CODE0, HANDLERS + 6 * 16, 0x8e, 2);
    lab.run('ud2', 1, 64);
    expect(lab.gpr(SP)).toBe(0x70000 - 40);
    expect(lab.selector(SS)).toBe(DATA0);
  });

  const faults: [name: string, prepare: (lab: Lab) => void, expected: string][] = [
    ['a 16-bit gate', (lab) => lab.gate(IDT + 0x300, CODE0, 0, 0xe6), '13(0182)'],
    ['a task gate', (lab) => lab.gate(IDT + 0x300, 0x28, 0, 0xe5), '13(0182)'],
    [
      'compatibility code',
      (lab) => {
        lab.descriptor(FREE, 0, 0xfffff, CODE_RX, BIG);
        lab.gate(IDT + 0x300, FREE, 0, 0xee);
      },
      '13(0038)',
    ],
    [
      'a handler outside canonical form',
      (lab) => {
        lab.gate(IDT + 0x300, CODE0, 0, 0xee);
        lab.poke(IDT + 0x308, 4, 0x8000);
      },
      '13(0000)',
    ],
    [
      'an IST beyond the TSS',
      (lab) => {
        lab.vcpu.setRegisters({ tr: seg(0x28, 0x8b, TSS, 0x2a) });
        lab.gate(IDT + 0x300, CODE0, 0, 0xee, 1);
      },
      '10(0028)',
    ],
    [
      'an IST outside canonical form',
      (lab) => {
        lab.poke(TSS + 36, 8, (1n << 47n) + 0x100n);
        lab.gate(IDT + 0x300, CODE0, 0, 0xee, 1);
      },
      '12(0000)',
    ],
  ];
  it.each(faults)('%s', (_, prepare, expected) => {
    const lab = longLab(3);
    prepare(lab);
    lab.run('int 0x30', 2, 64);
    expect(taken(lab)).toBe(expected);
    expect(frame64(lab, true).rip).toBe(BigInt(CODE));
  });

  it('a page fault behind a page fault is #DF, and CR2 is the second one’s', () => {
    const lab = longLab(3);
    lab.poke(TSS + 4, 8, 0x7fffff000n);
    lab.poke(TSS + 36, 8, STACK0);
    lab.gate(IDT + 8 * 16, CODE0, HANDLERS + 8 * 16, 0x8e, 1);
    lab.run('mov eax, [0x40000000]', 1, 64);
    expect(taken(lab)).toBe('8(0000)');
    expect(lab.regs.cr2).toBe(0x7ffffeff8n);
  });
});

describe('virtual-8086 mode', () => {
  /** Code at 1000:0, stack at 6000:1000. */
  function v86(iopl: number, vme: boolean): Lab {
    const lab = legacyLab(3);
    const paragraph = (n: number) => seg(n, 0xf3, n * 16, 0xffff);
    lab.vcpu.setRegisters({
      cr4: vme ? 1n : 0n,
      rflags: BigInt(2 | VM | IF | (iopl << 12)),
      segments: [0x2111, CODE >> 4, 0x6000, 0x2222, 0x2333, 0x2444].map(paragraph),
    });
    lab.setGpr({ [SP]: 0x1000 });
    // I/O map at 0x88, so the redirection bit map is at 0x68: all through the IDT but INT 21h.
    lab.poke(TSS + 0x66, 2, 0x88);
    for (let n = 0; n < 32; n++) lab.poke(TSS + 0x68 + n, 1, n === 4 ? 0xfd : 0xff);
    lab.poke(0x21 * 4, 4, 0x12340010);
    return lab;
  }

  it('an exception pushes and clears the data segments', () => {
    const lab = v86(0, false);
    lab.run('hlt', 1, 16);
    expect(taken(lab)).toBe('13(0000)');
    const frame = frame32(lab, true);
    expect(frame).toMatchObject({ eip: 0, cs: CODE >> 4, esp: 0x1000, ss: 0x6000 });
    expect(frame.eflags & VM).toBe(VM);
    expect([0, 1, 2, 3].map(() => frame.next())).toEqual([0x2111, 0x2222, 0x2333, 0x2444]);
    expect([0, 3, 4, 5].map((n) => lab.selector(n))).toEqual([0, 0, 0, 0]);
    expect(lab.flags & VM).toBe(0);
    // And back.
    lab.setGpr({ [SP]: lab.gpr(SP) + 4 });
    lab.poke(HANDLERS + 13 * 16, 1, 0xcf);
    lab.step();
    expect(lab.selector(DS)).toBe(0x2222);
    expect(lab.gpr(SP)).toBe(0x1000);
    expect(lab.flags & VM).toBe(VM);
  });

  it('INT n needs IOPL 3 without VME', () => {
    const low = v86(0, false);
    low.run('int 0x21', 1, 16);
    expect(taken(low)).toBe('13(0000)');
    const high = v86(3, false);
    gate(high, 0x21, 0xee);
    high.run('int 0x21', 1, 16);
    expect(high.vector).toBe(0x21);
  });

  it('INT3 needs no IOPL', () => {
    const lab = v86(0, false);
    gate(lab, 3, 0xee);
    lab.run('int3', 1, 16);
    expect(lab.vector).toBe(3);
  });

  it('VME sends INT 21h to the 8086 program, with VIF in IF’s place', () => {
    const lab = v86(0, true);
    lab.vcpu.setRegisters({ rflags: BigInt(2 | VM | IF | VIF) });
    lab.run('int 0x21', 1, 16);
    expect(lab.selector(CS)).toBe(0x1234);
    expect(lab.regs.rip).toBe(0x10n);
    expect(lab.flags & (VIF | IF | VM)).toBe(IF | VM);
    const words = [0, 2, 4].map((n) => lab.peek(0x60000 + lab.gpr(SP) + n, 2));
    expect(words).toEqual([2, CODE >> 4, 2 | IF | 0x3000]);
    // IRET takes IF into VIF.
    lab.poke(0x12350, 1, 0xcf);
    lab.step();
    expect(lab.regs.rip).toBe(2n);
    expect(lab.flags & VIF).toBe(VIF);
  });

  it('VME with IOPL 3 clears IF itself', () => {
    const lab = v86(3, true);
    lab.run('int 0x21', 1, 16);
    expect(lab.selector(CS)).toBe(0x1234);
    expect(lab.flags & IF).toBe(0);
  });

  it('VME and a set bit: through the IDT with IOPL 3, #GP(0) below', () => {
    const low = v86(0, true);
    low.run('int 0x22', 1, 16);
    expect(taken(low)).toBe('13(0000)');
    const high = v86(3, true);
    gate(high, 0x22, 0xee);
    high.run('int 0x22', 1, 16);
    expect(high.vector).toBe(0x22);
  });

  it('IRET under VME with VIP and IF in the image is #GP(0)', () => {
    const lab = v86(0, true);
    lab.vcpu.setRegisters({ rflags: BigInt(2 | VM | IF | VIP) });
    lab.poke(0x61000, 4, (CODE << 12) >>> 0);
    lab.poke(0x61004, 2, IF);
    lab.run('iret', 1, 16);
    expect(taken(lab)).toBe('13(0000)');
  });
});
