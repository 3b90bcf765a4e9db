/* The jobs that task A submits and task B does. */
#pragma once

#include "list.h"
#include "log.h"
#include "types.h"

enum job_kind {
    JOB_CHECKSUM,  /* of `argument` bytes of the kernel's code */
    JOB_PRIMES,    /* how many there are below `argument` */
    JOB_FIBONACCI, /* of `argument`, by recursion */
    JOB_SORT,      /* `argument` numbers; the result is their median */
    JOB_KIND_COUNT,
};

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE };

struct job {
    struct list_node link; /* in job_queue */
    u32 id;
    enum job_kind kind;
    enum job_state state;
    u32 argument;
    u64 result;
    struct log_entry *entry;
};

extern struct list_queue job_queue;

void job_submit(u32 id, struct log_entry *entry);

/* The next job, or NULL. */
struct job *job_take(void);

u64 job_run(struct job *job);
const char *job_kind_name(enum job_kind kind);
