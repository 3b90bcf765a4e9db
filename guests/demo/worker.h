/* Task B: the worker. */
#pragma once

#include "types.h"

struct worker {
    u32 jobs_done;
    u64 last_result;
};

extern struct worker worker;

void worker_task(void);
