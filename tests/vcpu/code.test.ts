/** Where code lies and what becomes of it: self-modification, page ends, breakpoints, watchpoints. */

import { describe, expect, it } from 'vitest';
import { gpa, gva, icount } from '../../src/engine/units.ts';
import { assemble } from '../../src/testing/assemble.ts';
import { CODE_AT, longMode, poke64, runTo } from '../../src/testing/vcpus.ts';

describe('self-modifying code', () => {
  it('executes what was just written in the same block', () => {
    // The store replaces `inc eax` (FF C0) behind it by `dec eax` (FF C8).
    const vcpu = longMode('mov byte ptr [rip + 1f + 1], 0xc8\n1: inc eax; nop; nop');
    runTo(vcpu, 2);
    expect(vcpu.registers().gpr[0]).toBe(0xffffffffn);
  });

  it('forgets blocks that a loop keeps rewriting', () => {
    const vcpu = longMode(
      'lea rdi, [rip + 1f + 1]; 2: add byte ptr [rdi], 1\n1: mov al, 0; add ebx, eax; jmp 2b',
    );
    runTo(vcpu, 1 + 4 * 10);
    expect(vcpu.registers().gpr[3]).toBe(55n);
  });

  it('sees what a debugger or a bus master writes', () => {
    const vcpu = longMode('1: inc eax; jmp 1b');
    runTo(vcpu, 10);
    vcpu.ram.poke(gpa(CODE_AT), assemble('dec eax'));
    runTo(vcpu, 20);
    expect(vcpu.registers().gpr[0]).toBe(0n);
  });
});

describe('a code cache that is always full', () => {
  it.each([
    ['a branch', 'jmp 3f; nop'],
    // What comes behind it is another block, as interrupts may be taken there.
    ['STI', 'sti'],
    ['a repeated instruction', 'push rcx; mov ecx, 0; rep lodsb; pop rcx'],
  ])('has no links into what was overwritten: %s', (_, end) => {
    // Label 4 is rewritten and decoded anew each time round, which fills the cache; label 3 only every
    // 64 times. So label 5, dropped to make room, comes to be linked to an older label 3, which then
    // goes, and whose place is written again while label 5 is still there.
    const code = `
      lea rdi, [rip + 3f + 1]; lea rsi, [rip + 4f + 1]
      2: add byte ptr [rsi], 1; inc ecx; test cl, 63; jnz 5f
      add byte ptr [rdi], 1; jmp 5f; nop
      5: ${end}
      3: mov al, 0; add edx, eax; jmp 4f; nop
      4: mov al, 0; add ebx, eax; jmp 2b`;
    const hash = (limits: { codeBytes?: number }): string => {
      const vcpu = longMode(code, { accel: 'interp', limits });
      runTo(vcpu, 20_000);
      return vcpu.stateHash();
    };
    const calm = hash({});
    for (let codeBytes = 8192; codeBytes < 12_000; codeBytes += 768) {
      expect(hash({ codeBytes })).toBe(calm);
    }
  });
});

describe('page ends', () => {
  it('an instruction across two pages follows the second page', () => {
    // mov eax, imm32 with its immediate in the next page, which is then mapped elsewhere.
    const vcpu = longMode(new Uint8Array(0));
    vcpu.ram.poke(gpa(0x101ffe), assemble('nop; mov eax, 0x11111111; hlt'));
    runTo(vcpu, 0);
    vcpu.setRegisters({ rip: 0x101ffen });
    runTo(vcpu, 2);
    expect(vcpu.registers().gpr[0]).toBe(0x11111111n);
    vcpu.ram.poke(gpa(0x102000), new Uint8Array([0x22, 0x22, 0x22, 0x22]));
    vcpu.setRegisters({ rip: 0x101ffen });
    runTo(vcpu, 4);
    expect(vcpu.registers().gpr[0]).toBe(0x22222222n);
  });

  it('data across two pages reads and writes both', () => {
    const vcpu = longMode(
      'mov rbx, 0x300ffd; mov rax, 0x1122334455667788; mov [rbx], rax; add qword ptr [rbx], 1; mov rcx, [rbx]',
    );
    runTo(vcpu, 5);
    expect(vcpu.registers().gpr[1]).toBe(0x1122334455667789n);
  });
});

describe('debugger stops', () => {
  it('a breakpoint stops before its instruction, every time round', () => {
    const vcpu = longMode('1: inc eax; nop; jmp 1b');
    vcpu.setBreakpoints([{ id: 7, gva: gva(BigInt(CODE_AT + 2)) }]);
    for (let round = 1; round <= 3; round++) {
      const exit = vcpu.run(icount(1000));
      expect(exit).toEqual({
        kind: 'debug',
        stops: [{ kind: 'break', id: 7, rip: BigInt(CODE_AT + 2) }],
      });
      expect(vcpu.icount).toBe(round * 3 - 2);
    }
    vcpu.setBreakpoints([]);
    runTo(vcpu, 1000);
  });

  it('a watchpoint stops behind the instruction that touched it', () => {
    const vcpu = longMode('mov rbx, 0x300010; mov eax, [rbx]; mov [rbx+8], eax; mov [rbx+3], ax');
    poke64(vcpu, 0x300010, 5n);
    vcpu.setWatchpoints([{ id: 1, space: 'gva', at: 0x300010n, length: 4, on: 'write' }]);
    const exit = vcpu.run(icount(100));
    expect(exit.kind).toBe('debug');
    expect(vcpu.icount).toBe(4);
    vcpu.setWatchpoints([]);
  });

  it('physical watchpoints see every alias', () => {
    const vcpu = longMode('mov rbx, 0x300010; mov [rbx], eax; mov eax, [rbx]; nop');
    vcpu.setWatchpoints([{ id: 2, space: 'gpa', at: 0x300013n, length: 1, on: 'access' }]);
    expect(vcpu.run(icount(100))).toMatchObject({ kind: 'debug', stops: [{ access: 'write' }] });
    expect(vcpu.icount).toBe(2);
    expect(vcpu.run(icount(100))).toMatchObject({ kind: 'debug', stops: [{ access: 'read' }] });
    expect(vcpu.icount).toBe(3);
  });
});
