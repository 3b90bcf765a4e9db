/* The console: COM1, with interrupt-driven rings in both directions. */
#pragma once

#include "types.h"

void console_init(void);

/* Turns to interrupt-driven output; before this, output polls. */
void console_start_interrupts(void);

__attribute__((format(printf, 1, 2))) void console_printf(const char *format, ...);
void console_put(char c);

/* Waits for a character. Task context only. */
char console_get(void);

/* Sends what is left in the ring and from now on polls. For panics and power-off. */
void console_flush(void);

/* IRQ 4. */
void console_interrupt(void);
