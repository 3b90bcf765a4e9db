/** Port I/O: who may, in which pieces, and what happens in between. SDM Vol. 1 chapter 18. */

import { describe, expect, it } from 'vitest';
import {
  AX,
  CODE,
  CX,
  DATA0,
  DI,
  DX,
  frame32,
  type Lab,
  legacyLab,
  longLab,
  SI,
  seg,
  TSS,
  taken,
  VM,
} from './lab.ts';

const AT = 0x12000;

/** Every IN reads the next of these numbers. */
function answering(lab: Lab, ...values: number[]): Lab {
  lab.reply = (exit) =>
    exit.kind === 'pio' && exit.dir === 'in'
      ? { kind: 'value', value: values.shift() ?? 0 }
      : { kind: 'none' };
  return lab;
}

describe('IN and OUT', () => {
  it('read into AL, AX and EAX', () => {
    const lab = answering(longLab(), 0x11, 0x2233, 0xfedcba98);
    lab.setGpr({ [AX]: -1n, [DX]: 0xffff03f8n });
    lab.run('in al, 0x60', 1, 64);
    expect(lab.regs.gpr[AX]).toBe(0xffffffffffffff11n);
    lab.run('in ax, dx', 1, 64);
    expect(lab.regs.gpr[AX]).toBe(0xffffffffffff2233n);
    lab.run('.byte 0x48; in eax, dx', 1, 64);
    expect(lab.regs.gpr[AX]).toBe(0xfedcba98n);
    expect(lab.exits).toEqual([
      { kind: 'pio', dir: 'in', port: 0x60, size: 1, value: 0 },
      { kind: 'pio', dir: 'in', port: 0x3f8, size: 2, value: 0 },
      { kind: 'pio', dir: 'in', port: 0x3f8, size: 4, value: 0 },
    ]);
  });

  it('an instruction counts once, however often its exit is looked at', () => {
    const lab = answering(longLab());
    lab.run('out 0x80, al; nop', 1, 64);
    expect([lab.vcpu.icount, lab.regs.rip]).toEqual([1, BigInt(CODE + 2)]);
  });
});

describe('permission', () => {
  const allowed = (lab: Lab, code: string): string => {
    answering(lab).run(`${code}; jmp .`, 2);
    return taken(lab);
  };
  /** I/O map at 0x80 of the TSS, with a port range denied. */
  function mapped(denied: readonly number[], limit = 0x2ff): Lab {
    const lab = legacyLab(3);
    lab.poke(TSS + 0x66, 2, 0x80);
    for (const port of denied) {
      const at = TSS + 0x80 + (port >> 3);
      lab.poke(at, 1, lab.peek(at, 1) | (1 << (port & 7)));
    }
    lab.vcpu.setRegisters({ tr: seg(0x28, 0x8b, TSS, limit) });
    return lab;
  }

  it('ring 0 and IOPL 3 need no map', () => {
    expect(allowed(legacyLab(0), 'in al, 0x60')).toBe('none');
    const lab = legacyLab(3);
    lab.vcpu.setRegisters({ rflags: 0x3002n });
    expect(allowed(lab, 'in al, 0x60')).toBe('none');
  });

  it('ring 3 without a map may nothing, and no exit is made', () => {
    const lab = legacyLab(3);
    expect([allowed(lab, 'in al, 0x60'), lab.exits]).toEqual(['13(0000)', []]);
  });

  it('every byte of the access must be allowed', () => {
    expect(allowed(mapped([0x63]), 'in al, 0x60')).toBe('none');
    expect(allowed(mapped([0x63]), 'in ax, 0x62')).toBe('13(0000)');
    expect(allowed(mapped([0x63]), 'in eax, 0x60')).toBe('13(0000)');
    // Across bytes of the map.
    expect(allowed(mapped([0x68]), 'out 0x67, ax')).toBe('13(0000)');
  });

  it('the byte behind a port’s own must lie within the TSS', () => {
    expect(allowed(mapped([], 0x80 + 0x0c), 'in al, 0x60')).toBe('13(0000)');
    expect(allowed(mapped([], 0x80 + 0x0d), 'in al, 0x60')).toBe('none');
  });

  it('a 16-bit TSS has no map', () => {
    const lab = mapped([]);
    lab.vcpu.setRegisters({ tr: seg(0x28, 0x83, TSS, 0x2ff) });
    lab.poke(TSS + 2, 4, DATA0 * 0x10000 + 0x8000);
    expect(allowed(lab, 'in al, 0x60')).toBe('13(0000)');
  });

  it('virtual-8086 mode asks the map whatever IOPL is', () => {
    const lab = mapped([0x60]);
    const paragraph = (n: number) => seg(n, 0xf3, n * 16, 0xffff);
    lab.vcpu.setRegisters({
      rflags: BigInt(2 | VM | 0x3000),
      segments: [0, CODE >> 4, 0, 0, 0, 0].map(paragraph),
    });
    answering(lab).run('in al, 0x61; in al, 0x60', 2, 16);
    expect(taken(lab)).toBe('13(0000)');
    expect(lab.exits.length).toBe(1);
  });
});

