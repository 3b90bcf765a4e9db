/* The job queue and what the jobs compute. This file is compiled with -O1: see the Makefile. */
#include "jobs.h"

#include "cpu.h"
#include "heap.h"

extern const u8 text_start[];

struct list_queue job_queue;

void job_submit(u32 id, struct log_entry *entry) {
    static const u32 arguments[JOB_KIND_COUNT] = {4096, 2000, 15, 200};
    struct job *job = kmalloc(sizeof *job);
    job->id = id;
    job->kind = (id + id / 8) % JOB_KIND_COUNT;
    job->argument = arguments[job->kind];
    job->entry = entry;
    u64 rflags = irq_save();
    queue_push(&job_queue, &job->link);
    irq_restore(rflags);
}

struct job *job_take(void) {
    u64 rflags = irq_save();
    struct list_node *node = queue_pop(&job_queue);
    irq_restore(rflags);
    return node == NULL ? NULL : CONTAINER_OF(node, struct job, link);
}

/* CRC-32 as in Ethernet, bit by bit. */
static u32 crc32(const u8 *data, size_t length) {
    u32 crc = ~0u;
    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* The sieve of Eratosthenes. */
static u32 count_primes(u32 limit) {
    bool *composite = kmalloc(limit);
    u32 count = 0;
    for (u32 n = 2; n < limit; n++) {
        if (composite[n]) continue;
        count++;
        for (u32 multiple = 2 * n; multiple < limit; multiple += n) composite[multiple] = true;
    }
    kfree(composite, limit);
    return count;
}

__attribute__((noinline)) static u64 fibonacci(u32 n) {
    if (n < 2) return n;
    return fibonacci(n - 1) + fibonacci(n - 2);
}

static inline __attribute__((always_inline)) void swap(u32 *a, u32 *b) {
    u32 kept = *a;
    *a = *b;
    *b = kept;
}

/* Insertion sort of pseudo-random numbers. */
static u32 sort_median(u32 count, u32 seed) {
    u32 *numbers = kmalloc(count * sizeof *numbers);
    for (u32 i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        numbers[i] = seed >> 16;
    }
    for (u32 i = 1; i < count; i++) {
        for (u32 at = i; at > 0 && numbers[at - 1] > numbers[at]; at--) {
            swap(&numbers[at - 1], &numbers[at]);
        }
    }
    u32 median = numbers[count / 2];
    kfree(numbers, count * sizeof *numbers);
    return median;
}

u64 job_run(struct job *job) {
    switch (job->kind) {
    case JOB_CHECKSUM:
        return crc32(text_start, job->argument);
    case JOB_PRIMES:
        return count_primes(job->argument);
    case JOB_FIBONACCI:
        return fibonacci(job->argument);
    case JOB_SORT:
        return sort_median(job->argument, job->id);
    case JOB_KIND_COUNT:
        break;
    }
    return 0;
}

const char *job_kind_name(enum job_kind kind) {
    static const char *const names[JOB_KIND_COUNT] = {"checksum", "primes", "fibonacci", "sort"};
    return kind < JOB_KIND_COUNT ? names[kind] : "?";
}
