/* The kernel heap. */
#pragma once

#include "types.h"

/* Memory comes in cells of this size, on as many cells as it takes, without headers in between. */
#define HEAP_CELL 64

void *kmalloc(size_t size);
void kfree(void *memory, size_t size);

extern u32 heap_cells_used;
