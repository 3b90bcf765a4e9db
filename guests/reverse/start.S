/*
 * From real mode at 0:7c00, interrupts off, to main in 64-bit mode with SSE. The first 2 MiB are mapped
 * one to one by a large page; page tables and stack lie above the image.
 */

        .set PML4, 0x20000
        .set PDPT, 0x21000
        .set PD, 0x22000
        .set STACK, 0x30000

        .section .start, "ax"
        .code16
        .globl _start
_start:
        cli
        cld
        xorw %ax, %ax
        movw %ax, %ds
        lgdtl gdt_pointer
        movl %cr0, %eax
        orb $1, %al                     /* PE */
        movl %eax, %cr0
        ljmpl $0x08, $start32

        .code32
start32:
        movw $0x18, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movl $PML4, %edi
        xorl %eax, %eax
        movl $0x3000 / 4, %ecx
        rep stosl
        movl $PDPT + 3, PML4            /* present, writable */
        movl $PD + 3, PDPT
        movl $0x83, PD                  /* and 2 MiB */
        movl $0x620, %eax               /* PAE, OSFXSR, OSXMMEXCPT */
        movl %eax, %cr4
        movl $PML4, %eax
        movl %eax, %cr3
        movl $0xc0000080, %ecx          /* IA32_EFER: SCE, LME */
        movl $0x101, %eax
        xorl %edx, %edx
        wrmsr
        movl $0x80000013, %eax          /* PG, ET, MP, PE; EM and TS clear */
        movl %eax, %cr0
        ljmp $0x10, $start64

        .code64
start64:
        movl $STACK, %esp
        xorl %ebp, %ebp
        call main
        cli
        movl $0xf4, %edx                /* ends QEMU where a device listens there */
        outb %al, %dx
        .globl end_of_run
end_of_run:
        hlt
        jmp end_of_run

        .balign 8
gdt:
        .quad 0
        .quad 0x00cf9b000000ffff        /* 08: 32-bit code */
        .quad 0x00af9b000000ffff        /* 10: 64-bit code */
        .quad 0x00cf93000000ffff        /* 18: data */
gdt_pointer:
        .word . - gdt - 1
        .long gdt

        .section .note.GNU-stack, "", @progbits
