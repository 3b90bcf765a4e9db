/*
 * Task A: the writer. Every other tick it writes a log entry and submits a job for it; some
 * entries later, it seals the entry by giving its text the checksum of what was logged.
 */
#include "log.h"

#include "boot_info.h"
#include "console.h"
#include "format.h"
#include "jobs.h"
#include "scheduler.h"

#define TICKS_PER_ENTRY 2
#define SEAL_DELAY 4
#define REPORT_EVERY 8

static const char ELLIPSIS[] = "...";

struct log_entry *log_entries[LOG_COUNT];
u32 log_count;

/* Gives the entry its text. A text that is too long is cut and ends in an ellipsis. */
void format_entry(struct log_entry *entry, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text(entry->text, LOG_TEXT, format, arguments);
    va_end(arguments);
    if (length >= LOG_TEXT) {
        char *end = entry->text + LOG_TEXT;
        if (!boot_info.options.bug) end -= sizeof ELLIPSIS;
        for (size_t i = 0; i < sizeof ELLIPSIS; i++) end[i] = ELLIPSIS[i];
    }
}

/* Stands for the data that a real log would have: so many bytes, each a function of its place. */
static u32 checksum_payload(u32 sequence, u32 bytes) {
    u32 checksum = 0x811c9dc5; /* FNV-1a, 32 bits */
    for (u32 i = 0; i < bytes; i++) checksum = (checksum ^ ((sequence * 31 + i) & 0xff)) * 0x01000193;
    return checksum;
}

static struct log_entry *open_entry(u32 sequence) {
    struct log_entry *entry = kmalloc(sizeof *entry);
    entry->sequence = sequence;
    entry->bytes = 200 + sequence * 37 % 800;
    format_entry(entry, "log %u by task A: open", sequence);
    log_entries[log_count++] = entry;
    return entry;
}

static void seal_entry(struct log_entry *entry) {
    entry->checksum = checksum_payload(entry->sequence, entry->bytes);
    format_entry(entry, "log %u by task A: %04u bytes, checksum %08x", entry->sequence, entry->bytes,
                 entry->checksum);
    entry->state = LOG_SEALED;
}

void writer_task(void) {
    for (u32 sequence = 1; sequence <= LOG_COUNT; sequence++) {
        struct log_entry *entry = open_entry(sequence);
        job_submit(sequence, entry);
        if (sequence > SEAL_DELAY) seal_entry(log_entries[sequence - SEAL_DELAY - 1]);
        if (sequence % REPORT_EVERY == 0) console_printf("task A: wrote log %u\n", sequence);
        task_sleep(TICKS_PER_ENTRY);
    }
    for (u32 i = LOG_COUNT - SEAL_DELAY; i < LOG_COUNT; i++) seal_entry(log_entries[i]);
    console_printf("task A: all %u logs written\n", LOG_COUNT);
}
