/* The kernel heap: a map of one byte per cell, and first fit. */
#include "heap.h"

#include "cpu.h"
#include "paging.h"
#include "panic.h"

#define CELL_COUNT (HEAP_SIZE / HEAP_CELL)

static bool cell_used[CELL_COUNT];
u32 heap_cells_used;

static size_t cells_for(size_t size) {
    return (size + HEAP_CELL - 1) / HEAP_CELL;
}

static void mark_cells(size_t first, size_t count, bool used) {
    for (size_t i = first; i < first + count; i++) {
        if (cell_used[i] == used) panic("heap: cell %lu is %s", i, used ? "taken" : "free already");
        cell_used[i] = used;
    }
}

void *kmalloc(size_t size) {
    size_t wanted = cells_for(size);
    u64 rflags = irq_save();
    size_t run = 0; /* free cells just before `cell` */
    for (size_t cell = 0; cell < CELL_COUNT; cell++) {
        run = cell_used[cell] ? 0 : run + 1;
        if (run < wanted) continue;
        size_t first = cell + 1 - wanted;
        mark_cells(first, wanted, true);
        heap_cells_used += wanted;
        irq_restore(rflags);
        return memset((void *)(HEAP_BASE + first * HEAP_CELL), 0, wanted * HEAP_CELL);
    }
    panic("heap: no room for %lu bytes", size);
}

void kfree(void *memory, size_t size) {
    u64 rflags = irq_save();
    mark_cells(((u64)memory - HEAP_BASE) / HEAP_CELL, cells_for(size), false);
    heap_cells_used -= cells_for(size);
    irq_restore(rflags);
}
