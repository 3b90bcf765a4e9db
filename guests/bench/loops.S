/*
 * One loop a run, for measuring: each does one kind of thing and little else. The command line says
 * which, and how often:
 *
 *     loop=int count=1000000
 *
 * Started by Multiboot in 32-bit protected mode; the loops run in 64-bit mode, in ring 0. When the
 * loop is done, or has no such name, the machine powers off through port 0x604, as it does under QEMU.
 */

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00010000      /* addresses are in this header */
#define MULTIBOOT_CMDLINE 16            /* offset in the Multiboot information */

#define CR0_PE (1 << 0)
#define CR0_MP (1 << 1)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_PG (1 << 31)
#define CR4_PAE (1 << 5)
#define CR4_OSFXSR (1 << 9)
#define CR4_OSXMMEXCPT (1 << 10)
#define IA32_EFER 0xc0000080
#define EFER_LME (1 << 8)

#define PAGE_PRESENT_WRITE 0x03
#define PAGE_LARGE 0x80
#define PAGE_UNCACHED 0x18

#define LAPIC 0xfee00000
#define LAPIC_VERSION 0x30
#define LAPIC_EOI 0xb0
#define LAPIC_SVR 0xf0
#define LAPIC_LVT_TIMER 0x320
#define LAPIC_INITIAL_COUNT 0x380
#define LAPIC_DIVIDE 0x3e0
#define LVT_PERIODIC 0x20000
#define DIVIDE_BY_1 0xb

#define TRAP_VECTOR 0x30
#define TIMER_VECTOR 0x31
#define TIMER_PERIOD 10000

/* Pages of 4 KiB at MANY_AT, twice as many as the larger of our TLBs has entries. */
#define MANY_AT 0x40000000
#define MANY_PAGES 8192
#define MANY_FRAMES 0x1000000

        .text
        .code32
        .globl _start
image:
        .balign 4
multiboot_header:
        .long MULTIBOOT_MAGIC
        .long MULTIBOOT_FLAGS
        .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        .long multiboot_header
        .long image
        .long 0                         /* all of the file */
        .long bss_end
        .long _start

_start:
        cli
        cld
        movl $stack_end, %esp
        movl MULTIBOOT_CMDLINE(%ebx), %ebp

        /* 0 to 1 GiB and 3 to 4 GiB one to one in pages of 2 MiB. */
        movl $pdpt + PAGE_PRESENT_WRITE, pml4
        movl $pd_low + PAGE_PRESENT_WRITE, pdpt
        movl $pd_many + PAGE_PRESENT_WRITE, pdpt + 8
        movl $pd_high + PAGE_PRESENT_WRITE, pdpt + 24
        xorl %ecx, %ecx
1:      movl %ecx, %eax
        shll $21, %eax
        orl $PAGE_LARGE + PAGE_PRESENT_WRITE, %eax
        movl %eax, pd_low(,%ecx,8)
        addl $0xc0000000 + PAGE_UNCACHED, %eax
        movl %eax, pd_high(,%ecx,8)
        incl %ecx
        cmpl $512, %ecx
        jne 1b

        /* The many small pages. */
        xorl %ecx, %ecx
1:      movl %ecx, %eax
        shll $12, %eax
        addl $MANY_FRAMES + PAGE_PRESENT_WRITE, %eax
        movl %eax, many_tables(,%ecx,8)
        incl %ecx
        cmpl $MANY_PAGES, %ecx
        jne 1b
        xorl %ecx, %ecx
1:      movl %ecx, %eax
        shll $12, %eax
        addl $many_tables + PAGE_PRESENT_WRITE, %eax
        movl %eax, pd_many(,%ecx,8)
        incl %ecx
        cmpl $MANY_PAGES / 512, %ecx
        jne 1b

        movl $CR4_PAE + CR4_OSFXSR + CR4_OSXMMEXCPT, %eax
        movl %eax, %cr4
        movl $pml4, %eax
        movl %eax, %cr3
        movl $IA32_EFER, %ecx
        rdmsr
        orl $EFER_LME, %eax
        wrmsr
        movl $CR0_PG + CR0_WP + CR0_NE + CR0_MP + CR0_PE, %eax
        movl %eax, %cr0
        lgdt gdt_pointer
        ljmp $0x08, $start64

        .code64
