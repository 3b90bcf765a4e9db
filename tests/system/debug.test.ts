/** Breakpoints in DR0 to DR3, single steps, general detect. SDM Vol. 3B chapter 17. */

import { describe, expect, it } from 'vitest';
import { gpa } from '../../src/engine/units.ts';
import {
  AX,
  CODE,
  CX,
  frame32,
  HANDLERS,
  type Lab,
  legacyLab,
  longLab,
  RF,
  SP,
  STACK,
  TF,
  taken,
} from './lab.ts';

const AT = 0x12000;
const DR6_ZERO = 0xffff0ff0;
const BS = 0x4000;
const BD = 0x2000;

const dr6 = (lab: Lab): number => Number(lab.regs.dr[4]!) & ~DR6_ZERO;
/** DR0 = `at` with its R/W and LEN, enabled; `more` goes into DR7 as well. */
const watch = (lab: Lab, at: number, rw: number, length: 1 | 2 | 4 | 8, more = 0): void => {
  const len = { 1: 0, 2: 1, 4: 3, 8: 2 }[length];
  lab.vcpu.setRegisters({
    dr: [BigInt(at), 0n, 0n, 0n, BigInt(DR6_ZERO), BigInt(0x402 | (rw << 16) | (len << 18) | more)],
  });
};

describe('single step', () => {
  it('traps behind every instruction, and not in the handler', () => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ rflags: BigInt(2 | TF) });
    lab.run('nop; nop', 1);
    expect([taken(lab), dr6(lab), lab.flags & TF]).toEqual(['1', BS, 0]);
    const { eip, eflags } = frame32(lab, false);
    expect([eip, eflags & (TF | RF)]).toEqual([CODE + 1, TF]);
  });

  it('begins one instruction behind POPF', () => {
    const lab = legacyLab();
    lab.run(`push ${2 | TF}; popf; nop; nop`, 3);
    expect(taken(lab)).toBe('1');
    expect(frame32(lab, false).eip).toBe(CODE + 7);
  });

  it('steps through MOV SS together with what follows', () => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ rflags: BigInt(2 | TF) });
    lab.setGpr({ [AX]: 0x10 });
    lab.run('mov ss, ax; nop; nop', 2);
    expect(frame32(lab, false).eip).toBe(CODE + 3);
  });

  it('traps after each iteration of REP', () => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ rflags: BigInt(2 | TF) });
    lab.setGpr({ [CX]: 3, 7: AT });
    lab.run('rep stosb', 1);
    expect([frame32(lab, false).eip, lab.gpr(CX)]).toEqual([CODE, 2]);
  });

  it('does not trap behind an INT: the handler runs without TF', () => {
    const lab = legacyLab();
    lab.vcpu.setRegisters({ rflags: BigInt(2 | TF) });
    lab.run('int 0x80', 1);
    lab.step(0);
    expect(lab.vector).toBe(0x80);
    expect(frame32(lab, false).eflags & TF).toBe(TF);
  });
});

describe('instruction breakpoints', () => {
  it('fault before the instruction, with RF clear in the image', () => {
    const lab = legacyLab();
    watch(lab, CODE + 1, 0, 1);
    lab.run('nop; nop; nop', 2);
    expect([taken(lab), dr6(lab)]).toEqual(['1', 1]);
    const { eip, eflags } = frame32(lab, false);
    expect([eip, eflags & RF]).toEqual([CODE + 1, 0]);
  });

  it('RF in the image lets the instruction run once', () => {
    const lab = legacyLab();
    watch(lab, AT, 0, 1);
    lab.vcpu.ram.poke(gpa(AT), new Uint8Array([0x41, 0xeb, 0xfd])); // inc ecx; jmp -3
    lab.run(`push ${2 | RF}; push 8; push ${AT}; iretd`, 5);
    expect([taken(lab), lab.gpr(CX), lab.flags & RF]).toEqual(['none', 1, 0]);
    lab.step(1);
    lab.step(1);
    expect([taken(lab), lab.gpr(CX)]).toEqual(['1', 1]);
  });

  it('do not match when not enabled', () => {
    const lab = legacyLab();
    watch(lab, CODE, 0, 1);
    lab.vcpu.setRegisters({ dr: [...lab.regs.dr.slice(0, 5), 0x400n] });
    lab.run('nop; nop', 2);
    expect(taken(lab)).toBe('none');
  });
});

