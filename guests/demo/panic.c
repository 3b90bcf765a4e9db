/* Panics: say what is known, then halt with interrupts off. */
#include "panic.h"

#include "boot_info.h"
#include "console.h"
#include "cpu.h"
#include "format.h"
#include "power.h"
#include "scheduler.h"

#define PAGE_FAULT_PRESENT (1u << 0)
#define PAGE_FAULT_WRITE (1u << 1)
#define PAGE_FAULT_FETCH (1u << 4)

#define CALL_DEPTH_MAX 12

/* SDM Vol. 3A, table 6-1. */
static const char *const exception_names[VECTOR_IRQ_BASE] = {
    [0] = "divide error",
    [1] = "debug exception",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack-segment fault",
    [13] = "general protection",
    [14] = "page fault",
    [16] = "x87 floating-point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating-point exception",
};

__attribute__((noreturn)) static void stop(void) {
    console_printf("*** halted\n");
    if (boot_info.options.panic_poweroff) poweroff();
    halt_forever();
}

static bool on_stack_of(const struct task *task, u64 address) {
    return task != NULL && address >= task->stack_base && address + 16 <= task->stack_end;
}

/* Follows the frame pointers, as long as they lie on the task's stack and lead upwards. */
static void print_calls(u64 rip, u64 rbp) {
    console_printf("    calls: %lx", rip);
    for (int depth = 0; depth < CALL_DEPTH_MAX && on_stack_of(current_task, rbp); depth++) {
        const u64 *frame = (const u64 *)rbp;
        if (frame[1] == 0) break;
        console_printf(" < %lx", frame[1]);
        if (frame[0] <= rbp) break;
        rbp = frame[0];
    }
    console_printf("\n");
}

static void print_place(u64 rip) {
    if (current_task != NULL) {
        console_printf("    in task %u (%s), tick %lu, RIP %016lx\n", current_task->id,
                       current_task->name, ticks, rip);
    } else {
        console_printf("    before the first task, RIP %016lx\n", rip);
    }
}

static void print_page_fault(u64 address, u64 error) {
    const char *access = error & PAGE_FAULT_FETCH   ? "fetch from"
                         : error & PAGE_FAULT_WRITE ? "write to"
                                                    : "read of";
    console_printf("*** PANIC: page fault: %s %016lx, which is %s\n", access, address,
                   error & PAGE_FAULT_PRESENT ? "protected" : "not mapped");
}

void panic_exception(const struct trap_frame *frame) {
    u64 cr2 = read_cr2();
    console_flush();
    if (frame->vector == VECTOR_PAGE_FAULT) {
        print_page_fault(cr2, frame->error_code);
    } else {
        const char *name = exception_names[frame->vector];
        console_printf("*** PANIC: %s (vector %lu), error code %lx\n", name ? name : "exception",
                       frame->vector, frame->error_code);
    }
    print_place(frame->rip);
    console_printf("    RAX %016lx RBX %016lx RCX %016lx\n", frame->rax, frame->rbx, frame->rcx);
    console_printf("    RDX %016lx RSI %016lx RDI %016lx\n", frame->rdx, frame->rsi, frame->rdi);
    console_printf("    RBP %016lx RSP %016lx R8  %016lx\n", frame->rbp, frame->rsp, frame->r8);
    console_printf("    R9  %016lx R10 %016lx R11 %016lx\n", frame->r9, frame->r10, frame->r11);
    console_printf("    R12 %016lx R13 %016lx R14 %016lx\n", frame->r12, frame->r13, frame->r14);
    console_printf("    R15 %016lx RFLAGS %08lx CR3 %08lx\n", frame->r15, frame->rflags, read_cr3());
    print_calls(frame->rip, frame->rbp);
    stop();
}

void panic(const char *format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    format_text(text, sizeof text, format, arguments);
    va_end(arguments);
    console_flush();
    console_printf("*** PANIC: %s\n", text);
    print_place((u64)__builtin_return_address(0));
    print_calls((u64)__builtin_return_address(0), (u64)__builtin_frame_address(0));
    stop();
}
