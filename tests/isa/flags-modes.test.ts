/**
 * Who may see and change IF and IOPL: PUSHF, POPF, CLI and STI by privilege, in virtual-8086 mode with
 * and without VME, and with protected-mode virtual interrupts. SDM Vol. 3B §20.3, §20.4.
 */

import { describe, expect, test } from 'vitest';
import { AX, IF, type Lab, legacyLab, SP, seg, TF, taken, VIF, VIP, VM } from '../system/lab.ts';
import { haveAssembler } from './assemble.ts';

const VME = 1n;
const PVI = 2n;
const IOPL = (n: number): number => n << 12;
const NT = 1 << 14;
const STACK = 0x8000;

/** Virtual-8086 mode with segments at zero. */
function v86(flags: number, cr4 = 0n): Lab {
  const lab = legacyLab();
  const flat = seg(0, 0xf3, 0, 0xffff);
  lab.vcpu.setRegisters({
    cr4,
    rflags: BigInt(2 | VM | flags),
    // CS starts where the laboratory puts code.
    segments: [flat, seg(0x1000, 0xf3, 0x10000, 0xffff), flat, flat, flat, flat],
  });
  lab.setGpr({ [SP]: STACK });
  return lab;
}

/** Protected mode at CPL 3. */
function ring3(flags: number, cr4 = 0n): Lab {
  const lab = legacyLab(3);
  lab.vcpu.setRegisters({ cr4, rflags: BigInt(2 | flags) });
  return lab;
}

/** Runs one 16-bit instruction with `image` on the stack. */
function popf(lab: Lab, image: number, code = 'popfw', bits: 16 | 32 = 16): Lab {
  lab.poke(lab.gpr(SP), 4, image);
  lab.run(code, 1, bits);
  return lab;
}

const WATCHED = IF | TF | NT | VIF | VIP | IOPL(3);

describe.skipIf(!haveAssembler)('virtual-8086 mode, IOPL 3', () => {
  test('CLI and STI are IF itself', () => {
    const lab = v86(IF | IOPL(3));
    lab.run('cli; sti', 1, 16);
    expect(lab.flags & WATCHED).toBe(IOPL(3));
    lab.step();
    expect(lab.flags & WATCHED).toBe(IF | IOPL(3));
  });

  test('POPF changes IF and not IOPL', () => {
    const lab = popf(v86(IF | IOPL(3)), NT);
    expect(taken(lab)).toBe('none');
    expect(lab.flags & WATCHED).toBe(NT | IOPL(3));
    expect(lab.gpr(SP)).toBe(STACK + 2);
  });

  test('PUSHF shows all but VM', () => {
    const lab = v86(IF | IOPL(3));
    lab.run('pushfd', 1, 16);
    expect(lab.peek(STACK - 4, 4)).toBe(2 | IF | IOPL(3));
  });
});

describe.skipIf(!haveAssembler)('virtual-8086 mode, IOPL 0 without VME', () => {
  test.each(['cli', 'sti', 'pushfw', 'popfw', 'pushfd', 'popfd'])('%s is #GP(0)', (code) => {
    const lab = v86(IF);
    lab.run(code, 1, 16);
    expect(taken(lab)).toBe('13(0000)');
  });
});

describe.skipIf(!haveAssembler)('virtual-8086 mode, IOPL 0 with VME', () => {
  test('CLI and STI are VIF', () => {
    const lab = v86(IF | VIF, VME);
    lab.run('cli; sti', 1, 16);
    expect(lab.flags & WATCHED).toBe(IF);
    lab.step();
    expect(lab.flags & WATCHED).toBe(IF | VIF);
  });

  test('STI with an interrupt waiting is #GP(0)', () => {
    const lab = v86(IF | VIP, VME);
    lab.run('sti', 1, 16);
    expect(taken(lab)).toBe('13(0000)');
  });

  test.each([0, VIF])('PUSHF shows VIF %i as IF, and IOPL 3', (vif) => {
    const lab = v86(vif, VME);
    lab.run('pushfw', 1, 16);
    expect(lab.peek(STACK - 2, 2)).toBe(2 | IOPL(3) | (vif ? IF : 0));
  });

  test('POPF moves IF to VIF', () => {
    const lab = popf(v86(0, VME), IF | IOPL(3) | 1);
    expect(lab.flags & (WATCHED | 1)).toBe(VIF | 1);
    expect(popf(lab, 0).flags & (WATCHED | 1)).toBe(0);
  });

  test.each([
    ['TF', TF, 0],
    ['IF while an interrupt waits', IF, VIP],
  ])('POPF of %s is #GP(0)', (_, image, flags) => {
    const lab = popf(v86(flags, VME), image);
    expect(taken(lab)).toBe('13(0000)');
  });

  test.each(['pushfd', 'popfd'])('%s is #GP(0)', (code) => {
    const lab = v86(0, VME);
    lab.run(code, 1, 16);
    expect(taken(lab)).toBe('13(0000)');
  });
});

describe.skipIf(!haveAssembler)('protected mode, CPL 3', () => {
  test('PVI makes CLI and STI VIF', () => {
    const lab = ring3(IF | VIF, PVI);
    lab.run('cli; sti', 1, 32);
    expect(lab.flags & WATCHED).toBe(IF);
    lab.step();
    expect(lab.flags & WATCHED).toBe(IF | VIF);
  });

  test('PVI: STI with an interrupt waiting is #GP(0)', () => {
    const lab = ring3(IF | VIP, PVI);
    lab.run('sti', 1, 32);
    expect(taken(lab)).toBe('13(0000)');
  });

  test.each([
    ['neither IF nor IOPL below IOPL 3', IF, IF | NT],
    ['IF at IOPL 3', IF | IOPL(3), NT | IOPL(3)],
  ])('POPF changes %s', (_, before, after) => {
    const lab = popf(ring3(before), NT, 'popfd', 32);
    expect(lab.flags & WATCHED).toBe(after);
  });

  test('VIF and VIP stay', () => {
    const lab = popf(ring3(IF | VIF | VIP), IF, 'popfd', 32);
    expect(lab.flags & WATCHED).toBe(IF | VIF | VIP);
  });
});

describe.skipIf(!haveAssembler)('the interrupt window', () => {
  function pending(code: string, flags = 0): Lab {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ rflags: BigInt(2 | flags) });
    lab.vcpu.setIntr(true);
    lab.poke(lab.gpr(SP), 4, IF);
    lab.setGpr({ [AX]: 0 });
    lab.run(code, 0);
    return lab;
  }

  test('opens one instruction after STI', () => {
    const lab = pending('sti; inc eax; inc eax');
    expect(lab.step(3).kind).toBe('interrupt-window');
    expect(lab.gpr(AX)).toBe(1);
  });

  test('opens at once after POPF', () => {
    const lab = pending('popfd; inc eax; inc eax');
    expect(lab.step(3).kind).toBe('interrupt-window');
    expect(lab.gpr(AX)).toBe(0);
  });

  test('is open if STI finds IF set', () => {
    const lab = pending('sti; inc eax', IF);
    expect(lab.step(2).kind).toBe('interrupt-window');
    expect(lab.gpr(AX)).toBe(0);
  });

  test('does not open between STI and CLI', () => {
    const lab = pending('sti; cli; inc eax');
    expect(lab.step(3).kind).toBe('until');
    expect(lab.gpr(AX)).toBe(1);
  });
});
