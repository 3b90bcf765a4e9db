/* What the boot loader told us. */
#pragma once

#include "types.h"

struct boot_options {
    bool bug;            /* bug=off: the planted bug is repaired */
    bool panic_poweroff; /* panic=poweroff: a panic powers off instead of halting */
    bool stay;           /* stay: keep the shell when all jobs are done */
};

struct boot_info {
    const char *protocol;
    u64 memory_bytes;
    char command_line[128];
    struct boot_options options;
};

extern struct boot_info boot_info;

/* Reads the loader's structures; they are out of reach once paging_init has run. */
void boot_info_read(u32 magic, u64 address);