describe('INS and OUTS', () => {
  it('REP INSW is one instruction for each element', () => {
    const lab = answering(longLab(), 0x1111, 0x2222, 0x3333);
    lab.setGpr({ [CX]: 3, [DX]: 0x1f0, [DI]: AT });
    lab.run('rep insw; nop', 2, 64);
    expect([lab.gpr(CX), lab.gpr(DI), lab.regs.rip]).toEqual([1, AT + 4, BigInt(CODE)]);
    lab.step();
    expect([lab.gpr(CX), lab.gpr(DI), lab.regs.rip]).toEqual([0, AT + 6, BigInt(CODE + 3)]);
    expect([0, 2, 4].map((n) => lab.peek(AT + n, 2))).toEqual([0x1111, 0x2222, 0x3333]);
    expect(lab.exits.map((e) => e.kind === 'pio' && e.port)).toEqual([0x1f0, 0x1f0, 0x1f0]);
  });

  it('REP with a count of zero does and checks nothing', () => {
    const lab = legacyLab(3);
    lab.setGpr({ [CX]: 0 });
    lab.run('rep insb; jmp .', 2);
    expect(taken(lab)).toBe('none');
  });

  it('OUTSB runs backwards with DF, from the segment of its prefix', () => {
    const lab = answering(legacyLab());
    lab.descriptor(0x38, AT, 0xfff, 0x93, 4);
    lab.poke(AT, 2, 0xbbaa);
    lab.setGpr({ [AX]: 0x38, [CX]: 2, [DX]: 0x3f8, [SI]: 1 });
    lab.run('mov fs, ax; std; .byte 0xf3, 0x64, 0x6e', 4);
    expect(lab.exits.map((e) => e.kind === 'pio' && e.value)).toEqual([0xbb, 0xaa]);
    expect(lab.gpr(SI)).toBe(0xffffffff);
  });

  it('INS does not read the port for memory that cannot be written', () => {
    const lab = longLab();
    lab.setGpr({ [DI]: 0x400000, [DX]: 0x60 });
    lab.run('insb', 1, 64);
    expect([taken(lab), lab.exits, lab.regs.cr2]).toEqual(['14(0002)', [], 0x400000n]);
  });

  it('with a 16-bit address size DI wraps and CX counts', () => {
    const lab = answering(legacyLab(), 1, 2);
    lab.setGpr({ [CX]: 0x50002, [DX]: 0x60, [DI]: 0x7ffff });
    lab.run('.byte 0x67; rep insb', 2);
    expect([lab.gpr(CX), lab.gpr(DI)]).toEqual([0x50000, 0x70001]);
    expect([lab.peek(0xffff, 1), lab.peek(0, 1)]).toEqual([1, 2]);
  });

  it('an interrupt between two elements returns to the instruction', () => {
    const lab = answering(legacyLab());
    lab.setGpr({ [CX]: 3, [DI]: AT });
    lab.run('rep insb', 1);
    lab.vcpu.inject(0x40);
    expect([lab.vector, frame32(lab, false).eip, lab.gpr(CX)]).toEqual([0x40, CODE, 2]);
  });
});