describe('data breakpoints', () => {
  const cases: [code: string, rw: number, at: number, length: 1 | 2 | 4, hit: boolean][] = [
    [`mov [${AT}], eax`, 1, AT, 4, true],
    [`mov [${AT + 3}], al`, 1, AT, 4, true],
    [`mov [${AT + 4}], al`, 1, AT, 4, false],
    [`mov [${AT - 3}], eax`, 1, AT, 1, true],
    [`mov [${AT - 4}], eax`, 1, AT, 1, false],
    [`mov eax, [${AT}]`, 1, AT, 4, false],
    [`mov eax, [${AT}]`, 3, AT, 4, true],
    [`add byte ptr [${AT}], 1`, 1, AT, 1, true],
    // The low bits of an address below its length are not compared.
    [`mov [${AT}], al`, 1, AT + 3, 4, true],
  ];
  it.each(cases)('%s with R/W %i at %i, %i bytes: %s', (code, rw, at, length, hit) => {
    const lab = legacyLab();
    watch(lab, at, rw, length);
    lab.run(`${code}; nop; nop`, 2);
    expect(taken(lab)).toBe(hit ? '1' : 'none');
    if (hit) expect([dr6(lab), frame32(lab, false).eip > CODE]).toEqual([1, true]);
  });

  it('wait behind MOV SS for the next instruction', () => {
    const lab = legacyLab();
    lab.poke(AT, 2, 0x10);
    watch(lab, AT, 3, 2);
    lab.run(`mov ss, [${AT}]; nop; nop`, 2);
    expect([taken(lab), frame32(lab, false).eip]).toEqual(['1', CODE + 7]);
  });

  it('are 8 bytes wide in 64-bit mode', () => {
    const lab = longLab();
    watch(lab, AT, 1, 8);
    lab.run(`mov [${AT + 7}], al; nop`, 2, 64);
    expect(taken(lab)).toBe('1');
  });
});

describe('I/O breakpoints', () => {
  it('trap behind IN and OUT when CR4.DE is set', () => {
    for (const de of [true, false]) {
      const lab = legacyLab();
      lab.reply = () => ({ kind: 'none' });
      lab.vcpu.setRegisters({ cr4: de ? 8n : 0n });
      watch(lab, 0x3f8, 2, 2);
      lab.run('mov dx, 0x3f9; out dx, al; nop', 3);
      expect(taken(lab)).toBe(de ? '1' : 'none');
      if (de) expect(frame32(lab, false).eip).toBe(CODE + 5);
    }
  });
});

describe('MOV to and from debug registers', () => {
  it('general detect faults, sets BD and is cleared on the way to the handler', () => {
    const lab = legacyLab();
    watch(lab, 0, 0, 1, 0x2000);
    lab.run('mov eax, dr0', 1);
    expect([taken(lab), dr6(lab)]).toEqual(['1', BD]);
    expect(frame32(lab, false)).toMatchObject({ eip: CODE });
    expect(frame32(lab, false).eflags & RF).toBe(RF);
    expect(lab.regs.dr[5]! & 0x2000n).toBe(0n);
  });

  it('DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE', () => {
    const lab = legacyLab();
    lab.run('.byte 0x0f, 0x21, 0xe8', 1); // mov eax, dr5
    expect(lab.gpr(AX)).toBe(0x400);
    lab.vcpu.setRegisters({ cr4: 8n });
    lab.run('.byte 0x0f, 0x21, 0xe8', 1);
    expect(taken(lab)).toBe('6');
  });

  it('fixed bits stay, and the upper half of DR7 is #GP(0)', () => {
    const lab = longLab();
    lab.run('xor eax, eax; mov dr6, rax; mov dr7, rax; dec eax; mov dr6, rax; jmp .', 6, 64);
    expect([lab.regs.dr[4], lab.regs.dr[5]]).toEqual([0xffffefffn, 0x400n]);
    lab.setGpr({ [AX]: 1n << 32n });
    lab.run('mov dr7, rax', 1, 64);
    expect(taken(lab)).toBe('13(0000)');
  });

  it('ring 3 may not', () => {
    const lab = legacyLab(3);
    lab.run('mov eax, dr0', 1);
    expect(taken(lab)).toBe('13(0000)');
  });
});

describe('INT1', () => {
  it('is a trap that leaves DR6 alone', () => {
    const lab = legacyLab();
    lab.run('.byte 0xf1; nop', 1);
    expect([taken(lab), dr6(lab), frame32(lab, false).eip]).toEqual(['1', 0, CODE + 1]);
    expect([lab.gpr(SP), lab.regs.rip]).toEqual([STACK - 12, BigInt(HANDLERS + 16)]);
  });
});
