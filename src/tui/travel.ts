/**
 * Moving through the recording in the ways people think of: in, over and out of functions, both ways;
 * to whoever wrote something; to the next event. Built from the few moves that a target has.
 */

import {
  bitsOf,
  compareMarks,
  type DebugTarget,
  disassemble,
  finishAsync,
  gva,
  linearRip,
  type Mark,
  type MemoryRange,
  type RecordingView,
  type StopCondition,
  type TargetStop,
  type WorkControl,
} from '../target/index.ts';
import type { CallFrame } from './backtrace.ts';
import { flowOf } from './code.ts';

/** What the terminal interface works on. */
export interface TuiTarget extends DebugTarget {
  readonly recording: RecordingView;
}

const RSP = 4;
const WORD = 8;
/** A register is looked for this many steps back. */
const REGISTER_STEPS_MAX = 100_000;

export class Travel {
  readonly #target: TuiTarget;
  readonly #calls: () => readonly CallFrame[];

  constructor(target: TuiTarget, calls: () => readonly CallFrame[]) {
    this.#target = target;
    this.#calls = calls;
  }

  /** Over a call or an interrupt that comes now; else one step. */
  async over(control: WorkControl): Promise<TargetStop> {
    const target = this.#target;
    const registers = target.registers();
    const rip = linearRip(registers);
    const back = this.#interruptedNow() ? rip : await this.#afterCall(rip);
    const stop = await target.step(1, control);
    if (back === undefined || stop.reason !== 'reached') return stop;
    if (linearRip(target.registers()) === back) return stop;
    return await this.#runBack(back, registers.gpr[RSP]!, control);
  }

  /** Back over the call or interrupt that the guest has just come out of; else one step back. */
  async overBack(control: WorkControl): Promise<TargetStop> {
    const target = this.#target;
    const stop = await target.reverseStep(1, control);
    if (stop.reason !== 'reached') return stop;
    const flow = flowOf((await this.#instruction())?.text ?? '');
    if (flow !== 'return' && flow !== 'interrupt-return') return stop;
    return await this.#toMaker(target.registers().gpr[RSP]!, control);
  }

  /** Out of this function, to behind its call. */
  async out(control: WorkControl): Promise<TargetStop | string> {
    const [frame, caller] = this.#calls();
    if (frame?.slot === undefined || !caller)
      return 'no caller: neither unwind tables nor frame pointers lead to one';
    return await this.#runBack(caller.rip, frame.slot + 1n, control);
  }

  /** Back to the call of this function. */
  async outBack(control: WorkControl): Promise<TargetStop | string> {
    const [frame] = this.#calls();
    if (frame?.slot === undefined)
      return 'no caller: neither unwind tables nor frame pointers lead to one';
    return await this.#toMaker(frame.slot, control);
  }

  /** Back to in front of the instruction that wrote a range last, be it the one just done. */
  lastWrite(range: MemoryRange, control: WorkControl): Promise<TargetStop> {
    const writes = { kind: 'memory', ...range, on: 'write' } as const;
    return this.#target.reverseContinue([writes], control, 'in-front');
  }

  /** On to behind the next write. */
  nextWrite(range: MemoryRange, control: WorkControl): Promise<TargetStop> {
    return this.#target.run([{ kind: 'memory', ...range, on: 'write' }], control);
  }

  /** Back to in front of the instruction that gave a register its value. */
  async lastChange(value: () => bigint, control: WorkControl): Promise<TargetStop> {
    const now = value();
    let stop = await this.#target.reverseStep(1, control);
    for (let steps = 1; stop.reason === 'reached' && value() === now; steps++) {
      if (steps >= REGISTER_STEPS_MAX || control.cancelled?.())
        return { ...stop, reason: 'cancelled' };
      stop = await this.#target.reverseStep(1, control);
    }
    return stop;
  }

  /** On to behind the instruction that changes a register. */
  async nextChange(value: () => bigint, control: WorkControl): Promise<TargetStop> {
    const now = value();
    let stop = await this.#target.step(1, control);
    for (let steps = 1; stop.reason === 'reached' && value() === now; steps++) {
      if (steps >= REGISTER_STEPS_MAX || control.cancelled?.())
        return { ...stop, reason: 'cancelled' };
      stop = await this.#target.step(1, control);
    }
    return stop;
  }

  /** To the next or the last place where one condition holds. */
  async event(
    condition: StopCondition,
    forwards: boolean,
    control: WorkControl,
  ): Promise<TargetStop | string> {
    const target = this.#target;
    if (condition.kind === 'address' || condition.kind === 'memory') {
      return forwards
        ? await target.run([condition], control)
        : await target.reverseContinue([condition], control);
    }
    // The recording knows: nothing is run to find out that there is none.
    const { mark } = target.when();
    const found = await finishAsync(target.recording.find(condition, mark, forwards), control);
    if (found === 'cancelled') return { reason: 'cancelled', mark };
    if (!found) {
      if (forwards && target.live && !target.live.ended)
        return await target.run([condition], control);
      return forwards ? 'there is none after this' : 'there is none before this';
    }
    const stop = await target.seekTo(found.mark, control);
    return stop.reason === 'reached' ? { ...stop, reason: 'hit', conditions: [0] } : stop;
  }

  /** The neighbouring checkpoint. */
  async checkpoint(forwards: boolean, control: WorkControl): Promise<TargetStop> {
    const { mark } = this.#target.when();
    const marks = this.#target.recording.checkpoints();
    const found: Mark | undefined = forwards
      ? marks.find((other) => compareMarks(other, mark) > 0)
      : marks.findLast((other) => compareMarks(other, mark) < 0);
    return await this.#target.seekTo(
      found ?? (forwards ? this.#target.end : this.#target.start),
      control,
    );
  }

  /** To an address, with the stack at or above where it was. */
  async #runBack(rip: bigint, rsp: bigint, control: WorkControl): Promise<TargetStop> {
    const when = (): boolean => this.#target.registers().gpr[RSP]! >= rsp;
    return await this.#target.run([{ kind: 'address', gva: gva(rip), when }], control);
  }

  /** Back to in front of what pushed a return address: the call, or the interrupt. */
  async #toMaker(slot: bigint, control: WorkControl): Promise<TargetStop> {
    return await this.lastWrite({ space: 'gva', at: slot, length: WORD }, control);
  }

  async #afterCall(rip: bigint): Promise<bigint | undefined> {
    const found = await this.#instruction();
    if (!found || flowOf(found.text) !== 'call') return undefined;
    return rip + BigInt(found.bytes.length);
  }

  async #instruction() {
    const target = this.#target;
    const registers = target.registers();
    const read = (at: bigint, length: number) => target.readMemory({ space: 'gva', at, length });
    const request = {
      bits: bitsOf(registers),
      rip: linearRip(registers),
      before: 0,
      after: 1,
      read,
    };
    return (await disassemble(request))?.[0];
  }

  /** Is the next thing that happens an interrupt, before any instruction? */
  #interruptedNow(): boolean {
    const { mark } = this.#target.when();
    const ordinal = this.#target.recording.ordinalAt(mark);
    if (ordinal >= this.#target.recording.frames) return false;
    const { frame } = this.#target.recording.frame(ordinal);
    return frame.kind === 'interrupt' && frame.icount === mark.icount;
  }
}
