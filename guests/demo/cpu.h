/* Instructions that C has no words for. */
#pragma once

#include "types.h"

#define RFLAGS_IF (1u << 9)

static inline void outb(u16 port, u8 value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outw(u16 port, u16 value) {
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 inb(u16 port) {
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline u64 read_cr2(void) {
    u64 value;
    __asm__ volatile("movq %%cr2, %0" : "=r"(value));
    return value;
}

static inline u64 read_cr3(void) {
    u64 value;
    __asm__ volatile("movq %%cr3, %0" : "=r"(value));
    return value;
}

static inline void write_cr3(u64 value) {
    __asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

/* Interrupts off; returns RFLAGS as it was, for irq_restore. */
static inline u64 irq_save(void) {
    u64 rflags;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(rflags) : : "memory");
    return rflags;
}

static inline void irq_restore(u64 rflags) {
    if (rflags & RFLAGS_IF) __asm__ volatile("sti" : : : "memory");
}

/* Stops for good: nothing but a reset wakes a CPU that halts with interrupts off. */
__attribute__((noreturn)) static inline void halt_forever(void) {
    for (;;) __asm__ volatile("cli; hlt");
}
