/** Moves, exchanges, extensions, bits. */

import { describe } from 'vitest';
import { check } from './check.ts';

describe('MOV, LEA and extensions', () => {
  check('mov rax, -1; mov eax, 1', 'rax=1');
  check('mov rax, -1; mov al, 1; mov ah, 2', 'rax=ffffffffffff0201');
  check('mov rbx, 0x1122334455667788; mov [A+8], rbx; mov eax, [A+9]', 'rax=44556677');
  check(
    'mov dword ptr [A], 0x80; movzx eax, byte ptr [A]; movsx rbx, byte ptr [A]',
    'rax=80 rbx=ffffffffffffff80',
  );
  check('mov eax, 0x80000000; movsxd rbx, eax', 'rbx=ffffffff80000000');
  check('mov rax, -1; lea ax, [rax+2]', 'rax=ffffffffffff0001');
  check('mov rax, -1; lea eax, [rax+rax*4]', 'rax=fffffffb');
  check('mov rbx, 0x100000001; .byte 0x67; lea rax, [rbx+rbx]', 'rax=2');
  check('mov bx, 0xffff; lea ax, [bx+2]', 'ax=1', { bits: 16 });
  check('mov al, 0x12; movabs [A+3], al; movabs rbx, 0x20000f03; mov cl, [rbx]', 'cl=12');
  check('mov rbx, A; mov byte ptr [rbx+5], 0x77; mov al, 5; xlatb', 'al=77');
  check('mov bx, A; mov byte ptr [bx+5], 0x77; mov al, 5; xlatb', 'al=77', { bits: 16 });
  check('mov al, 0x80; cbw; cwde; cdqe', 'rax=ffffffffffffff80');
  check('mov eax, 0x80000000; cdq', 'rdx=ffffffff rax=80000000');
  check('mov ah, 0xd5; sahf; mov eax, 0; lahf', 'ax=d700 SF ZF AF PF CF');
});

describe('exchanges', () => {
  check('mov eax, 1; mov ebx, 2; xchg eax, ebx', 'eax=2 ebx=1');
  check('mov rax, -1; .byte 0x90; .byte 0x87, 0xc0', 'rax=ffffffff');
  check('mov rax, -1; nop; pause', 'rax=ffffffffffffffff');
  check('mov rax, 1; mov r8, 2; .byte 0x49, 0x90', 'rax=2 r8=1');
  check('mov al, 3; xadd al, al', 'al=6 PF');
  check('mov dword ptr [A], 5; mov eax, 7; lock xadd [A], eax', 'eax=5 [A+0].4=c PF');
  check(
    'mov eax, 5; mov ecx, 9; mov dword ptr [A], 5; lock cmpxchg [A], ecx',
    '[A+0].4=9 eax=5 ZF PF',
  );
  check(
    'mov eax, 4; mov ecx, 9; mov dword ptr [A], 5; lock cmpxchg [A], ecx',
    '[A+0].4=5 eax=5 SF AF PF CF',
  );
  check(
    'mov rcx, -1; mov eax, 1; mov edx, 2; cmpxchg ecx, edx',
    'rcx=ffffffffffffffff eax=ffffffff',
  );
  check(
    'mov dword ptr [A], 1; mov eax, 1; mov ebx, 3; mov ecx, 4; cmpxchg8b [A]',
    '[A+0].8=400000003 ZF',
  );
  check('mov eax, 1; cmpxchg8b [A]', 'eax=0 edx=0 none');
  check('mov rbx, 3; mov rcx, 4; cmpxchg16b [A]', '[A+0].8=3 [A+8].8=4 ZF');
  check('cmpxchg16b [A+8]', '#GP(0)');
  check('.byte 0xf0, 0x01, 0xc0', '#UD @0');
  check('mov rax, 0x1122334455667788; bswap rax', 'rax=8877665544332211');
  check('mov eax, 0x11223344; movbe [A], eax; mov eax, [A]', 'eax=44332211');
});

describe('CMOVcc and SETcc', () => {
  check('mov rax, -1; cmp eax, eax; cmovne eax, ecx', 'rax=ffffffff');
  check('mov rax, -1; cmp eax, eax; cmove rax, rcx', 'rax=0');
  check('cmp eax, eax; xor ebx, ebx; cmovne eax, [rbx]', '#PF(4)');
  check('mov eax, -1; cmp eax, 1; setl bl; setb cl; seto dl', 'bl=1 cl=0 dl=0');
});

describe('bits', () => {
  check('mov eax, 0x10; bt eax, 36', 'CF');
  check('mov rax, 1000; bts [A], rax', '[A+7d].1=1 none');
  check('mov rax, -1; mov rbx, A+8; btc [rbx], rax', '[A+7].1=80 none');
  check('mov ax, 0xfff0; bts word ptr [A+16], ax', '[A+e].2=1 none');
  check('mov ebx, 7; mov eax, 0; bsf ebx, eax', 'ebx=7 ZF PF');
  check('mov rax, 0x8000; bsr rbx, rax; bsf rcx, rax', 'rbx=f rcx=f');
  check('mov ax, 0x8000; popcnt bx, ax; tzcnt cx, ax; lzcnt dx, ax', 'bx=1 cx=f dx=0 ZF');
  check('mov eax, 0; lzcnt ebx, eax; tzcnt rcx, rax', 'ebx=20 rcx=40 CF');
  check('mov eax, -1; mov cl, 0; crc32 eax, cl', 'eax=ad82acae');
});
