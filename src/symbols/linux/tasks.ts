/**
 * The tasks of a Linux guest, as they are in its memory now: the list that begins with `init_task`
 * (include/linux/sched.h), each process with its threads. Where the members are comes from the kernel's
 * own types or its debug information; the list is believed only as far as it makes sense.
 */

/** As much of the guest's memory from an address on as is mapped, up to `length` bytes. */
export type ReadMemory = (at: bigint, length: number) => Uint8Array;
/** Offset in bytes of a member; undefined if the kernel has no such member. */
export type OffsetOf = (structure: string, member: string) => number | undefined;

export interface Task {
  /** Address of its `task_struct`. */
  readonly at: bigint;
  readonly pid: number;
  /** The process it belongs to: `pid` of its first thread. */
  readonly tgid: number;
  readonly parent: number;
  /** ps's letter: R S D T t X Z P I. */
  readonly state: string;
  /** On a CPU now. */
  readonly running: boolean;
  readonly name: string;
  /** Has no memory of its own. */
  readonly kernel: boolean;
}

const COMM_BYTES = 16;
const KERNEL_HALF = 1n << 63n;
/** PID_MAX_LIMIT is higher, but nobody has more than this in a guest that one looks at. */
const TASKS_MAX = 65_536;

interface Layout {
  readonly tasks: number;
  readonly pid: number;
  readonly tgid: number;
  readonly comm: number;
  readonly parent: number;
  readonly mm: number;
  readonly state: number;
  readonly exitState: number | undefined;
  readonly onCpu: number | undefined;
  readonly threads:
    | { readonly signal: number; readonly head: number; readonly node: number }
    | undefined;
}

/** Undefined if these are not the types of a kernel as we know it. */
export function taskLayout(offsetOf: OffsetOf): Layout | undefined {
  const member = (name: string): number | undefined => offsetOf('task_struct', name);
  const [tasks, pid, tgid, comm] = ['tasks', 'pid', 'tgid', 'comm'].map(member);
  const [parent, mm] = ['real_parent', 'mm'].map(member);
  // Renamed in Linux 5.14.
  const state = member('__state') ?? member('state');
  if (tasks === undefined || pid === undefined || tgid === undefined || comm === undefined) {
    return undefined;
  }
  if (parent === undefined || mm === undefined || state === undefined) return undefined;
  const [signal, node] = [member('signal'), member('thread_node')];
  const head = offsetOf('signal_struct', 'thread_head');
  const threads =
    signal !== undefined && node !== undefined && head !== undefined
      ? { signal, node, head }
      : undefined;
  const [exitState, onCpu] = [member('exit_state'), member('on_cpu')];
  return { tasks, pid, tgid, comm, parent, mm, state, exitState, onCpu, threads };
}

/** In the kernel's order; undefined where there is no list (yet). */
export function readTasks(initTask: bigint, layout: Layout, read: ReadMemory): Task[] | undefined {
  const reader = new TaskReader(layout, read);
  const found: Task[] = [];
  for (const leader of reader.list(initTask + BigInt(layout.tasks), layout.tasks, initTask)) {
    const task = reader.task(leader);
    if (!task) return undefined;
    found.push(task);
    for (const thread of reader.threads(leader)) {
      const other = thread === leader ? undefined : reader.task(thread);
      if (other) found.push(other);
    }
    if (found.length > TASKS_MAX) return undefined;
  }
  return found.length > 0 ? found : undefined;
}

class TaskReader {
  readonly #layout: Layout;
  readonly #read: ReadMemory;

  constructor(layout: Layout, read: ReadMemory) {
    this.#layout = layout;
    this.#read = read;
  }

  /** The structures of a circular list (struct list_head), beginning with `first` if that is one. */
  *list(head: bigint, offset: number, first?: bigint): Generator<bigint> {
    if (first !== undefined) yield first;
    const seen = new Set<bigint>([head]);
    for (let at = this.#word(head); at !== undefined && at >= KERNEL_HALF; at = this.#word(at)) {
      if (seen.has(at) || seen.size > TASKS_MAX) return;
      seen.add(at);
      yield at - BigInt(offset);
    }
  }

  *threads(leader: bigint): Generator<bigint> {
    const { threads } = this.#layout;
    const signal = threads && this.#word(leader + BigInt(threads.signal));
    if (!threads || signal === undefined || signal < KERNEL_HALF) return;
    yield* this.list(signal + BigInt(threads.head), threads.node);
  }

  task(at: bigint): Task | undefined {
    const { pid, tgid, comm, parent, mm, onCpu } = this.#layout;
    const name = this.#read(at + BigInt(comm), COMM_BYTES);
    const own = this.#half(at + BigInt(pid));
    const group = this.#half(at + BigInt(tgid));
    const parentAt = this.#word(at + BigInt(parent));
    if (name.length < COMM_BYTES || own === undefined || group === undefined) return undefined;
    const end = name.indexOf(0);
    return {
      ...{ at, pid: own, tgid: group },
      parent: (parentAt !== undefined && this.#half(parentAt + BigInt(tgid))) || 0,
      state: this.#state(at),
      running: onCpu !== undefined && this.#half(at + BigInt(onCpu)) === 1,
      name: Buffer.from(name.subarray(0, end < 0 ? COMM_BYTES : end)).toString('utf8'),
      kernel: this.#word(at + BigInt(mm)) === 0n,
    };
  }

  /** include/linux/sched.h, TASK_RUNNING and on. */
  #state(at: bigint): string {
    const { state, exitState } = this.#layout;
    const exited = exitState === undefined ? 0 : (this.#half(at + BigInt(exitState)) ?? 0);
    if (exited & 0x20) return 'Z';
    if (exited & 0x10) return 'X';
    const bits = this.#half(at + BigInt(state)) ?? 0;
    if ((bits & 0x402) === 0x402) return 'I';
    const letters = [...'SDTt'].find((_, bit) => bits & (1 << bit));
    return letters ?? (bits & 0x40 ? 'P' : 'R');
  }

  #word(at: bigint): bigint | undefined {
    const bytes = this.#read(at, 8);
    return bytes.length < 8
      ? undefined
      : new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  }

  #half(at: bigint): number | undefined {
    const bytes = this.#read(at, 4);
    return bytes.length < 4
      ? undefined
      : new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
  }
}