start64:
        movl $0x10, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        fninit
        movb $0xff, %al                 /* no interrupts from the 8259As */
        outb %al, $0x21
        outb %al, $0xa1

        movl $TRAP_VECTOR, %edi
        movl $trap_handler, %eax
        call set_gate
        movl $TIMER_VECTOR, %edi
        movl $timer_handler, %eax
        call set_gate
        lidt idt_pointer

        /* The name in RAX, the count in RCX. */
        movl %ebp, %esi
        call behind_equals
        xorl %eax, %eax
        xorl %ecx, %ecx                 /* how far the next character is shifted */
1:      movzbl (%rsi), %edx
        cmpb $' ', %dl
        jbe 2f
        shlq %cl, %rdx
        orq %rdx, %rax                  /* at most eight characters */
        addl $8, %ecx
        incq %rsi
        jmp 1b
2:      call behind_equals
        xorl %ecx, %ecx
1:      movzbl (%rsi), %edx
        subl $'0', %edx
        cmpl $9, %edx
        ja 2f
        imulq $10, %rcx, %rcx
        addq %rdx, %rcx
        incq %rsi
        jmp 1b
2:      movl $loops, %esi
1:      cmpq $0, (%rsi)
        je power_off
        cmpq %rax, (%rsi)
        je 2f
        addq $16, %rsi
        jmp 1b
2:      testq %rcx, %rcx
        jz power_off
        call *8(%rsi)

/* SLP_EN with the sleep type that is S5 in our PC, then with QEMU's. */
power_off:
        movw $0x604, %dx
        movl $0x3400, %eax
        outw %ax, %dx
        movl $0x2000, %eax
        outw %ax, %dx
1:      cli
        hlt
        jmp 1b

/* RSI: to behind the next '='; the command line must have one. */
behind_equals:
1:      movzbl (%rsi), %edx
        testb %dl, %dl
        jz power_off
        incq %rsi
        cmpb $'=', %dl
        jne 1b
        ret

/* EDI: vector, EAX: handler. */
set_gate:
        shll $4, %edi
        movw %ax, idt(%rdi)
        movw $0x08, idt + 2(%rdi)
        movw $0x8e00, idt + 4(%rdi)
        shrl $16, %eax
        movw %ax, idt + 6(%rdi)
        ret

trap_handler:
        iretq

/* RDX holds LAPIC. */
timer_handler:
        movl $0, LAPIC_EOI(%rdx)
        iretq

        .balign 16
loops:
        .macro entry name
        .balign 8
9:      .ascii "\name"
        .org 9b + 8
        .quad loop_\name
        .endm
        entry int
        entry memory
        entry call
        entry indirect
        entry branch
        entry sse
        entry packed
        entry x87
        entry bytes
        entry rep
        entry pio
        entry mmio
        entry cpuid
        entry trap
        entry spin
        entry timer
        entry tlb
        entry cr3
        entry smc
        .quad 0

/* --- The loops: RCX times. ---------------------------------------------------------------------- */

/* Arithmetic and logic in registers. */
        .balign 4096
loop_int:
        movl $1, %eax
        movl $2, %ebx
        movl $3, %edx
1:      addq %rbx, %rax
        xorq %rax, %rdx
        roll $5, %edx
        leaq 3(%rax,%rdx,2), %rbx
        imulq $33, %rdx, %rsi
        subl %esi, %ebx
        shrq $3, %rsi
        orq %rsi, %rax
        andl $0xfffffff, %edx
        addl $1, %ebx
        notq %rsi
        adcq %rsi, %rdi
        decq %rcx
        jnz 1b
        ret

/* Loads, stores and changes in place, within 32 KiB. */
        .balign 4096
loop_memory:
        xorl %ebx, %ebx
