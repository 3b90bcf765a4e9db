/*
 * Page tables and the kernel's address space:
 *
 *   0x0000000000100000  the kernel, where it was loaded: text r-x, constants r--, data rw-
 *   0x0000000000400000  2 MiB that page tables and mapped pages are taken from, rw-
 *   0xffff900000000000  the heap, 1 MiB, rw-
 *   0xffffa00000000000  the tasks' stacks, 64 KiB apart, rw-, with nothing mapped around them
 *
 * Everything else, page 0 among it, is not mapped.
 */
#pragma once

#include "types.h"

#define FRAMES_BASE 0x0000000000400000ull
#define FRAMES_SIZE 0x0000000000200000ull
#define HEAP_BASE 0xffff900000000000ull
#define HEAP_SIZE 0x0000000000100000ull
#define STACKS_BASE 0xffffa00000000000ull
#define STACK_SPACING 0x10000ull

void paging_init(void);

/* Maps fresh, zeroed memory, readable and writable and not executable. */
void paging_map_new(u64 address, u64 size);
