/* Four-level paging (SDM Vol. 3A, 4.5). The address space is described in paging.h. */
#include "paging.h"

#include "cpu.h"
#include "panic.h"

#define PTE_PRESENT (1ull << 0)
#define PTE_WRITE (1ull << 1)
#define PTE_LARGE (1ull << 7)
#define PTE_GLOBAL (1ull << 8)
#define PTE_NO_EXECUTE (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

#define LEVEL_PML4 3
#define LEVEL_PD 1
#define LEVEL_PT 0

extern char text_start[], text_end[], rodata_start[], rodata_end[], data_start[], data_end[];

typedef u64 page_table[512];

static u64 next_frame = FRAMES_BASE;
static page_table *kernel_pml4;

/* A zeroed physical page. FRAMES_* is mapped where it is, so its address serves as a pointer. */
static u64 new_frame(void) {
    if (next_frame == FRAMES_BASE + FRAMES_SIZE) panic("out of page frames");
    u64 frame = next_frame;
    next_frame += PAGE_SIZE;
    memset((void *)frame, 0, PAGE_SIZE);
    return frame;
}

static u32 table_index(u64 address, u32 level) {
    return (address >> (12 + 9 * level)) & 511;
}

/* The entry for `address` in the table of `last_level`; makes the tables on the way. */
static u64 *find_entry(u64 address, u32 last_level) {
    page_table *table = kernel_pml4;
    for (u32 level = LEVEL_PML4; level > last_level; level--) {
        u64 *entry = &(*table)[table_index(address, level)];
        if (!(*entry & PTE_PRESENT)) *entry = new_frame() | PTE_PRESENT | PTE_WRITE;
        table = (page_table *)(*entry & PTE_ADDRESS);
    }
    return &(*table)[table_index(address, last_level)];
}

static void map_in_place(const char *start, const char *end, u64 rights) {
    for (u64 address = (u64)start; address < (u64)end; address += PAGE_SIZE) {
        *find_entry(address, LEVEL_PT) = address | PTE_PRESENT | PTE_GLOBAL | rights;
    }
}

void paging_map_new(u64 address, u64 size) {
    for (u64 at = address; at < address + size; at += PAGE_SIZE) {
        *find_entry(at, LEVEL_PT) = new_frame() | PTE_PRESENT | PTE_WRITE | PTE_GLOBAL |
                                    PTE_NO_EXECUTE;
    }
}

void paging_init(void) {
    kernel_pml4 = (page_table *)new_frame();
    map_in_place(text_start, text_end, 0);
    map_in_place(rodata_start, rodata_end, PTE_NO_EXECUTE);
    map_in_place(data_start, data_end, PTE_WRITE | PTE_NO_EXECUTE);
    *find_entry(FRAMES_BASE, LEVEL_PD) =
        FRAMES_BASE | PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_GLOBAL | PTE_NO_EXECUTE;
    paging_map_new(HEAP_BASE, HEAP_SIZE);
    write_cr3((u64)kernel_pml4);
}
