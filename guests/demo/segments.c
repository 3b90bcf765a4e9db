/* The GDT and the TSS (SDM Vol. 3A, 3.4.5 and 8.7). Tasks switch in software: one TSS is enough. */
#include "segments.h"

#include "types.h"

struct __attribute__((packed)) task_state_segment {
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7];
    u64 reserved2;
    u16 reserved3;
    u16 io_map_base;
};

struct __attribute__((packed)) table_pointer {
    u16 limit;
    u64 base;
};

static struct task_state_segment tss;
static u8 double_fault_stack[4096] __attribute__((aligned(16)));

static u64 gdt[] = {
    0,
    0x00af9b000000ffff, /* 64-bit code, ring 0 */
    0x00cf93000000ffff, /* data, ring 0 */
    0, 0,               /* TSS: filled in below, because it holds an address */
};

void segments_init(void) {
    tss.ist[DOUBLE_FAULT_IST - 1] = (u64)double_fault_stack + sizeof double_fault_stack;
    tss.io_map_base = sizeof tss;
    u64 base = (u64)&tss;
    u64 limit = sizeof tss - 1;
    gdt[TASK_STATE / 8] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[TASK_STATE / 8 + 1] = base >> 32;

    struct table_pointer pointer = {.limit = sizeof gdt - 1, .base = (u64)gdt};
    __asm__ volatile(
        "lgdt %0\n\t"
        "pushq %1\n\t"
        "leaq 1f(%%rip), %%rax\n\t"
        "pushq %%rax\n\t"
        "lretq\n"
        "1:\n\t"
        "movl %2, %%eax\n\t"
        "movl %%eax, %%ss\n\t"
        "movl %%eax, %%ds\n\t"
        "movl %%eax, %%es\n\t"
        "movl %3, %%eax\n\t"
        "ltr %%ax"
        :
        : "m"(pointer), "i"(KERNEL_CODE), "i"(KERNEL_DATA), "i"(TASK_STATE)
        : "rax", "memory");
}
