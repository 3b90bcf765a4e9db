/**
 * Guest time and its appointments.
 *
 * Time is a number of ticks that somebody else counts (the vCPU: instructions retired plus what HLT
 * skipped); the clock only keeps alarms. `headroom` bounds how far the vCPU may run, so that every
 * alarm fires at exactly its tick, and alarms due at the same tick fire in the order of their
 * names: the order never depends on who scheduled first.
 */

import type { Alarm, GuestClock } from './bus/ports.ts';
import { type Ticks, ticks } from './units.ts';

export class Clock implements GuestClock {
  readonly #now: () => Ticks;
  readonly #names = new Set<string>();
  /** Scheduled alarms, soonest first, then by name. A PC has about eight. */
  readonly #due: Appointment[] = [];
  /** Counts `schedule` calls: tells `fireDue` what was scheduled while it ran. */
  #schedules = 0;

  constructor(now: () => Ticks) {
    this.#now = now;
  }

  now(): Ticks {
    return this.#now();
  }

  alarm(name: string, fire: () => void): Alarm {
    if (this.#names.has(name)) throw new Error(`clock: two alarms are called ${name}`);
    this.#names.add(name);
    return new Appointment(name, fire, {
      link: (alarm) => this.#link(alarm),
      unlink: (alarm) => this.#unlink(alarm),
    });
  }

  /** When the next alarm is due; undefined if none is scheduled. */
  get next(): Ticks | undefined {
    return this.#due[0]?.at;
  }

  /** Ticks until the next alarm: 0 if it is due now or overdue, Infinity if there is none. */
  headroom(): number {
    const first = this.#due[0];
    if (first === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, first.at! - this.#now());
  }

  /**
   * Fires what is due, each alarm unlinked first and then called, so that it may schedule itself
   * again. One that does so for a time already past waits for the next call: a device that asks
   * for more alarms than time can hold slows the guest down, it does not stop the machine.
   * Returns how many fired.
   */
  fireDue(): number {
    const first = this.#due[0];
    const now = this.#now();
    if (first === undefined || first.at! > now) return 0;
    const before = this.#schedules;
    let fired = 0;
    for (;;) {
      const alarm = this.#due.find((a) => a.at! > now || a.order <= before);
      if (alarm === undefined || alarm.at! > now) return fired;
      this.#unlink(alarm);
      alarm.fire();
      fired++;
    }
  }

  #link(alarm: Appointment): void {
    alarm.order = ++this.#schedules;
    let i = this.#due.length;
    while (i > 0 && comesBefore(alarm, this.#due[i - 1]!)) i--;
    this.#due.splice(i, 0, alarm);
  }

  #unlink(alarm: Appointment): void {
    const i = this.#due.indexOf(alarm);
    if (i >= 0) this.#due.splice(i, 1);
    alarm.at = undefined;
  }
}

function comesBefore(a: Appointment, b: Appointment): boolean {
  return a.at === b.at ? a.name < b.name : a.at! < b.at!;
}

interface Links {
  link(alarm: Appointment): void;
  unlink(alarm: Appointment): void;
}

class Appointment implements Alarm {
  readonly name: string;
  readonly fire: () => void;
  readonly #links: Links;
  at: Ticks | undefined;
  order = 0;

  constructor(name: string, fire: () => void, links: Links) {
    this.name = name;
    this.fire = fire;
    this.#links = links;
  }

  schedule(at: Ticks): void {
    if (!Number.isSafeInteger(at)) throw new Error(`clock: ${this.name} scheduled at ${at}`);
    this.#links.unlink(this);
    this.at = ticks(at);
    this.#links.link(this);
  }

  cancel(): void {
    this.#links.unlink(this);
  }
}
