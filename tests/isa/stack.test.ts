/** Stack, near branches and flags. */

import { describe } from 'vitest';
import { check } from './check.ts';

describe('PUSH and POP', () => {
  check('mov rax, 0x1234; push rax; pop rbx', 'rbx=1234 rsp=20001000');
  check('push rsp', '[A+f8].8=20001000 rsp=20000ff8');
  check('mov qword ptr [rsp], 5; pop rsp', 'rsp=5');
  check('push -1', '[A+f8].8=ffffffffffffffff');
  check('push ax; push 0x1234', 'rsp=20000ff6');
  check('mov qword ptr [rsp], 0x77; pop qword ptr [rsp]', '[A+108].8=77 rsp=20001008');
  check('mov word ptr [A+0x100], 0x77; pop word ptr [A]', '[A+0].2=77 rsp=20001002');
  check('mov esp, 0x20002000; pop rax', '#PF(4) rsp=20002000');
  check('mov rsp, 0x20000000; push rax', '#PF(6) rsp=20000000');
  check('mov rsp, 0x8000000000000000; pop rax', '#SS(0)');
  check('mov rax, 0x8000000000000000; push [rax]', '#GP(0)');
  check('mov rbx, 0x20000000; pop qword ptr [rbx-8]', '#PF(6) rsp=20001000');
});

describe('frames', () => {
  check('mov rbp, 0x77; enter 16, 0', 'rbp=20000ff8 rsp=20000fe8 [A+f8].8=77');
  check(
    'mov rbp, A+0x80; mov qword ptr [A+0x78], 0x11; enter 0, 2',
    '[A+f8].8=20000f80 [A+f0].8=11 [A+e8].8=20000ff8 rbp=20000ff8 rsp=20000fe8',
  );
  check('mov rbp, A+0x10; mov qword ptr [rbp], 0x99; leave', 'rbp=99 rsp=20000f18');
  check(
    'mov ax, 1; mov cx, 2; mov dx, 3; mov bx, 4; mov bp, 5; mov si, 6; mov di, 7; pusha',
    '[A+fe].2=1 [A+f6].2=1000 [A+f0].2=7 sp=ff0',
    { bits: 16 },
  );
  check(
    'mov eax, 1; mov edi, 7; pushad; mov eax, 0; mov edi, 0; popad',
    'eax=1 edi=7 esp=20001000',
    { bits: 32 },
  );
});

describe('near branches', () => {
  check('call 1f; mov al, 1; jmp 2f; 1: mov bl, 2; ret; 2:', 'al=1 bl=2 rsp=20001000');
  check('push 0; push 0; call 1f; jmp 2f; 1: ret 16; 2:', 'rsp=20001000');
  check('mov ecx, 5; 1: inc eax; loop 1b', 'eax=5 ecx=0');
  check('mov rcx, 0x100000001; .byte 0x67, 0xe2, 0x00', 'rcx=0');
  check('mov rcx, 0x100000000; .byte 0x67, 0xe3, 0x02; mov al, 1', 'al=0');
  check('mov cx, 3; 1: inc ax; cmp ax, 2; loopne 1b', 'cx=1 ax=2', { bits: 16 });
  check('mov rax, 0x8000000000000000; jmp rax', '#GP(0) @a');
  check('mov rax, 0x8000000000000000; push rax; ret', '#GP(0) @b rsp=20000ff8');
  check('mov eax, 0x10000; jmp eax', '#GP(0)', { bits: 16, rflags: 0x202 });
  check(
    'mov ax, 0x7fff; mov word ptr [A], 5; mov word ptr [A+2], 0x7fff; bound ax, [A]',
    'ax=7fff',
    { bits: 16 },
  );
  check('mov ax, 4; mov word ptr [A], 5; mov word ptr [A+2], 7; bound ax, [A]', '#BR', {
    bits: 16,
  });
  // A target beyond the segment: nothing has been pushed or counted.
  check('mov cx, 2; .byte 0x66, 0xe8, 0, 0, 1, 0', '#GP(0) @3 sp=1000', { bits: 16 });
  check('ud2', '#UD @0');
});

describe('flags', () => {
  check('stc; std; cmc; cld', '~DF none');
  check('std', 'DF');
  check('pushf; pop rax', 'rax=202');
  check('mov eax, 0xfffffeff; push rax; popf', 'OF SF ZF AF PF CF DF AC ID ~IOPL IF');
  check('push 0; popf', 'IF none');
  check('push 0; popf', '~IF none', { supervisor: true });
  check('push 0x3000; popf; pushf; pop rax', 'IOPL eax=3002', { supervisor: true });
  check('cli', '~IF', { supervisor: true });
  check('cli', '#GP(0)');
  check('cli', '~IF', { rflags: 0x3202 });
  check('cli; sti; nop', 'IF', { supervisor: true });
  check('sti', '#GP(0)');
  check('push 0x4ed7; popfw', 'OF SF ZF AF PF CF DF', { supervisor: true });
});
