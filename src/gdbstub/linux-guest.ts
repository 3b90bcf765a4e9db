/** What the stub knows of a Linux guest: its symbols, its types, and so its tasks as of now. */

import { type Btf, findBtf } from '../symbols/linux/btf.ts';
import { type OffsetOf, readTasks, type Task, taskLayout } from '../symbols/linux/tasks.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';
import { type DebugTarget, LinuxNames, type Looked, mappings } from '../target/index.ts';

/** Names for the guest's addresses; where they have to be found, `look` looks. */
export interface Names {
  readonly table: SymbolTable | undefined;
  look(guest: Looked): Generator<void, boolean>;
}

export interface LinuxKnowledge {
  readonly names?: Names;
  /** From debug information, where that is at hand: asked if the guest has no BTF. */
  readonly offsets?: () => OffsetOf | undefined;
}

const IMAGE = { from: 0xffff_ffff_8000_0000n, to: 0xffff_ffff_c000_0000n };
const MAPPINGS_MAX = 4000;

export class LinuxGuest {
  readonly #target: DebugTarget;
  readonly #names: Names;
  readonly #offsets: (() => OffsetOf | undefined) | undefined;
  #btf: Btf | undefined;

  constructor(target: DebugTarget, { names = new LinuxNames(), offsets }: LinuxKnowledge = {}) {
    this.#target = target;
    this.#names = names;
    this.#offsets = offsets;
  }

  /** The tasks there are now, or why they cannot be told. */
  tasks(): readonly Task[] | string {
    const initTask = this.#symbol('init_task');
    if (initTask === undefined) {
      return (
        'no symbol init_task: expected a Linux guest that has unpacked itself (go further on), ' +
        'or its vmlinux or System.map by --symbols'
      );
    }
    const offsets = this.#types();
    const layout = offsets && taskLayout(offsets);
    if (!layout) {
      return 'the layout of task_struct is not known: expected a kernel with BTF, or its vmlinux with debug information by --symbols';
    }
    const tasks = readTasks(initTask, layout, (at, length) =>
      this.#target.readMemory({ space: 'gva', at: BigInt.asUintN(64, at), length }),
    );
    return tasks ?? 'there are no tasks yet';
  }

  #symbol(name: string): bigint | undefined {
    if (!this.#names.table) for (const _ of this.#names.look(this.#target));
    return this.#names.table?.symbol(name)?.start;
  }

  #types(): OffsetOf | undefined {
    if (!this.#btf) {
      const spans = mappings(this.#target, MAPPINGS_MAX, IMAGE);
      const looking = findBtf(
        spans.map(({ gva, length }) => ({ start: gva, length })),
        (at, length) => this.#target.readMemory({ space: 'gva', at, length }),
      );
      let step = looking.next();
      while (!step.done) step = looking.next();
      this.#btf = step.value;
    }
    const btf = this.#btf;
    return btf ? (structure, member) => btf.offsetOf(structure, member) : this.#offsets?.();
  }
}

/** As ps lists them; threads under their process. */
export function taskLines(tasks: readonly Task[]): string[] {
  const rows = tasks.map(({ pid, tgid, parent, state, running, name, kernel, at }) => [
    `${running ? '*' : ' '}${String(pid).padStart(7)}`,
    String(pid === tgid ? parent : tgid).padStart(7),
    `${state} `,
    `0x${at.toString(16)}`,
    `${pid === tgid ? '' : '  '}${kernel ? `[${name}]` : name}`,
  ]);
  return ['     PID  PARENT S  TASK_STRUCT         NAME', ...rows.map((row) => row.join(' '))];
}
