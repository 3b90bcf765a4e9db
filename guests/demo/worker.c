/* Task B: the worker. It does the jobs in the order of the queue, with a rest after each. */
#include "worker.h"

#include "boot_info.h"
#include "console.h"
#include "jobs.h"
#include "power.h"
#include "scheduler.h"

#define REST_TICKS 3
#define REPORT_EVERY 8

struct worker worker;

static void do_job(struct job *job) {
    job->state = JOB_RUNNING;
    job->result = job_run(job);
    job->state = JOB_DONE;
    worker.last_result = job->result;
    worker.jobs_done++;
    if (job->id % REPORT_EVERY == 0) {
        console_printf("task B: did job %u (%s): %lu, %u waiting\n", job->id,
                       job_kind_name(job->kind), job->result, job_queue.length);
    }
}

void worker_task(void) {
    struct job *job = NULL;
    while (worker.jobs_done < LOG_COUNT) {
        struct job *next = job_take();
        if (next != NULL) {
            job = next;
            do_job(job);
        }
        task_sleep(REST_TICKS);
    }
    console_printf("task B: all %u jobs done, the last result is %lu\n", worker.jobs_done,
                   job->result);
    if (!boot_info.options.stay) poweroff();
}
