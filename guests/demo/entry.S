/*
 * The way in from interrupts and exceptions, and back out into whichever task is to run next.
 *
 * Every vector pushes the same struct trap_frame (interrupts.h), so that interrupt_dispatch can
 * return another task's frame: restoring that one instead is the whole context switch.
 *
 * The .cfi lines let a debugger unwind from a handler into the code that was interrupted. Its CFA
 * is put just above the saved RIP; the saved RSP is 16 bytes above that.
 */

#define VECTOR_COUNT 49
#define STUB_SIZE 16

        .cfi_sections .debug_frame
        .text

.macro interrupted_frame cfa_offset
        .cfi_signal_frame
        .cfi_def_cfa %rsp, \cfa_offset
        .cfi_offset %rip, -8
        .cfi_offset %rsp, 16
.endm

.macro save register
        pushq \register
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset \register, 0
.endm

.macro restore register
        popq \register
        .cfi_adjust_cfa_offset -8
        .cfi_restore \register
.endm

/* One stub per vector, STUB_SIZE apart. */
        .balign STUB_SIZE
        .globl vector_stubs
        .type vector_stubs, @function
vector_stubs:
        .set number, 0
    .rept VECTOR_COUNT
        .balign STUB_SIZE
        .cfi_startproc
    /* These exceptions push an error code themselves (SDM Vol. 3A, table 6-1). */
    .if number == 8 || (number >= 10 && number <= 14) || number == 17
        interrupted_frame 16
    .else
        interrupted_frame 8
        pushq $0
        .cfi_adjust_cfa_offset 8
    .endif
        pushq $number
        .cfi_adjust_cfa_offset 8
        jmp interrupt_entry
        .cfi_endproc
        .set number, number + 1
    .endr
        .size vector_stubs, . - vector_stubs

        .type interrupt_entry, @function
interrupt_entry:
        .cfi_startproc
        interrupted_frame 24            /* vector, error code, RIP */
        save %rax
        save %rcx
        save %rdx
        save %rbx
        save %rbp
        save %rsi
        save %rdi
        save %r8
        save %r9
        save %r10
        save %r11
        save %r12
        save %r13
        save %r14
        save %r15
        cld
        movq %rsp, %rdi
        call interrupt_dispatch         /* returns the frame to go back to */
        movq %rax, %rsp
        restore %r15
        restore %r14
        restore %r13
        restore %r12
        restore %r11
        restore %r10
        restore %r9
        restore %r8
        restore %rdi
        restore %rsi
        restore %rbp
        restore %rbx
        restore %rdx
        restore %rcx
        restore %rax
        addq $16, %rsp                  /* vector and error code */
        .cfi_adjust_cfa_offset -16
        iretq
        .cfi_endproc
        .size interrupt_entry, . - interrupt_entry
