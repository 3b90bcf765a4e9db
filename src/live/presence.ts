/**
 * The guest's present as front ends see it: whether it runs, what it prints, what is typed for it.
 */

import type { Ticks } from '../engine/units.ts';
import { type Mark, START } from '../replay/mark.ts';
import type { WorkControl } from '../replay/work.ts';
import type { DebugTarget, LiveControl } from '../target/debug-target.ts';
import type { LiveGuest } from './live-guest.ts';
import type { Tripwires } from './tripwires.ts';

/** An idle guest's wait is looked at this often for whether to give up. */
const LOOK_MS = 50;

export class Presence {
  /** A place that lies before all that the last slice did. */
  beforeLast: Mark = START;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  readonly #printed: number[] = [];
  /** Bytes of `#printed` that listeners have had. */
  #told = 0;
  #running = false;
  #tripwires: Tripwires | undefined;

  get running(): boolean {
    return this.#running;
  }

  /** All that the guest ever printed. */
  consoleText(): string {
    return Buffer.from(this.#printed).toString('utf8');
  }

  /** To be called with each byte that the guest sends to its first serial port. */
  readonly onByte = (byte: number): void => {
    this.#printed.push(byte);
    this.#tripwires?.printed(byte);
  };

  enter(tripwires: Tripwires | undefined): void {
    this.#running = true;
    this.#tripwires = tripwires;
  }

  leave(): void {
    this.#running = false;
    this.#tripwires = undefined;
    this.flush();
  }

  /** Tells the listeners what is new. */
  flush(): void {
    if (this.#told === this.#printed.length) return;
    const bytes = Uint8Array.from(this.#printed.slice(this.#told));
    this.#told = this.#printed.length;
    for (const listener of this.#listeners) listener(bytes);
  }

  /** Lets an idle guest wait, in pieces short enough for whoever wants to stop it. */
  async waitWith(
    guest: LiveGuest,
    until: Ticks | undefined,
    control: WorkControl | undefined,
  ): Promise<void> {
    const timer = setInterval(() => {
      if (control?.cancelled?.()) guest.input.interruptWait();
    }, LOOK_MS);
    try {
      await guest.wait(until);
    } finally {
      clearInterval(timer);
    }
  }

  onConsole(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  control(target: DebugTarget, guest: LiveGuest, close: () => Promise<void>): LiveControl {
    const presence = this;
    return {
      get running() {
        return presence.#running;
      },
      get present() {
        return presence.#running ? target.mark : target.end;
      },
      get ended() {
        return guest.ended;
      },
      type(bytes) {
        guest.input.type?.(bytes);
      },
      onConsole: (listener) => presence.onConsole(listener),
      close,
    };
  }
}
