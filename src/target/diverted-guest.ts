/**
 * The guest off the recording: it runs on from where it left, with what a debugger wrote, and with
 * no device behind its ports. What it asks for is answered as an empty machine would: reads float,
 * the serial port is always ready to send, nothing ever interrupts.
 */

import { cpuid, DEFAULT_CPU } from '../engine/cpuid.ts';
import { type Entry, type GuestExit, NONE, unreachable } from '../engine/exit.ts';
import { icount } from '../engine/units.ts';
import type { Registers } from '../engine/vcpu/vcpu.ts';
import { codeAddress } from '../replay/code-address.ts';
import type { StopCondition } from '../replay/conditions.ts';
import { type Mark, mark } from '../replay/mark.ts';
import type { ReplaySession } from '../replay/session.ts';
import { VcpuStops } from '../replay/vcpu-stops.ts';
import type { Work } from '../replay/work.ts';
import type { Diversion, MemoryRange, TargetStop } from './debug-target.ts';
import { writeGuestMemory } from './memory.ts';

const SLICE = 5_000_000;
const COM1 = 0x3f8;
const COM1_LSR = 0x3fd;
/** 16550 data sheet, "Line Status Register": transmitter holding register and transmitter empty. */
const THRE_TEMT = 0x60;
const CR4_OSXSAVE = 1n << 18n;

export class DivertedGuest implements Diversion {
  readonly from: Mark;
  edits = 0;
  /** What it has sent to COM1 since it left. */
  printed = '';
  readonly #session: ReplaySession;
  /** Why nothing more can run. */
  #over = false;

  constructor(session: ReplaySession, from: Mark) {
    this.#session = session;
    this.from = from;
  }

  get mark(): Mark {
    const at = this.#session.vcpu.icount;
    return at === this.from.icount ? this.from : mark(at);
  }

  get instructions(): number {
    return this.#session.vcpu.icount - this.from.icount;
  }

  writeRegisters(values: Partial<Registers>): void {
    this.#session.vcpu.setRegisters(values);
    this.edits++;
  }

  writeMemory(range: MemoryRange, bytes: Uint8Array): number {
    const written = writeGuestMemory(this.#session.vcpu, range, bytes);
    if (written > 0) this.edits++;
    return written;
  }

  /** To a place where a condition holds, or `count` instructions on, or to where it halts for good. */
  *run(conditions: readonly StopCondition[], count = Number.POSITIVE_INFINITY): Work<TargetStop> {
    const { vcpu } = this.#session;
    const stops = new VcpuStops(this.#session, conditions);
    const first = vcpu.icount;
    stops.arm();
    try {
      const rip = codeAddress(vcpu);
      let passing = stops.at(rip).length > 0;
      if (passing) stops.armExcept(rip);
      for (;;) {
        const done = vcpu.icount - first;
        if (done >= count) return { reason: 'reached', mark: this.mark };
        const slice = passing ? 1 : Math.min(SLICE, count - done);
        const hit = this.#advance(vcpu.icount + slice, stops);
        if (this.#over) return { reason: 'end', mark: this.mark };
        if (hit && hit.length > 0) return { reason: 'hit', mark: this.mark, conditions: hit };
        if (passing) stops.arm();
        passing = false;
        if (yield { done, total: done }) return { reason: 'cancelled', mark: this.mark };
      }
    } finally {
      stops.disarm();
    }
  }

  /** Up to an icount, or to the conditions that stop it before. */
  #advance(until: number, stops: VcpuStops): readonly number[] | undefined {
    const { vcpu } = this.#session;
    for (;;) {
      // Nothing is there to wake it.
      if (vcpu.halted) this.#over = true;
      if (this.#over || vcpu.icount >= until) return undefined;
      const exit = vcpu.run(icount(until));
      switch (exit.kind) {
        case 'until':
        case 'interrupt-window':
          continue;
        case 'debug': {
          const watched = exit.stops.flatMap((stop) => (stop.kind === 'watch' ? [stop.id] : []));
          return stops.holding([...new Set([...watched, ...stops.at(codeAddress(vcpu))])]);
        }
        case 'shutdown':
          this.#over = true;
          return undefined;
        default:
          vcpu.enter(this.#reply(exit));
      }
    }
  }

  #reply(exit: Exclude<GuestExit, { kind: 'shutdown' }>): Entry {
    switch (exit.kind) {
      case 'pio':
        if (exit.dir === 'in') {
          const floating = exit.size === 4 ? 0xffffffff : 2 ** (8 * exit.size) - 1;
          return { kind: 'value', value: exit.port === COM1_LSR ? THRE_TEMT : floating };
        }
        if (exit.port === COM1) this.printed += String.fromCharCode(exit.value & 0xff);
        return NONE;
      case 'mmio':
        if (exit.dir === 'write') return NONE;
        return { kind: 'wide', value: BigInt.asUintN(8 * exit.size, -1n) };
      case 'hlt':
        return { kind: 'skip', ticks: 0 };
      case 'cpuid': {
        const osxsave = (this.#session.vcpu.registers().cr4 & CR4_OSXSAVE) !== 0n;
        const { leaf, subleaf } = exit;
        const dynamic = { apicEnabled: true, osxsave };
        return { kind: 'cpuid', regs: cpuid(DEFAULT_CPU, leaf >>> 0, subleaf >>> 0, dynamic) };
      }
      case 'rdmsr':
        return { kind: 'wide', value: 0n };
      case 'wrmsr':
        return { kind: 'default' };
      case 'cr8':
        return exit.dir === 'read' ? { kind: 'value', value: 0 } : NONE;
      case 'random':
        // No randomness either, so that a diversion made twice is the same twice.
        return { kind: 'wide', value: 0x5deece66dn & BigInt.asUintN(8 * exit.size, -1n) };
      default:
        return unreachable(exit);
    }
  }
}