1:      movl %ecx, %eax
        andl $0x3ff8, %eax
        movq buffer(%rax), %rdx
        addq %rdx, %rbx
        movq %rbx, buffer + 0x4000(%rax)
        addl $1, buffer(%rax)
        movzbl buffer + 0x2001(%rax), %esi
        movw %si, buffer + 0x4002(%rax)
        xorq buffer + 0x1000(%rax), %rbx
        movb %bl, buffer + 0x5007(%rax)
        decq %rcx
        jnz 1b
        ret

/* Near calls and returns, two deep, with a register saved. */
        .balign 4096
loop_call:
1:      movl %ecx, %edi
        call 2f
        addl %eax, %ebx
        decq %rcx
        jnz 1b
        ret
2:      pushq %rbx
        leal 1(%rdi), %ebx
        call 3f
        addl %ebx, %eax
        popq %rbx
        ret
3:      movl %edi, %eax
        xorl $5, %eax
        ret

/* Calls by a table, in an order without a pattern, to functions of another page. */
        .balign 4096
loop_indirect:
        movl $12345, %edx
1:      imull $1103515245, %edx, %edx
        addl $12345, %edx
        movl %edx, %eax
        shrl $28, %eax
        andl $7, %eax
        call *targets(,%rax,8)
        decq %rcx
        jnz 1b
        ret

        .balign 4096
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7
target_\n:
        addl $\n, %ebx
        ret
        .endr
targets:
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7
        .quad target_\n
        .endr

/* Conditions that nobody foresees. */
        .balign 4096
loop_branch:
        movl $12345, %edx
1:      imull $1103515245, %edx, %edx
        addl $12345, %edx
        testl $0x10000, %edx
        jz 2f
        addl $1, %eax
2:      testl $0x400000, %edx
        jnz 3f
        subl $3, %ebx
3:      cmpl $0x40000000, %edx
        jl 4f
        xorl %eax, %ebx
4:      cmpb $0x40, %dh
        ja 5f
        incl %esi
5:      decq %rcx
        jnz 1b
        ret

/* Scalar doubles. */
        .balign 4096
loop_sse:
        movsd one, %xmm0
        movsd factor, %xmm1
        movsd one, %xmm3
1:      movapd %xmm0, %xmm2
        mulsd %xmm1, %xmm2
        addsd %xmm3, %xmm2
        subsd third, %xmm2
        divsd %xmm1, %xmm2
        cvtsi2sdl %ecx, %xmm4
        addsd %xmm4, %xmm2
        ucomisd %xmm3, %xmm2
        jb 2f
        sqrtsd %xmm2, %xmm0
2:      cvttsd2si %xmm2, %rax
        movsd %xmm2, buffer
        decq %rcx
        jnz 1b
        ret

/* Four floats or integers at a time. */
        .balign 4096
loop_packed:
        movaps ones, %xmm1
        movaps thirds, %xmm2
        pxor %xmm5, %xmm5
1:      movaps ones, %xmm0
        mulps %xmm2, %xmm0
        addps %xmm1, %xmm0
        movaps %xmm0, buffer
        paddd %xmm1, %xmm5
        pshufd $0x1b, %xmm5, %xmm6
        pxor %xmm6, %xmm5
        punpckldq %xmm5, %xmm6
        pslld $3, %xmm6
        pcmpeqb %xmm5, %xmm6
        movdqu %xmm6, buffer + 17
        decq %rcx
        jnz 1b
        ret

/* Doubles in memory, sums and products in the x87 as an i386 compiler would have them. */
        .balign 4096
loop_x87:
1:      fldl one
        fmull factor
        faddl third
        fstpl buffer
        fldl buffer
        fsubl one
        fstpl buffer + 8
        fldl buffer + 8
        fxch %st(0)
        fstp %st(0)
        decq %rcx
        jnz 1b
        ret

/* A byte at a time, as a string function without REP. */
        .balign 4096
loop_bytes:
        movl $buffer, %esi
        movl $buffer + 0x4000, %edi
        movl %ecx, %edx
1:      lodsb
        stosb
        cmpb $0xff, %al
        je 2f
        testl $0xfff, %esi
        jnz 3f
        movl $buffer, %esi
        movl $buffer + 0x4000, %edi
