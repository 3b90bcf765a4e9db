/*
 * The IDT (SDM Vol. 3A, 6.14), the two 8259A interrupt controllers and channel 0 of the 8254 timer.
 */
#include "interrupts.h"

#include "console.h"
#include "cpu.h"
#include "panic.h"
#include "scheduler.h"
#include "segments.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA 0xa1
#define PIC_ICW1 0x11 /* edge triggered, cascade, ICW4 follows */
#define PIC_ICW4 0x01 /* 8086 mode, normal end of interrupt */
#define PIC_EOI 0x20
#define PIC_READ_ISR 0x0b

#define PIT_CHANNEL0 0x40
#define PIT_COMMAND 0x43
#define PIT_CHANNEL0_MODE2 0x34
#define PIT_HZ 1193182

#define GATE_INTERRUPT 0x8e /* present, ring 0, 64-bit interrupt gate */

struct __attribute__((packed)) idt_gate {
    u16 offset_low;
    u16 selector;
    u8 ist;
    u8 type;
    u16 offset_middle;
    u32 offset_high;
    u32 reserved;
};

struct __attribute__((packed)) table_pointer {
    u16 limit;
    u64 base;
};

/* entry.S */
extern const char vector_stubs[VECTOR_COUNT][16];

static struct idt_gate idt[VECTOR_COUNT];

static void idt_init(void) {
    for (u32 vector = 0; vector < VECTOR_COUNT; vector++) {
        u64 stub = (u64)vector_stubs[vector];
        idt[vector] = (struct idt_gate){
            .offset_low = stub & 0xffff,
            .selector = KERNEL_CODE,
            .ist = vector == VECTOR_DOUBLE_FAULT ? DOUBLE_FAULT_IST : 0,
            .type = GATE_INTERRUPT,
            .offset_middle = stub >> 16 & 0xffff,
            .offset_high = stub >> 32,
        };
    }
    struct table_pointer pointer = {.limit = sizeof idt - 1, .base = (u64)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

/* IRQs 0-15 become vectors 32-47, out of the way of exceptions; only timer and COM1 are let in. */
static void pic_init(void) {
    outb(PIC1_COMMAND, PIC_ICW1);
    outb(PIC2_COMMAND, PIC_ICW1);
    outb(PIC1_DATA, VECTOR_IRQ_BASE);
    outb(PIC2_DATA, VECTOR_IRQ_BASE + 8);
    outb(PIC1_DATA, 1 << 2); /* the second PIC is at the first one's input 2 */
    outb(PIC2_DATA, 2);
    outb(PIC1_DATA, PIC_ICW4);
    outb(PIC2_DATA, PIC_ICW4);
    outb(PIC1_DATA, (u8) ~(1 << IRQ_TIMER | 1 << IRQ_COM1));
    outb(PIC2_DATA, 0xff);
}

static void pit_init(void) {
    u16 divisor = PIT_HZ / TIMER_HZ;
    outb(PIT_COMMAND, PIT_CHANNEL0_MODE2);
    outb(PIT_CHANNEL0, divisor & 0xff);
    outb(PIT_CHANNEL0, divisor >> 8);
}

void interrupts_init(void) {
    idt_init();
    pic_init();
    pit_init();
}

/* An IRQ 7 or 15 that no device raised: its in-service bit is not set, and it wants no EOI. */
static bool is_spurious(u32 irq) {
    if (irq != 7 && irq != 15) return false;
    u16 command = irq == 7 ? PIC1_COMMAND : PIC2_COMMAND;
    outb(command, PIC_READ_ISR);
    return (inb(command) & 0x80) == 0;
}

static struct trap_frame *handle_irq(struct trap_frame *frame, u32 irq) {
    if (is_spurious(irq)) {
        if (irq == 15) outb(PIC1_COMMAND, PIC_EOI); /* the cascade input was in service */
        return frame;
    }
    if (irq >= 8) outb(PIC2_COMMAND, PIC_EOI);
    outb(PIC1_COMMAND, PIC_EOI);
    switch (irq) {
    case IRQ_TIMER:
        return scheduler_tick(frame);
    case IRQ_COM1:
        console_interrupt();
        return frame;
    default:
        return frame;
    }
}

struct trap_frame *interrupt_dispatch(struct trap_frame *frame) {
    if (frame->vector < VECTOR_IRQ_BASE) panic_exception(frame);
    if (frame->vector == VECTOR_YIELD) return scheduler_switch(frame);
    return handle_irq(frame, (u32)frame->vector - VECTOR_IRQ_BASE);
}
