/* The end, when something went wrong. */
#pragma once

#include "interrupts.h"

__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *format, ...);
__attribute__((noreturn)) void panic_exception(const struct trap_frame *frame);