3:      decl %edx
        jnz 1b
2:      ret

/* A page copied and a page filled; each element counts as an instruction. */
        .balign 4096
loop_rep:
        movq %rcx, %rdx
1:      movl $buffer, %esi
        movl $buffer + 0x4000, %edi
        movl $512, %ecx
        rep movsq
        movl $buffer + 0x2000, %edi
        movl $4096, %ecx
        movl %edx, %eax
        rep stosb
        decq %rdx
        jnz 1b
        ret

/* An exit by port I/O: the port where a BIOS says how far it has got. */
        .balign 4096
loop_pio:
1:      outb %al, $0x80
        decq %rcx
        jnz 1b
        ret

/* An exit by memory-mapped I/O, answered by the local APIC. */
        .balign 4096
loop_mmio:
        movl $LAPIC, %edx
1:      movl LAPIC_VERSION(%rdx), %eax
        decq %rcx
        jnz 1b
        ret

        .balign 4096
loop_cpuid:
        movq %rcx, %rsi
1:      xorl %eax, %eax
        cpuid
        decq %rsi
        jnz 1b
        ret

/* Into a handler and back, no exit: INT and IRETQ. */
        .balign 4096
loop_trap:
1:      int $TRAP_VECTOR
        decq %rcx
        jnz 1b
        ret

/* What `timer` does between its interrupts. */
        .balign 4096
loop_spin:
1:      addl $1, %eax
        xorl %eax, %ebx
        decq %rcx
        jnz 1b
        ret

/* An interrupt every 10,000 ticks by the local APIC's timer, ended by a write to the APIC. */
        .balign 4096
loop_timer:
        movl $LAPIC, %edx
        movl $0x1ff, LAPIC_SVR(%rdx)
        movl $DIVIDE_BY_1, LAPIC_DIVIDE(%rdx)
        movl $LVT_PERIODIC + TIMER_VECTOR, LAPIC_LVT_TIMER(%rdx)
        movl $TIMER_PERIOD, LAPIC_INITIAL_COUNT(%rdx)
        sti
        call loop_spin
        cli
        ret

/* A page walk at each access: more pages than a TLB holds, one after the other. */
        .balign 4096
loop_tlb:
        xorl %eax, %eax
1:      movl %eax, %edx
        shll $12, %edx
        addq MANY_AT(%rdx), %rbx
        incl %eax
        andl $MANY_PAGES - 1, %eax
        decq %rcx
        jnz 1b
        ret

/* An address space loaded anew, and the three pages that one needs at once. */
        .balign 4096
loop_cr3:
        movq %cr3, %rax
1:      movq %rax, %cr3
        movl buffer, %ebx
        pushq %rbx
        popq %rbx
        decq %rcx
        jnz 1b
        ret

/* An instruction changes the next page's first one, which then runs. */
        .balign 4096
loop_smc:
1:      movl %ecx, changed + 1
        call changed
        decq %rcx
        jnz 1b
        ret
        .balign 4096
changed:
        movl $0, %eax
        ret

/* --- Data ---------------------------------------------------------------------------------------- */

        .balign 16
ones:   .float 1, 1, 1, 1
thirds: .float 0.333, 0.333, 0.333, 0.333
one:    .double 1
factor: .double 1.000001
third:  .double 0.333
gdt:
        .quad 0
        .quad 0x00af9b000000ffff        /* 64-bit code */
        .quad 0x00cf93000000ffff        /* data */
gdt_pointer:
        .word . - gdt - 1
        .long gdt
        .balign 8
idt_pointer:
        .word 64 * 16 - 1
        .quad idt

        .bss
        .balign 4096
pml4:   .skip 4096
pdpt:   .skip 4096
pd_low: .skip 4096
pd_many:
        .skip 4096
pd_high:
        .skip 4096
many_tables:
        .skip MANY_PAGES * 8
idt:    .skip 4096
stack:  .skip 4096
stack_end:
buffer: .skip 0x8000
bss_end:
