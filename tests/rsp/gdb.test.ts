/**
 * The real gdb on the demo guest. What it prints is compared where it speaks of the guest; the words
 * around differ from version to version.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import type { DebugTarget } from '../../src/target/index.ts';
import { DEMO_ELF, demoTarget } from './demo.ts';
import { GDB, gdb } from './gdb.ts';

if (!GDB) console.warn('\n*** gdb is not installed: the tests with the real gdb are skipped ***\n');

let target: DebugTarget;

beforeAll(() => {
  if (GDB) target = demoTarget();
});

async function at(mark: string, commands: readonly string[]): Promise<string[]> {
  await target.seekTo(target.resolve(mark));
  return gdb(target, DEMO_ELF, commands);
}

/** The lines of the output that say one of these things, in their order. */
const said = (lines: readonly string[], what: RegExp): string[] =>
  lines.flatMap((line) => what.exec(line)?.[0] ?? []);

describe.skipIf(!GDB)('gdb', () => {
  test('attaches to a guest in any mode, and reads it', async () => {
    const lines = await at('start', ['info registers rip cr0 mode', 'x/2i $rip', 'stepi', 'frame']);
    expect(said(lines, /^cr0 .*/)).toEqual(['cr0            0x31                [ PE ET NE ]']);
    expect(said(lines, /^(=>| {2}) 0x10002\d.*/)).toEqual([
      '=> 0x100020 <_start>:\tcli',
      '   0x100021 <_start+1>:\tcld',
    ]);
    expect(lines.join('\n')).not.toMatch(/warning|error/i);
  });

  test('steps by lines in both directions', async () => {
    const lines = await at('start', [
      'break kmain',
      'continue',
      'next',
      'next',
      'reverse-next',
      'step',
      'reverse-finish',
      'backtrace',
    ]);
    expect(said(lines, /^\d+\t.*;/)).toMatchInlineSnapshot(`
      [
        "15	    boot_info_read(loader_magic, loader_info);",
        "16	    console_init();",
        "18	                   boot_info.memory_bytes >> 20);",
        "16	    console_init();",
        "61	    outb(UART_IER, 0);",
        "16	    console_init();",
      ]
    `);
    expect(said(lines, /^#\d.*/)).toMatchInlineSnapshot(`
      [
        "#0  kmain (loader_info=4096, loader_magic=0) at guests/demo/kmain.c:16",
        "#1  0x00000000001000ec in start64 () at guests/demo/boot.S:127",
        "#2  0x0000000000000000 in ?? ()",
      ]
    `);
  });

  test('watches a variable in both directions', async () => {
    const lines = await at('50%', [
      'watch job_queue.length',
      'continue',
      'continue',
      'reverse-continue',
      'reverse-continue',
      'reverse-continue',
    ]);
    expect(said(lines, /^(Old|New) value = \d+/)).toMatchInlineSnapshot(`
      [
        "Old value = 25",
        "New value = 24",
        "Old value = 24",
        "New value = 25",
        "Old value = 25",
        "New value = 24",
        "Old value = 24",
        "New value = 25",
        "Old value = 25",
        "New value = 24",
      ]
    `);
  });

  test('evaluates conditions on the target', async () => {
    const lines = await at('start', [
      'break queue_push if queue->length == 20',
      'continue',
      'print queue->length',
      'info breakpoints',
      'reverse-continue',
      'continue',
      'print queue->length',
    ]);
    expect(said(lines, /^\$\d = \d+/)).toEqual(['$1 = 20', '$2 = 20']);
    expect(said(lines, /target evals/)).toHaveLength(1);
  });

  test('prints with dprintf without stopping', async () => {
    const lines = await at('start', [
      'set dprintf-style agent',
      'dprintf worker.c:30, "job %d kind %u\\n", job->id, job->kind',
      'tbreak log.c:62 if sequence == 12',
      'continue',
    ]);
    expect(said(lines, /^job \d+ kind \d+/)).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((job) => `job ${job} kind ${job % 4}`),
    );
  });

  test('reaches both ends of the recording', async () => {
    const lines = await at('start', ['reverse-stepi', 'continue', 'backtrace 3', 'stepi']);
    expect(said(lines, /No more reverse-execution history/)).toHaveLength(3);
    expect(said(lines, /^#\d.*/)).toMatchInlineSnapshot(`
      [
        "#0  0x0000000000102c94 in halt_forever () at guests/demo/cpu.h:51",
        "#1  0x0000000000102cbf in stop () at guests/demo/panic.c:42",
        "#2  0x0000000000103062 in panic_exception (frame=0xffffa0000001eed0) at guests/demo/panic.c:97",
      ]
    `);
  });

  test('reads everything there is: registers, types, structures, memory', async () => {
    const lines = await at('50%', [
      'hbreak queue_push if queue->length >= 20',
      'continue',
      'info all-registers',
      'ptype struct job',
      'print *(struct job *) node',
      'print sizeof(struct log_entry)',
      'print queue->length * 2 + 1',
      'x/2i $rip',
      'find /w queue, +24, queue->length',
      'compare-sections .rodata',
      'info threads',
      'monitor info registers',
      'monitor info tlb',
      'monitor irqs 2',
      'monitor exits 2',
      'monitor page-walk $rip',
    ]);
    const text = lines.join('\n');
    for (const name of [
      'rax',
      'st7',
      'xmm15',
      'mxcsr',
      'fs_base',
      'cr4',
      'efer',
      'tr_base',
      'icount',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} +\\S`, 'm'));
    }
    expect(text).toMatch(/type = struct job \{\n {4}struct list_node link;/);
    expect(text).toMatch(/\$1 = \{link = \{next = 0x/);
    expect(text).toMatch(/^\$3 = (41|43|45|47|49|51|53|55|57)$/m);
    expect(text).toMatch(/^=> 0x10214e <queue_push\+\d+>:\t/m);
    expect(text).toMatch(/[1-9] patterns? found/);
    expect(text).toMatch(/\* 1 +Thread 1 .*"vCPU 0".* queue_push/);
    expect(text).toMatch(/page of \d+ KiB/);
  });

  test('writes into a diversion, which is gone afterwards', async () => {
    const lines = await at('50%', [
      'print log_count = 7',
      'print log_count',
      'stepi',
      'monitor diversion end',
      'maintenance flush register-cache',
      'print log_count',
    ]);
    expect(said(lines, /^\$\d = \d+/)).toMatchInlineSnapshot(`
      [
        "$1 = 7",
        "$2 = 7",
        "$3 = 73",
      ]
    `);
  });

  test('shows the calls and instructions that led here', async () => {
    const lines = await at('50%', [
      'record btrace bts',
      'record function-call-history /c',
      'record instruction-history',
      'record stop',
      'reverse-stepi',
    ]);
    expect(said(lines, /^\d+\t.*/)).toMatchInlineSnapshot(`
      [
        "38	    for (u32 i = 0; i < bytes; i++) checksum = (checksum ^ ((sequence * 31 + i) & 0xff)) * 0x01000193;",
        "4	      irq_restore",
        "5	    kmalloc",
        "6	      memset",
        "7	    kmalloc",
        "8	  job_submit",
        "9	    queue_push",
        "10	  job_submit",
        "11	writer_task",
        "12	  seal_entry",
        "13	    checksum_payload",
        "4928	   0x00000000001022f1 <checksum_payload+47>:	movzbl %al,%eax",
        "4929	   0x00000000001022f4 <checksum_payload+50>:	xor    -0x4(%rbp),%eax",
        "4930	   0x00000000001022f7 <checksum_payload+53>:	imul   $0x1000193,%eax,%eax",
        "4931	   0x00000000001022fd <checksum_payload+59>:	mov    %eax,-0x4(%rbp)",
        "4932	   0x0000000000102300 <checksum_payload+62>:	addl   $0x1,-0x8(%rbp)",
        "4933	   0x0000000000102304 <checksum_payload+66>:	mov    -0x8(%rbp),%eax",
        "4934	   0x0000000000102307 <checksum_payload+69>:	cmp    -0x18(%rbp),%eax",
        "4935	   0x000000000010230a <checksum_payload+72>:	jb     0x1022e0 <checksum_payload+30>",
        "4936	   0x00000000001022e0 <checksum_payload+30>:	mov    -0x14(%rbp),%edx",
        "4937	   0x00000000001022e3 <checksum_payload+33>:	mov    %edx,%eax",
      ]
    `);
    expect(lines.join('\n')).not.toMatch(/gap|Error/);
  });

  test('finds trace frames in the past', async () => {
    const lines = await at('50%', [
      'trace queue_pop if queue->length == 20',
      'trace seal_entry',
      'tstart',
      'tstop',
      'tstatus',
      'tfind',
      'print entry->sequence',
      'tfind tracepoint 1',
      'print queue->length',
      'tfind 100',
      'print entry->sequence',
      'tfind none',
      'print sequence',
    ]);
    expect(said(lines, /^Collected .*/)).toEqual(['Collected 130 trace frames.']);
    expect(said(lines, /^Found .*/)).toMatchInlineSnapshot(`
      [
        "Found trace frame 0, tracepoint 2",
        "Found trace frame 54, tracepoint 1",
        "Found trace frame 100, tracepoint 2",
      ]
    `);
    expect(said(lines, /^\$\d = .*/)).toEqual(['$1 = 1', '$2 = 20', '$3 = 99', '$4 = 69']);
  });

  test('finds who broke the queue', async () => {
    const lines = await at('end', [
      'backtrace',
      'watch job_queue.head',
      'reverse-continue',
      'delete',
      'watch -l node->next',
      'reverse-continue',
      'backtrace 2',
      'print length',
    ]);
    expect(said(lines, /^#\d.*/)).toMatchInlineSnapshot(`
      [
        "#0  0x0000000000102c94 in halt_forever () at guests/demo/cpu.h:51",
        "#1  0x0000000000102cbf in stop () at guests/demo/panic.c:42",
        "#2  0x0000000000103062 in panic_exception (frame=0xffffa0000001eed0) at guests/demo/panic.c:97",
        "#3  0x0000000000100ea9 in interrupt_dispatch (frame=0xffffa0000001eed0) at guests/demo/interrupts.c:118",
        "#4  <signal handler called>",
        "#5  0x00000000001021e9 in queue_pop (queue=0x110250 <job_queue>) at guests/demo/list.c:18",
        "#6  0x000000000010255f in job_take () at guests/demo/jobs.c:25",
        "#7  0x00000000001027fd in worker_task () at guests/demo/worker.c:30",
        "#8  0x0000000000100f2d in task_main () at guests/demo/scheduler.c:26",
        "#9  0x0000000000000000 in ?? ()",
        "#0  0x00000000001022b1 in format_entry (entry=0xffff900000003180, format=0x104270 "log %u by task A: %04u bytes, checksum %08x") at guests/demo/log.c:31",
        "#1  0x00000000001023fb in seal_entry (entry=0xffff900000003180) at guests/demo/log.c:53",
      ]
    `);
    expect(said(lines, /^\$\d = .*/)).toMatchInlineSnapshot(`
      [
        "$1 = 48",
      ]
    `);
  });
});
