/* Interrupts and exceptions. */
#pragma once

#include "types.h"

#define VECTOR_PAGE_FAULT 14
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_IRQ_BASE 32
#define VECTOR_YIELD 48
#define VECTOR_COUNT 49

#define IRQ_TIMER 0
#define IRQ_COM1 4

#define TIMER_HZ 1000

/* What entry.S leaves on the stack; changes here need changes there. */
struct trap_frame {
    u64 r15, r14, r13, r12, r11, r10, r9, r8;
    u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vector;
    u64 error_code;
    u64 rip, cs, rflags, rsp, ss;
};

void interrupts_init(void);

/* Called by entry.S with interrupts off; returns the frame to return to. */
struct trap_frame *interrupt_dispatch(struct trap_frame *frame);
