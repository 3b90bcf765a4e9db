/**
 * Gets KVM_RUN to return from a guest that never exits. A timer of the kernel sends this thread a
 * signal that is blocked, except inside KVM_RUN (KVM_SET_SIGNAL_MASK, api.rst §4.21): there it is an
 * EINTR at an instruction boundary, anywhere else it waits. No handler runs and nothing races.
 */

import { KvmError } from './errors.ts';
import type { Host } from './host.ts';

/** A real-time signal; those before it are the C library's, and libuv uses none of them. */
const SIGNAL = 40;
const SYS_gettid = 186;
const SYS_timer_create = 222;
const SYS_timer_settime = 223;
const SYS_timer_delete = 226;
const CLOCK_MONOTONIC = 1;
const SIGEV_THREAD_ID = 4;

/** VMs of this thread that want the signal blocked. */
let users = 0;

export class Kick {
  readonly #host: Host;
  readonly #periodMs: number;
  readonly #timer: number;
  #armed = false;

  constructor(host: Host, periodMs: number) {
    this.#host = host;
    this.#periodMs = periodMs;
    if (users++ === 0) host.maskSignal(SIGNAL, true);
    // struct sigevent: value (8), signo (4), notify (4), thread id (4).
    const event = new Uint8Array(64);
    const view = new DataView(event.buffer);
    view.setInt32(8, SIGNAL, true);
    view.setInt32(12, SIGEV_THREAD_ID, true);
    view.setInt32(16, host.syscall(SYS_gettid, 0, 0, 0, 0), true);
    const id = new Uint8Array(8);
    const result = host.syscall(SYS_timer_create, CLOCK_MONOTONIC, event, id, 0);
    if (result < 0) throw new KvmError(`KVM: expected a timer of the kernel; got errno ${-result}`);
    this.#timer = new DataView(id.buffer).getInt32(0, true);
  }

  /** From now on every period. */
  arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    // struct itimerspec: interval and first expiry, each seconds and nanoseconds.
    const spec = new Uint8Array(32);
    const view = new DataView(spec.buffer);
    const seconds = BigInt(Math.floor(this.#periodMs / 1000));
    const nanoseconds = BigInt(Math.round((this.#periodMs % 1000) * 1e6));
    for (const at of [0, 16]) {
      view.setBigInt64(at, seconds, true);
      view.setBigInt64(at + 8, nanoseconds, true);
    }
    this.#host.syscall(SYS_timer_settime, this.#timer, 0, spec, 0);
  }

  /** The signal has done its work. */
  take(): void {
    this.#host.takeSignal(SIGNAL);
  }

  close(): void {
    this.#host.syscall(SYS_timer_delete, this.#timer, 0, 0, 0);
    this.take();
    // Unblocking it with one pending would be the end of the process.
    if (--users === 0) this.#host.maskSignal(SIGNAL, false);
  }
}
