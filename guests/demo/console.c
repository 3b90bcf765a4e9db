/* The console on a 16550 UART at COM1 (PC16550D data sheet). */
#include "console.h"

#include "cpu.h"
#include "format.h"
#include "scheduler.h"

#define COM1 0x3f8
#define UART_DATA (COM1 + 0)
#define UART_IER (COM1 + 1)
#define UART_IIR (COM1 + 2)
#define UART_FCR (COM1 + 2)
#define UART_LCR (COM1 + 3)
#define UART_MCR (COM1 + 4)
#define UART_LSR (COM1 + 5)
#define UART_MSR (COM1 + 6)

#define IER_RECEIVED 0x01
#define IER_TRANSMIT_EMPTY 0x02
#define IIR_NONE_PENDING 0x01
#define IIR_ID 0x0e
#define IIR_MODEM_STATUS 0x00
#define IIR_TRANSMIT_EMPTY 0x02
#define FCR_ENABLE_AND_CLEAR 0x07
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define MCR_DTR_RTS_OUT2 0x0b /* OUT2 lets the interrupt through to the PIC */
#define LSR_DATA_READY 0x01
#define LSR_TRANSMIT_EMPTY 0x20

#define TRANSMIT_FIFO 16

/* A ring with one writer and one reader, of which one may be the interrupt handler. */
struct ring {
    u32 head; /* written next */
    u32 tail; /* read next */
    char bytes[1024];
};

static struct ring output;
static struct ring input;
static bool interrupts_on;

static bool ring_empty(const struct ring *ring) {
    return ring->head == ring->tail;
}

static bool ring_full(const struct ring *ring) {
    return ring->head - ring->tail == sizeof ring->bytes;
}

static void ring_put(struct ring *ring, char c) {
    ring->bytes[ring->head++ % sizeof ring->bytes] = c;
}

static char ring_get(struct ring *ring) {
    return ring->bytes[ring->tail++ % sizeof ring->bytes];
}

void console_init(void) {
    outb(UART_IER, 0);
    outb(UART_LCR, LCR_DLAB);
    outb(COM1 + 0, 1); /* divisor 1: 115200 baud */
    outb(COM1 + 1, 0);
    outb(UART_LCR, LCR_8N1);
    outb(UART_FCR, FCR_ENABLE_AND_CLEAR);
    outb(UART_MCR, MCR_DTR_RTS_OUT2);
}

void console_start_interrupts(void) {
    interrupts_on = true;
    outb(UART_IER, IER_RECEIVED);
}

static void send_polling(char c) {
    while (!(inb(UART_LSR) & LSR_TRANSMIT_EMPTY)) {
    }
    outb(UART_DATA, (u8)c);
}

static void put_raw(char c) {
    if (!interrupts_on) {
        send_polling(c);
        return;
    }
    u64 rflags = irq_save();
    if (ring_full(&output)) send_polling(ring_get(&output));
    bool was_empty = ring_empty(&output);
    ring_put(&output, c);
    if (was_empty) outb(UART_IER, IER_RECEIVED | IER_TRANSMIT_EMPTY);
    irq_restore(rflags);
}

void console_put(char c) {
    if (c == '\n') put_raw('\r');
    put_raw(c);
}

void console_printf(const char *format, ...) {
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    format_text(text, sizeof text, format, arguments);
    va_end(arguments);
    /* Interrupts stay off for the whole text, so that tasks' lines do not mix. */
    u64 rflags = irq_save();
    for (const char *c = text; *c != '\0'; c++) console_put(*c);
    irq_restore(rflags);
}

char console_get(void) {
    u64 rflags = irq_save();
    while (ring_empty(&input)) task_wait(&input);
    char c = ring_get(&input);
    irq_restore(rflags);
    return c;
}

void console_flush(void) {
    irq_save();
    interrupts_on = false;
    outb(UART_IER, 0);
    while (!ring_empty(&output)) send_polling(ring_get(&output));
}

static void fill_transmitter(void) {
    for (u32 i = 0; i < TRANSMIT_FIFO && !ring_empty(&output); i++) {
        outb(UART_DATA, (u8)ring_get(&output));
    }
    if (ring_empty(&output)) outb(UART_IER, IER_RECEIVED);
}

static void drain_receiver(void) {
    while (inb(UART_LSR) & LSR_DATA_READY) {
        char c = (char)inb(UART_DATA);
        if (!ring_full(&input)) ring_put(&input, c);
    }
    task_wake(&input);
}

void console_interrupt(void) {
    for (;;) {
        u8 iir = inb(UART_IIR);
        if (iir & IIR_NONE_PENDING) return;
        switch (iir & IIR_ID) {
        case IIR_TRANSMIT_EMPTY:
            fill_transmitter();
            break;
        case IIR_MODEM_STATUS:
            inb(UART_MSR);
            break;
        default: /* data, a character time-out, or a line error: reading LSR and data clears each */
            drain_receiver();
            break;
        }
    }
}
