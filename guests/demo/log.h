/* Task A: the writer. It keeps a log, and submits a job for every entry. */
#pragma once

#include "heap.h"
#include "types.h"

#define LOG_COUNT 128
#define LOG_TEXT 48

enum log_state { LOG_OPEN, LOG_SEALED };

struct log_entry {
    u32 sequence;
    u32 bytes;
    u32 checksum;
    enum log_state state;
    char text[LOG_TEXT];
};
_Static_assert(sizeof(struct log_entry) == HEAP_CELL, "an entry is one heap cell");

extern struct log_entry *log_entries[LOG_COUNT];
extern u32 log_count;

__attribute__((format(printf, 2, 3))) void format_entry(struct log_entry *entry,
                                                        const char *format, ...);
void writer_task(void);
