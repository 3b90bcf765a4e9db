/** Sums, logic, products, quotients and shifts by example; integer-tests.ts tries them at random. */

import { describe } from 'vitest';
import { check } from './check.ts';

describe('ADD, SUB and their kin', () => {
  check('mov al, 0x7f; add al, 1', 'al=80 OF SF AF');
  check('mov al, 0xff; add al, 1', 'al=0 ZF AF PF CF');
  check('mov eax, -1; add eax, 1', 'rax=0 ZF AF PF CF');
  check('mov rax, -1; stc; adc rax, 0', 'rax=0 ZF AF PF CF');
  check('mov al, 0xff; mov bl, 0xff; stc; adc al, bl', 'al=ff SF AF PF CF');
  check('mov al, 0; mov bl, 0xff; stc; sbb al, bl', 'al=0 ZF AF PF CF');
  check('mov ax, 0x8000; sub ax, 1', 'ax=7fff OF AF PF');
  check('mov al, 0x80; neg al', 'al=80 OF SF CF');
  check('xor eax, eax; neg eax', 'eax=0 ZF PF');
  check('mov ecx, 5; cmp ecx, 5', 'ecx=5 ZF PF');
  check('stc; mov al, 0xff; inc al', 'al=0 ZF AF PF CF');
  check('stc; mov al, 0x80; dec al', 'al=7f OF AF CF');
  check('mov rax, -1; add ax, 1', 'rax=ffffffffffff0000 ZF AF PF CF');
  check('mov rax, -1; add eax, 1; mov ah, 0x12', 'rax=1200');
});

describe('the encodings that only legacy modes have', () => {
  check('mov al, 5; .byte 0x82, 0xc0, 0x03', 'al=8 none', { bits: 32 });
  check('.byte 0x82, 0xc0, 0x03', '#UD @0');
  check('mov eax, 1; inc eax; .byte 0x48; .byte 0x48', 'eax=0 ZF PF', { bits: 32 });
  check('mov ax, 0xffff; inc ax', 'eax=0 ZF AF PF', { bits: 16 });
});

describe('logic', () => {
  check('stc; mov al, 0xf0; and al, 0x0f', 'al=0 ZF PF');
  check('mov eax, 0x80000000; or eax, 1', 'rax=80000001 SF');
  check('mov rax, -1; not eax', 'rax=0');
  check('mov al, 0x81; test al, 0x80', 'al=81 SF');
  check('mov al, 0x81; .byte 0xf6, 0xc8, 0x01', 'al=81 none');
});

describe('MUL and IMUL', () => {
  check('mov al, 0x10; mov bl, 0x10; mul bl', 'ax=100 OF ZF PF CF');
  check('mov rax, -1; mov rbx, -1; mul rbx', 'rdx=fffffffffffffffe rax=1');
  check('mov rax, -1; mov rbx, -1; imul rbx', 'rdx=0 rax=1 none');
  check('mov rax, 0x8000000000000000; imul rbx, rax, 2', 'rbx=0 OF ZF PF CF');
  check('mov eax, -3; imul eax, eax, -5', 'rax=f PF');
});

describe('DIV and IDIV', () => {
  check('mov ax, 0x1234; mov bl, 0x56; div bl', 'ax=1036');
  check('mov ax, 0x1234; mov bl, 0x12; div bl', '#DE ax=1234 @6');
  check('mov rdx, 1; mov rax, 2; mov rbx, 3; div rbx', 'rax=5555555555555556 rdx=0');
  check('mov rdx, 0x12; mov rax, 0x34; mov rbx, -1; div rbx', 'rax=12 rdx=46');
  check('mov rdx, 3; mov rbx, 3; div rbx', '#DE rdx=3 rax=0');
  check(
    'mov rdx, -1; mov rax, -7; mov rbx, 2; idiv rbx',
    'rax=fffffffffffffffd rdx=ffffffffffffffff',
  );
  check('mov rdx, -2; mov rbx, 0x4000000000000000; idiv rbx', 'rax=fffffffffffffff8 rdx=0');
  check('mov rdx, -1; mov rax, 0x8000000000000000; mov rbx, -1; idiv rbx', '#DE');
  check('mov edx, -1; mov eax, 0x80000000; mov ebx, -1; idiv ebx', '#DE');
  check('mov ax, 0x8000; mov bl, 1; idiv bl', '#DE');
});

describe('shifts and rotates', () => {
  check('mov al, 0x81; shl al, 1', 'al=2 OF CF');
  check('stc; mov cl, 32; mov rax, -1; shl eax, cl', 'rax=ffffffff CF');
  check('mov al, 1; mov cl, 9; shl al, cl', 'al=0 ZF PF');
  check('mov al, 1; mov cl, 8; shl al, cl', 'al=0 OF ZF PF CF');
  check('mov al, 0x80; sar al, 7', 'al=ff SF PF');
  check('mov rax, 0x8000000000000001; shr rax, 1', 'rax=4000000000000000 OF PF CF');
  check('mov al, 0x80; rol al, 1', 'al=1 OF CF');
  check('stc; mov al, 0; rcr al, 1', 'al=80 OF');
  check('stc; mov rax, 1; rcl rax, 63', 'rax=c000000000000000 OF');
  check('mov al, 0x12; stc; rcl al, 9', 'al=12 CF');
  check('mov eax, 0x12345678; mov ebx, 0x9abcdef0; shld eax, ebx, 8', 'eax=3456789a PF');
  check('mov eax, 0x12345678; mov ebx, 0x9abcdef0; shrd eax, ebx, 8', 'eax=f0123456 SF PF');
  check('mov ax, 0x1234; mov bx, 0x5678; shld ax, bx, 4', 'ax=2345 OF CF');
});

describe('decimal arithmetic', () => {
  check('mov al, 0x79; add al, 0x35; daa', 'al=14 AF PF CF', { bits: 32 });
  check('mov al, 0x35; sub al, 0x47; das', 'al=88 SF AF PF CF', { bits: 32 });
  check('mov ax, 0x0107; aad', 'ax=11 PF', { bits: 32 });
  check('mov al, 63; aam', 'ax=603 PF', { bits: 32 });
  check('mov al, 63; aam 0', '#DE ax=3f', { bits: 32 });
  check('mov ax, 0x000f; aaa', 'ax=105', { bits: 32 });
  check('.byte 0x37', '#UD @0');
  check('stc; .byte 0xd6', 'al=ff', { bits: 32 });
});
