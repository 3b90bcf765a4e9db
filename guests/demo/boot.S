/*
 * From the boot loader's 32-bit protected mode into 64-bit C.
 *
 * Two boot protocols lead to the same entry, with paging off, flat segments and interrupts off:
 *
 *   Multiboot (version 1)  EAX = 0x2badb002, EBX = the Multiboot information
 *   PVH                    EBX = struct hvm_start_info; found by the ELF note below
 *
 * kmain gets both registers and tells them apart.
 */

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00010002      /* memory information; addresses are in this header */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

#define CR0_PE (1 << 0)
#define CR0_WP (1 << 16)
#define CR0_PG (1 << 31)
#define CR4_PAE (1 << 5)
#define CR4_PGE (1 << 7)
#define IA32_EFER 0xc0000080
#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)

#define PAGE_PRESENT_WRITE 0x03
#define PAGE_LARGE 0x80

#define COM1 0x3f8

        .section .boot, "ax"
        .balign 8
multiboot_header:
        .long MULTIBOOT_MAGIC
        .long MULTIBOOT_FLAGS
        .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        .long multiboot_header          /* where this header is to be loaded */
        .long image_start
        .long image_end
        .long data_end                  /* zeroed from image_end to here */
        .long _start

        .section .note.Xen, "a", @note
        .balign 4
        .long 4                         /* length of "Xen\0" */
        .long 4                         /* length of the entry address */
        .long XEN_ELFNOTE_PHYS32_ENTRY
        .asciz "Xen"
        .long _start

        .section .boot, "ax"
        .code32
        .globl _start
        .type _start, @function
_start:
        cli
        cld
        movl $boot_stack_end, %esp
        movl %eax, %esi                 /* kept for kmain through CPUID and WRMSR */
        movl %ebx, %edi

        movl $0x80000000, %eax
        cpuid
        cmpl $0x80000001, %eax
        jb no_long_mode
        movl $0x80000001, %eax
        cpuid
        btl $29, %edx                   /* long mode */
        jnc no_long_mode
        btl $20, %edx                   /* execute disable */
        jnc no_long_mode

        /* Identity-map the first GiB in 2 MiB pages; paging.c replaces this by finer tables. */
        movl $boot_pdpt + PAGE_PRESENT_WRITE, boot_pml4
        movl $boot_pd + PAGE_PRESENT_WRITE, boot_pdpt
        xorl %ecx, %ecx
1:      movl %ecx, %eax
        shll $21, %eax
        orl $PAGE_LARGE + PAGE_PRESENT_WRITE, %eax
        movl %eax, boot_pd(,%ecx,8)
        incl %ecx
        cmpl $512, %ecx
        jne 1b

        movl %cr4, %eax
        orl $CR4_PAE + CR4_PGE, %eax
        movl %eax, %cr4
        movl $boot_pml4, %eax
        movl %eax, %cr3
        movl $IA32_EFER, %ecx
        rdmsr
        orl $EFER_LME + EFER_NXE, %eax
        wrmsr
        movl %cr0, %eax
        orl $CR0_PG + CR0_WP + CR0_PE, %eax
        movl %eax, %cr0
        lgdt boot_gdt_pointer
        ljmp $0x08, $start64
        .size _start, . - _start

no_long_mode:
        movl $no_long_mode_text, %esi
1:      movw $COM1 + 5, %dx
2:      inb %dx, %al
        testb $0x20, %al                /* LSR: transmitter holding register empty */
        jz 2b
        movw $COM1, %dx
        lodsb
        testb %al, %al
        jz 3f
        outb %al, %dx
        jmp 1b
3:      cli
        hlt
        jmp 3b

        .code64
        .type start64, @function
start64:
        xorl %eax, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %fs
        movl %eax, %gs
        movl %eax, %ss
        movl $boot_stack_end, %esp
        xorl %ebp, %ebp                 /* ends the chain of frame pointers */
        call kmain                      /* kmain(boot_info: was EBX, boot_magic: was EAX) */
1:      cli
        hlt
        jmp 1b
        .size start64, . - start64

        .section .rodata
        .balign 8
boot_gdt:
        .quad 0
        .quad 0x00af9b000000ffff        /* 64-bit code */
boot_gdt_pointer:
        .word . - boot_gdt - 1
        .long boot_gdt
no_long_mode_text:
        .asciz "demo: needs a 64-bit CPU with execute disable\r\n"

        .section .bss
        .balign 4096
boot_pml4:
        .skip 4096
boot_pdpt:
        .skip 4096
boot_pd:
        .skip 4096
        .globl boot_stack
boot_stack:
        .skip 4096
        .globl boot_stack_end
boot_stack_end:
