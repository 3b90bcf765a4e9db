/* The shell on the console: one word per line. It is silent until something is typed. */
#include "shell.h"

#include "console.h"
#include "cpu.h"
#include "heap.h"
#include "jobs.h"
#include "log.h"
#include "power.h"
#include "scheduler.h"
#include "worker.h"

#define LINE_SIZE 64

struct command {
    const char *name;
    const char *help;
    void (*run)(void);
};

static void command_help(void);

static void command_ps(void) {
    for (u32 i = 0; i < TASK_COUNT_MAX; i++) {
        const struct task *task = &tasks[i];
        if (task->state == TASK_UNUSED) continue;
        console_printf("%u %-8s %-8s %6lu ticks %6lu switches\n", task->id, task->name,
                       task_state_name(task->state), task->ticks_run, task->switches);
    }
    console_printf("tick %lu, %u heap cells used\n", ticks, heap_cells_used);
}

/* Walks the queue as it is: with the planted bug, this finds the wild pointer before task B does. */
static void command_list(void) {
    u64 rflags = irq_save();
    for (struct list_node *node = job_queue.head; node != NULL; node = node->next) {
        const struct job *job = CONTAINER_OF(node, struct job, link);
        console_printf("job %3u %s\n", job->id, job_kind_name(job->kind));
    }
    console_printf("%u jobs wait, %u are done\n", job_queue.length, worker.jobs_done);
    irq_restore(rflags);
}

static void command_log(void) {
    u32 first = log_count > 8 ? log_count - 8 : 0;
    for (u32 i = first; i < log_count; i++) {
        /* Not "%s": an entry's text may lack its NUL. */
        for (u32 at = 0; at < LOG_TEXT && log_entries[i]->text[at] != '\0'; at++) {
            console_put(log_entries[i]->text[at]);
        }
        console_put('\n');
    }
}

/* Page 0 is not mapped. */
static void command_crash(void) {
    struct job *volatile nothing = NULL;
    nothing->result = 1;
}

static const struct command commands[] = {
    {"help", "this list", command_help},
    {"ps", "the tasks", command_ps},
    {"list", "the jobs that wait", command_list},
    {"log", "the last log entries", command_log},
    {"crash", "write to address 0", command_crash},
    {"poweroff", "switch the machine off", poweroff},
};

static void command_help(void) {
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        console_printf("%-10s %s\n", commands[i].name, commands[i].help);
    }
}

/* Reads a line with echo and backspace; what does not fit is dropped. */
static void read_line(char *line, size_t size) {
    size_t length = 0;
    for (;;) {
        char c = console_get();
        if (c == '\r' || c == '\n') {
            console_put('\n');
            line[length] = '\0';
            return;
        }
        if (c == '\b' || c == 0x7f) {
            if (length > 0) {
                length--;
                console_printf("\b \b");
            }
        } else if (c >= ' ' && length + 1 < size) {
            line[length++] = c;
            console_put(c);
        }
    }
}

static void run_command(const char *line) {
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strings_equal(line, commands[i].name)) {
            commands[i].run();
            return;
        }
    }
    if (line[0] != '\0') console_printf("%s: no such command; try help\n", line);
}

void shell_task(void) {
    char line[LINE_SIZE];
    for (;;) {
        read_line(line, sizeof line);
        run_command(line);
        console_printf("demo> ");
    }
}
