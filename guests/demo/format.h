/* Formatted text: a small part of printf. */
#pragma once

#include <stdarg.h>

#include "types.h"

/*
 * Writes at most `size` bytes, always ended by a NUL, and returns the length that the whole text
 * has: `size` or more means that it was cut. Knows %s %c %u %x %lu %lx %%, a width, and a leading
 * 0 or - before the width.
 */
size_t format_text(char *text, size_t size, const char *format, va_list arguments);
