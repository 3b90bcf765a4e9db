/* A round-robin scheduler: each tick of the timer hands the CPU to the next runnable task. */
#include "scheduler.h"

#include "cpu.h"
#include "paging.h"
#include "panic.h"
#include "segments.h"

#define STACK_SIZE (2 * PAGE_SIZE)

extern char boot_stack[], boot_stack_end[];

volatile u64 ticks;
struct task tasks[TASK_COUNT_MAX];
struct task *current_task;

static u32 task_count;
static struct task *idle_task;

static void yield(void) {
    __asm__ volatile("int %0" : : "i"(VECTOR_YIELD) : "memory");
}

/* Where every task starts. */
__attribute__((noreturn)) static void task_main(void) {
    current_task->run();
    irq_save();
    current_task->state = TASK_FINISHED;
    yield();
    panic("a finished task ran");
}

struct task *task_create(const char *name, void (*run)(void)) {
    if (task_count == TASK_COUNT_MAX) panic("too many tasks");
    u32 id = task_count++;
    struct task *task = &tasks[id];
    /* The stack lies at the end of its slot, with unmapped memory on both sides. */
    u64 stack_end = STACKS_BASE + (id + 1) * STACK_SPACING - PAGE_SIZE;
    u64 stack_base = stack_end - STACK_SIZE;
    paging_map_new(stack_base, STACK_SIZE);

    /* As if task_main had been called, by nobody, and interrupted at its first instruction. */
    u64 *return_address = (u64 *)(stack_end - 8);
    struct trap_frame *frame = (struct trap_frame *)(stack_end - 16 - sizeof *frame);
    frame->rip = (u64)task_main;
    frame->cs = KERNEL_CODE;
    frame->rflags = RFLAGS_IF | 2;
    frame->rsp = (u64)return_address;
    frame->ss = KERNEL_DATA;

    *task = (struct task){
        .id = id,
        .state = TASK_RUNNABLE,
        .name = name,
        .run = run,
        .frame = frame,
        .stack_base = stack_base,
        .stack_end = stack_end,
    };
    return task;
}

/* What has run since the boot loader becomes the idle task, on the stack that boot.S made. */
__attribute__((noreturn)) void scheduler_start(void) {
    idle_task = &tasks[task_count];
    *idle_task = (struct task){
        .id = task_count++,
        .state = TASK_RUNNABLE,
        .name = "idle",
        .stack_base = (u64)boot_stack,
        .stack_end = (u64)boot_stack_end,
    };
    current_task = idle_task;
    for (;;) __asm__ volatile("sti; hlt");
}

static void wake_sleepers(void) {
    for (u32 i = 0; i < task_count; i++) {
        struct task *task = &tasks[i];
        if (task->state == TASK_SLEEPING && ticks >= task->wake_tick) task->state = TASK_RUNNABLE;
    }
}

/* The next runnable task after the current one; the idle task only if there is no other. */
static struct task *pick_next(void) {
    for (u32 step = 1; step <= task_count; step++) {
        struct task *task = &tasks[(current_task->id + step) % task_count];
        if (task != idle_task && task->state == TASK_RUNNABLE) return task;
    }
    return idle_task;
}

struct trap_frame *scheduler_switch(struct trap_frame *frame) {
    struct task *next = pick_next();
    if (next == current_task) return frame;
    current_task->frame = frame;
    current_task = next;
    next->switches++;
    return next->frame;
}

struct trap_frame *scheduler_tick(struct trap_frame *frame) {
    ticks++;
    current_task->ticks_run++;
    wake_sleepers();
    return scheduler_switch(frame);
}

void task_sleep(u64 tick_count) {
    u64 rflags = irq_save();
    current_task->wake_tick = ticks + tick_count;
    current_task->state = TASK_SLEEPING;
    yield();
    irq_restore(rflags);
}

void task_wait(const void *what) {
    current_task->wait_for = what;
    current_task->state = TASK_WAITING;
    yield();
}

void task_wake(const void *what) {
    for (u32 i = 0; i < task_count; i++) {
        struct task *task = &tasks[i];
        if (task->state == TASK_WAITING && task->wait_for == what) task->state = TASK_RUNNABLE;
    }
}

const char *task_state_name(enum task_state state) {
    switch (state) {
    case TASK_UNUSED:
        return "unused";
    case TASK_RUNNABLE:
        return "runnable";
    case TASK_SLEEPING:
        return "sleeping";
    case TASK_WAITING:
        return "waiting";
    case TASK_FINISHED:
        return "finished";
    }
    return "?";
}
