/** What comparing machines (tests/machine) found wrong with ours, one by one. */

import { describe, expect, it, test } from 'vitest';
import { icount } from '../../src/engine/units.ts';
import {
  AX,
  CODE,
  type Lab,
  legacyLab,
  longLab,
  SP,
  STACK3,
  seg,
  TF,
  taken,
  VIF,
  VIP,
  VM,
} from './lab.ts';

describe('code at the end of its segment', () => {
  /** `nop; nop; nop; nop` of which the segment holds the first two. */
  function cutShort(flags = 2): Lab {
    const lab = legacyLab();
    const segments = [...lab.regs.segments];
    segments[1] = seg(0x08, 0x409b, CODE, 1);
    lab.vcpu.setRegisters({ segments, rflags: BigInt(flags) });
    return lab;
  }

  it('runs to the limit, and the next instruction is #GP(0)', () => {
    const lab = cutShort();
    lab.run('nop; nop; nop; nop', 3);
    expect(taken(lab)).toBe('13(0000)');
  });

  it('is single-stepped like other code', () => {
    const lab = cutShort(2 | TF);
    lab.run('nop; nop; nop; nop', 1);
    expect(taken(lab)).toBe('1');
  });

  it('stops where it is told to', () => {
    const lab = cutShort();
    lab.run('nop; nop; nop; nop', 1);
    expect([lab.vcpu.icount, lab.regs.rip]).toEqual([icount(1), 1n]);
  });
});

test('virtual-8086 mode entered with VIF and VIP is #GP(0) before its first instruction', () => {
  const enter = (cr4: bigint): Lab => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ cr4 });
    // GS FS DS ES SS SP EFLAGS CS IP, and INT3s where it goes.
    const frame = [0, 0, 0, 0, 0x2000, 0x1000, VM | VIF | VIP | 2, CODE >> 4, 0x800];
    lab.poke(CODE + 0x800, 4, 0x90909090);
    lab.run(`${frame.map((v) => `push ${v}`).join('; ')}; iretd`, frame.length + 2);
    return lab;
  };
  expect(taken(enter(1n))).toBe('13(0000)');
  expect(taken(enter(0n))).toBe('none');
});

test('the x87 environment is aligned if its doublewords are', () => {
  const lab = legacyLab(3);
  lab.vcpu.setRegisters({ cr0: 0x40011n, rflags: 0x40002n });
  lab.setGpr({ [AX]: 0x12004, [SP]: STACK3 });
  lab.run('fnstenv [eax]; fldenv [eax]; nop', 3);
  expect(taken(lab)).toBe('none');
  lab.setGpr({ [AX]: 0x12002 });
  lab.run('fldenv [eax]; nop', 1);
  expect(taken(lab)).toBe('17(0000)');
});

test('bits 52 to 62 of an entry are reserved with PAE, and ignored with four levels', () => {
  const long = longLab();
  long.poke(0x82000 + 8, 8, 0x200087n | (1n << 52n));
  long.run('mov eax, [0x200000]', 1, 64);
  expect(taken(long)).toBe('none');
  const lab = legacyLab();
  for (let n = 0; n < 4; n++) lab.poke(0x80000 + n * 8, 8, 0x81001);
  lab.poke(0x81000, 8, 0x83);
  lab.poke(0x81008, 8, 0x200083n | (1n << 52n));
  lab.vcpu.setRegisters({ cr3: 0x80000n, cr4: 0x20n, cr0: 0x80000011n });
  lab.run('mov eax, [0x200000]', 1);
  lab.step(0);
  expect(taken(lab)).toBe('14(0009)');
});
