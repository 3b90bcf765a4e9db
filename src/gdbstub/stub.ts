/** What one client's conversation is about: the target, and all that its packets have set. */

import type { DebugTarget, Mark, StopCondition, TargetStop, WorkControl } from '../target/index.ts';
import { describeDivergence } from '../target/index.ts';
import type { AgentContext } from './agent.ts';
import { type Break, Breakpoints, conditionsOf } from './breakpoints.ts';
import { LinuxGuest } from './linux-guest.ts';
import type { HexBytes } from './packet.ts';
import { AMD64, type Architecture } from './registers.ts';
import { stopReply } from './stop-reply.ts';
import { Tracepoints } from './tracepoints.ts';

/** gdb gives up after two seconds in which it hears nothing; no text is something. */
const PATIENCE_MS = 500;

/** What the stub is told of the guest by whoever serves it. */
export interface GuestKnowledge {
  readonly linux?: LinuxGuest;
  /** What gdb takes the guest for; amd64 if not said. */
  readonly architecture?: Architecture;
}

export class Stub {
  readonly target: DebugTarget;
  readonly breakpoints = new Breakpoints();
  readonly tracepoints: Tracepoints;
  readonly linux: LinuxGuest;
  readonly architecture: Architecture;
  /** What the client said it can do, in its qSupported. */
  features: ReadonlySet<string> = new Set();
  /** Addresses are guest physical: `Qqemu.PhyMemMode:1`. */
  physical = false;
  noAck = false;
  /** What `g` answers, as long as nothing but looking goes on. */
  registerBlock: HexBytes | undefined;
  /** gdb has asked for branch traces; and the one that it is reading, piece by piece. */
  tracing = false;
  history = '';
  /** Sends `O` packets: console output of the stub, for gdb's user. */
  readonly say: (text: string) => void;
  /** The guest as expressions of gdb's see it. */
  readonly agent: AgentContext;
  #lastStop: TargetStop | undefined;
  #points: readonly Break[] = [];

  constructor(target: DebugTarget, say: (text: string) => void, knowledge: GuestKnowledge = {}) {
    const { linux = new LinuxGuest(target), architecture = AMD64 } = knowledge;
    this.target = target;
    this.linux = linux;
    this.architecture = architecture;
    this.tracepoints = new Tracepoints(target);
    this.say = say;
    this.agent = {
      register: (n) => architecture.registers[n]?.read(target.registers(), target),
      memory: (at, length) => this.read(at, length),
      print: say,
    };
  }

  get space(): 'gva' | 'gpa' {
    return this.physical ? 'gpa' : 'gva';
  }

  get mark(): Mark {
    return this.target.mark;
  }

  read(at: bigint, length: number): Uint8Array {
    return this.target.readMemory({ space: this.space, at, length });
  }

  /** For moves behind packets whose reply gdb waits for: it is told now and then that we live. */
  patient(control: WorkControl): WorkControl {
    let heard = Date.now();
    const onProgress = (): void => {
      if (Date.now() - heard < PATIENCE_MS) return;
      heard = Date.now();
      this.say('');
    };
    return { ...control, onProgress };
  }

  /** What a move has to stop at; its hits are told by the numbers in this list. */
  conditions(): readonly StopCondition[] {
    this.#points = this.breakpoints.list();
    return conditionsOf(this.#points, this.space);
  }

  stopped(stop: TargetStop): string {
    this.#lastStop = stop;
    if (stop.reason === 'divergence') this.say(`${describeDivergence(stop.divergence)}\n`);
    return this.stopReply();
  }

  /** For `?`: a client that has just come is told no more than that the guest stands. */
  stopReply(): string {
    return stopReply(this, this.#lastStop, this.#points, this.features);
  }
}
