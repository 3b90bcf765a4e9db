/** String instructions: directions, widths, overlaps, and what a fault in the middle leaves. */

import { describe } from 'vitest';
import { check } from './check.ts';

describe('MOVS and STOS', () => {
  check(
    'mov qword ptr [A], 0x11223344; mov esi, A; mov edi, A+8; mov ecx, 4; rep movsb',
    '[A+8].8=11223344 rsi=20000f04 rdi=20000f0c rcx=0',
  );
  // The destination one byte ahead: a pattern, not a copy.
  check(
    'mov byte ptr [A], 0x77; mov esi, A; mov edi, A+1; mov ecx, 7; rep movsb',
    '[A+0].8=7777777777777777',
  );
  check(
    'mov dword ptr [A], 0x11223344; mov esi, A; mov edi, A+2; mov ecx, 3; rep movsw',
    '[A+0].8=3344334433443344',
  );
  check(
    'mov rax, 0x1122334455667788; mov [A], rax; mov esi, A+7; mov edi, A+15; mov ecx, 8; std; rep movsb',
    '[A+8].8=1122334455667788 rsi=20000eff rcx=0 DF',
  );
  check(
    'mov eax, 0x55; mov edi, A+0xf0; mov ecx, 64; rep stosb',
    '[A+f8].8=5555555555555555 [A+100].8=5555555555555555 [A+12f].2=55 rdi=20001030',
  );
  check('mov eax, 0x1234; mov edi, A; mov ecx, 2; rep stosd', '[A+0].8=123400001234');
  check('mov edi, A; rep stosq', 'rdi=20000f00 rcx=0 [A+0].8=0');
  check('mov rcx, 0x100000002; mov edi, A; mov al, 1; .byte 0x67, 0xf3, 0xaa', 'rcx=0 [A+0].4=101');
  check('mov di, 0xfffe; mov cx, 4; mov al, 9; rep stosb', '#PF(6) cx=4 di=fffe', { bits: 16 });
  check(
    'mov si, A; mov di, A+0x20; mov byte ptr [A+1], 5; mov cx, 3; rep movsb',
    '[A+21].1=5 cx=0 di=f23',
    { bits: 16 },
  );
});

describe('a fault in the middle', () => {
  // The window ends 4 KiB after the boundary of the two pages, and nothing is mapped behind.
  check('mov edi, 0x20001ff0; mov ecx, 64; mov al, 1; rep stosb', '#PF(6) rcx=30 rdi=20002000');
  check('mov edi, 0x20001ff4; mov ecx, 64; rep stosq', '#PF(6) rcx=3f rdi=20001ffc');
  check(
    'mov esi, 0x20001fe8; mov edi, A; mov ecx, 64; rep movsq',
    '#PF(4) rcx=3d rsi=20002000 rdi=20000f18',
  );
  check('mov edi, 0x20001ffd; mov ecx, 9; repe scasb', '#PF(4) rcx=6 rdi=20002000 ZF PF');
  check('mov edi, 0x20000002; mov ecx, 9; std; repne stosb', '#PF(6) rcx=6 rdi=1fffffff');
});

describe('CMPS, SCAS and LODS', () => {
  check(
    'mov byte ptr [A+5], 1; mov esi, A; mov edi, A+0x40; mov ecx, 9; repe cmpsb',
    'rcx=3 rsi=20000f06 rdi=20000f46 none',
  );
  check('mov esi, A; mov edi, A+0x40; mov ecx, 9; repe cmpsb', 'rcx=0 ZF PF');
  check(
    'mov byte ptr [A+5], 1; mov edi, A; mov ecx, 9; mov al, 1; repne scasb',
    'rcx=3 rdi=20000f06 ZF PF',
  );
  check('stc; mov edi, A; repne scasb', 'rcx=0 CF');
  check('mov word ptr [A], 0x1234; mov esi, A; lodsw', 'ax=1234 rsi=20000f02');
  check(
    'mov dword ptr [A], 0x1234; mov dword ptr [A+4], 0x5678; mov esi, A; mov ecx, 2; rep lodsd',
    'eax=5678 rcx=0 rsi=20000f08',
  );
  check('mov si, 0xffff; mov di, A; cld; lodsb', '#PF(4) si=ffff', { bits: 16 });
});
