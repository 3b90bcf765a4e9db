# A ROM for machines that start at the reset vector: copies the image in front of it to IMAGE and
# enters it in 32-bit protected mode with flat segments. ROM_BYTES is given by the assembler's caller.

        .intel_syntax noprefix
        .include "layout.s"
        .code16
        .text
rom:    cli
        cld
        .byte 0x66                      # all 32 bits of the base
        lgdt cs:[gdt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        .byte 0x66, 0xea                # ljmp CODE0:protected, 32-bit operand
        .long 0xffff0000 + protected
        .word CODE0
        .code32
protected:
        mov eax, DATA0
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov fs, eax
        mov gs, eax
        mov esi, 0 - ROM_BYTES
        mov edi, IMAGE
        mov ecx, (ROM_BYTES - 0x10000) / 4
        rep movsd
        mov eax, IMAGE
        jmp eax

        .balign 8
gdt:    .quad 0
        .quad 0x00cf9b000000ffff
        .quad 0x00cf93000000ffff
gdt_pointer:
        .word 23
        .long 0xffff0000 + gdt

        .org 0xfff0
        .code16
        jmp rom
        .org 0x10000
