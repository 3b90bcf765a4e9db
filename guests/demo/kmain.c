/* Where the kernel starts in C. */
#include "boot_info.h"
#include "console.h"
#include "interrupts.h"
#include "log.h"
#include "paging.h"
#include "scheduler.h"
#include "segments.h"
#include "shell.h"
#include "types.h"
#include "worker.h"

/* Called by boot.S with the loader's EBX and EAX. */
__attribute__((noreturn)) void kmain(u64 loader_info, u32 loader_magic) {
    boot_info_read(loader_magic, loader_info);
    console_init();
    console_printf("\nRetrovisor demo kernel, booted by %s, %lu MiB\n", boot_info.protocol,
                   boot_info.memory_bytes >> 20);
    if (boot_info.command_line[0] != '\0') {
        console_printf("command line: %s\n", boot_info.command_line);
    }
    segments_init();
    interrupts_init();
    paging_init();
    console_printf("paging, interrupts and a %u Hz timer are up; type help and Enter for a shell\n",
                   TIMER_HZ);
    task_create("writer", writer_task);
    task_create("worker", worker_task);
    task_create("shell", shell_task);
    console_start_interrupts();
    scheduler_start();
}
