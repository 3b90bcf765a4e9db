/** Where things lie in a comparison guest's memory: layout.s has the same numbers, and the reasons. */

export const IMAGE = 0x100000;
export const STUBS = IMAGE + 0x400;
export const DOUBLE_FAULT = IMAGE + 0x3f0;
export const BASE = IMAGE + 0x4000;
export const ARENA = 0x20000;
export const ARENA_BYTES = 0x10000;
export const CASES = BASE + ARENA_BYTES;
export const STACK = 0x18000;
export const STACK_DF = 0x1b000;
export const ROM_BYTES = 0x100000;
/** The last 64 KiB of the ROM are its start. */
export const IMAGE_BYTES = ROM_BYTES - 0x10000;
export const MEMORY_BYTES = 16 << 20;

// --- the arena's pages

export const GDT = 0x20000;
export const LDT = 0x21000;
export const IDT = 0x22000;
export const TSS = 0x23000;
/** Tasks to switch to. */
export const TASKS = 0x23400;
export const TASK_BYTES = 0x100;
export const TSS_DF = 0x23f00;
/** The root of the paging structures, whatever the mode. */
export const ROOT = 0x24000;
export const TABLE_A = 0x25000;
export const TABLE_B = 0x26000;
/** Maps the arena and the monitor; identity. */
export const PT_LOW = 0x27000;
/** Maps TRIED. */
export const PT_TRIED = 0x28000;
/** Top of ring 0's stack while a case runs, and of the outer rings'. */
export const STACK0 = 0x29f00;
export const STACK3 = 0x2af00;
/** A page without a purpose yet. */
export const SPARE = 0x2b000;
/** Two pages of data. */
export const DATA = 0x2c000;
/** Code of ring 0 and of the other rings: INT3 but for the case's own. */
export const CODE = 0x2e000;
export const CODE_USER = 0x2f000;
/** Where in these pages a case's code begins. */
export const ENTRY = 0x100;

/** Linear addresses whose translation paging cases vary: the first page of PT_TRIED. */
export const TRIED = 0x400000;

// --- selectors

export const CODE0 = 0x08;
export const DATA0 = 0x10;
export const CODE3 = 0x1b;
export const DATA3 = 0x23;
export const MAIN_TSS = 0x28;
export const DF_TSS = 0x30;
/** In 32-bit modes; in 64-bit mode the TSS takes two entries, and the LDT's descriptor is at 0x38 too. */
export const MAIN_LDT = 0x38;
/** In 64-bit mode: 32-bit code of rings 0 and 3, 64-bit code of ring 3. */
export const CODE1 = 0x49;
export const DATA1 = 0x51;
export const CODE2 = 0x5a;
export const DATA2 = 0x62;
/** Entries from here on are a case's own. */
export const FREE = 0x80;
export const GDT_LIMIT = 0xff;
export const LDT_LIMIT = 0x3f;
