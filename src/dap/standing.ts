/**
 * The guest as it stands between two moves: what has been looked at once is not looked at again, and
 * every reference given to the client ends with it. Clients ask for the same frames several times.
 */

import type { Frame, Guest, Program } from '../symbols/program.ts';
import { ERROR, RequestError } from './errors.ts';
import { TargetGuest } from './guest.ts';
import type { DapTarget } from './host.ts';
import { listTasks, type Task } from './tasks.ts';

export const VCPU_THREAD = 1;

export interface FrameReference {
  readonly thread: number;
  readonly frame: Frame;
  readonly guest: Guest;
}

/** What `variables` opens: made when it is asked for. */
export interface Container {
  readonly named: number;
  readonly indexed: number;
  children(start: number, count: number, format?: { readonly hex?: boolean }): readonly Shown[];
  /** Sets one of the children, told by its name. */
  set?(name: string, value: string): Shown;
}

/** One line of a variables view. */
export interface Shown {
  readonly name: string;
  readonly value: string;
  readonly type?: string | undefined;
  readonly container?: Container | undefined;
  readonly evaluateName?: string | undefined;
  readonly memory?: bigint | undefined;
  readonly readOnly?: boolean;
  /** For data breakpoints. */
  readonly address?: bigint | undefined;
  readonly bytes?: number | undefined;
}

/** A call to step into, or a line to go to. */
export interface Target {
  readonly addresses: readonly bigint[];
  readonly way: 'forward' | 'back';
}

const FRAMES_MAX = 512;

export class Standing {
  readonly target: DapTarget;
  readonly program: Program;
  readonly guest: Guest;
  readonly #frames = new Map<number, { frames: readonly Frame[]; limit: number }>();
  #tasks: readonly Task[] | undefined;

  constructor(target: DapTarget, program: Program) {
    this.target = target;
    this.program = program;
    this.guest = new TargetGuest(target);
  }

  /** Of the vCPU, or of a task that waits for it. */
  guestOf(thread: number): Guest {
    if (thread === VCPU_THREAD) return this.guest;
    const task = this.tasks.find(({ id }) => id === thread);
    if (!task) throw new RequestError(ERROR.failed, `there is no thread ${thread}`);
    return task.guest;
  }

  get tasks(): readonly Task[] {
    this.#tasks ??= listTasks(this.program, this.guest);
    return this.#tasks;
  }

  /** The first `limit` frames at least, if there are so many. */
  frames(thread: number, limit: number): readonly Frame[] {
    const known = this.#frames.get(thread);
    const wanted = Math.min(limit, FRAMES_MAX);
    if (known && (known.limit >= wanted || known.frames.length < known.limit)) return known.frames;
    const frames = this.program.frames(this.guestOf(thread), wanted);
    this.#frames.set(thread, { frames, limit: wanted });
    return frames;
  }

  get top(): Frame | undefined {
    return this.frames(VCPU_THREAD, 1)[0];
  }
}

/**
 * Numbers for frames and containers. They go on counting over the whole session, so that one from an
 * earlier stop is known for what it is.
 */
export class References {
  #next = 1;
  readonly #frames = new Map<number, FrameReference>();
  readonly #containers = new Map<number, Container>();
  readonly #frameIds = new Map<string, number>();

  readonly #targets = new Map<number, Target>();

  clear(): void {
    this.#targets.clear();
    this.#frames.clear();
    this.#containers.clear();
    this.#frameIds.clear();
  }

  frameId(reference: FrameReference): number {
    const key = `${reference.thread} ${reference.frame.index}`;
    const known = this.#frameIds.get(key);
    if (known !== undefined) return known;
    const id = this.#next++;
    this.#frameIds.set(key, id);
    this.#frames.set(id, reference);
    return id;
  }

  frame(id: number): FrameReference {
    const found = this.#frames.get(id);
    if (found) return found;
    throw new RequestError(ERROR.stale, `frame ${id} is not one of where the guest stands now`);
  }

  /** For `stepInTargets` and `gotoTargets`. */
  targetId(target: Target): number {
    const id = this.#next++;
    this.#targets.set(id, target);
    return id;
  }

  target(id: number): Target {
    const found = this.#targets.get(id);
    if (found) return found;
    throw new RequestError(ERROR.stale, `target ${id} is not of where the guest stands now`);
  }

  containerId(container: Container): number {
    const id = this.#next++;
    this.#containers.set(id, container);
    return id;
  }

  container(id: number): Container {
    const found = this.#containers.get(id);
    if (found) return found;
    throw new RequestError(ERROR.stale, `variables ${id} are not of where the guest stands now`);
  }
}
