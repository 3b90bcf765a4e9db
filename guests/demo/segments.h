/* The GDT and the TSS. */
#pragma once

#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define TASK_STATE 0x18

/* Index into the TSS's interrupt stack table for faults that cannot trust the current stack. */
#define DOUBLE_FAULT_IST 1

void segments_init(void);
