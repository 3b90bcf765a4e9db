/**
 * The tasks of the guest's own kernel, as threads beside the vCPU: where each that does not run will go
 * on. Found through the kernel's types, so there are none without debug information.
 */

import type { EvaluationContext, Guest, Program, Value } from '../symbols/program.ts';
import { SymbolError } from '../symbols/program.ts';
import { ParkedGuest } from './guest.ts';

export interface Task {
  /** The thread's number for the client. */
  readonly id: number;
  readonly name: string;
  readonly guest: Guest;
}

const TASKS_MAX = 4096;
/** Thread numbers of tasks begin here; the vCPU's is 1. */
const FIRST = 1000;

export function listTasks(program: Program, guest: Guest): readonly Task[] {
  try {
    if (program.addressOf('init_task') !== undefined) return linuxTasks(program, guest);
    if (program.addressOf('tasks') !== undefined) return demoTasks(program, guest);
    return [];
  } catch (error) {
    // Types that are not there, or tables that are not made yet.
    if (error instanceof SymbolError) return [];
    throw error;
  }
}

/** The name of the task that runs now, if the kernel says which. */
export function currentTask(program: Program, guest: Guest): string | undefined {
  try {
    if (
      program.addressOf('current_task') !== undefined &&
      program.addressOf('tasks') !== undefined
    ) {
      return text(program.evaluate('current_task->name', { guest }));
    }
    if (program.addressOf('init_task') === undefined) return undefined;
    return text(program.evaluate('current->comm', { guest }));
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

/**
 * Linux: `init_task.tasks` links all processes. One that does not run was left in `__switch_to_asm`,
 * which pushed an `inactive_task_frame` (arch/x86/include/asm/switch_to.h) onto its stack.
 */
function linuxTasks(program: Program, guest: Guest): Task[] {
  const context: EvaluationContext = { guest };
  const first = program.addressOf('init_task')!;
  const offset = number(program, '(unsigned long)&((struct task_struct *)0)->tasks', context);
  const current = currentPointer(program, context);
  const found: Task[] = [];
  for (let at = first; found.length < TASKS_MAX; ) {
    const task = `((struct task_struct *)0x${at.toString(16)})`;
    const pid = Number(number(program, `${task}->pid`, context));
    if (at !== current) {
      const sp = number(program, `${task}->thread.sp`, context);
      const parked = inactiveFrame(guest, sp);
      const comm = text(program.evaluate(`${task}->comm`, context)) ?? '?';
      if (parked) found.push({ id: FIRST + pid, name: `${comm} (${pid})`, guest: parked });
    }
    at = BigInt.asUintN(64, number(program, `${task}->tasks.next`, context) - offset);
    if (at === first || at === 0n) break;
  }
  return found;
}

function currentPointer(program: Program, context: EvaluationContext): bigint | undefined {
  try {
    return number(program, 'current', context);
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

/** r15 r14 r13 r12 rbx rbp and the return address, from the top of the stack. */
function inactiveFrame(guest: Guest, sp: bigint): Guest | undefined {
  const bytes = guest.readMemory(sp, 56);
  if (bytes.length < 56) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [r15, r14, r13, r12, rbx, rbp, rip] = Array.from({ length: 7 }, (_, i) =>
    view.getBigUint64(i * 8, true),
  );
  return new ParkedGuest(guest, {
    ...{
      r15: r15!,
      r14: r14!,
      r13: r13!,
      r12: r12!,
      rbx: rbx!,
      rbp: rbp!,
      rip: rip!,
      rsp: sp + 56n,
    },
  });
}

/** The demo guest: `tasks[]`, each with the trap frame it goes on from. */
function demoTasks(program: Program, guest: Guest): Task[] {
  const context: EvaluationContext = { guest };
  const count = program.evaluate('tasks', context).indexed;
  const current = number(program, 'current_task', context);
  const found: Task[] = [];
  for (let i = 0; i < count; i++) {
    const task = `tasks[${i}]`;
    if (number(program, `${task}.state`, context) === 0n) continue;
    if (number(program, `(unsigned long)&${task}`, context) === current) continue;
    const frame = program.evaluate(`*${task}.frame`, context);
    const registers: Record<string, bigint> = {};
    for (const { name, value } of frame.children()) {
      if (value.integer !== undefined) {
        registers[name === 'rflags' ? 'eflags' : name] = BigInt.asUintN(64, value.integer);
      }
    }
    if (registers['rip'] === undefined) continue;
    const name = text(program.evaluate(`${task}.name`, context)) ?? `task ${i}`;
    found.push({ id: FIRST + i, name: `${name} (${i})`, guest: new ParkedGuest(guest, registers) });
  }
  return found;
}

function number(program: Program, expression: string, context: EvaluationContext): bigint {
  const { integer, state } = program.evaluate(expression, context);
  if (integer === undefined) throw new SymbolError(`${expression}: ${state}`);
  return integer;
}

/** A string as the guest has it: `format` shows it in quotes, maybe behind an address. */
function text(value: Value): string | undefined {
  return /"((?:\\.|[^"\\])*)"/.exec(value.format())?.[1];
}
