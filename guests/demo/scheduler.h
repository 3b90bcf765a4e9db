/* Tasks, switched by the timer. */
#pragma once

#include "interrupts.h"
#include "types.h"

#define TASK_COUNT_MAX 6

enum task_state {
    TASK_UNUSED,
    TASK_RUNNABLE,
    TASK_SLEEPING, /* until ticks reaches wake_tick */
    TASK_WAITING,  /* until somebody calls task_wake for wait_for */
    TASK_FINISHED,
};

struct task {
    u32 id;
    enum task_state state;
    const char *name;
    void (*run)(void);
    struct trap_frame *frame; /* where it goes on, while it is not running */
    u64 stack_base;
    u64 stack_end;
    u64 wake_tick;
    const void *wait_for;
    u64 ticks_run;
    u64 switches;
};

extern volatile u64 ticks; /* timer interrupts since the start */
extern struct task tasks[TASK_COUNT_MAX];
extern struct task *current_task;

struct task *task_create(const char *name, void (*run)(void));

/* Lets the tasks run. The caller goes on as the idle task. */
__attribute__((noreturn)) void scheduler_start(void);

/* The two that entry.S comes to through interrupt_dispatch: each returns the frame to run next. */
struct trap_frame *scheduler_tick(struct trap_frame *frame);
struct trap_frame *scheduler_switch(struct trap_frame *frame);

void task_sleep(u64 tick_count);

/* Sleeps until task_wake(what). The caller has interrupts off, so that no wake is missed. */
void task_wait(const void *what);
void task_wake(const void *what);

const char *task_state_name(enum task_state state);
