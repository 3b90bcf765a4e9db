/**
 * Delivering interrupts and exceptions, whatever the mode, with the double-fault rules.
 * SDM Vol. 3A chapter 6; table 6-5 for what becomes a double fault.
 */

import * as L from '../vcpu/layout.ts';
import { type Cpu, FL_RF } from './cpu.ts';
import { clearGeneralDetect, DB } from './debug.ts';
import { enterLong } from './enter-long.ts';
import { enterProtected } from './enter-protected.ts';
import { enterReal } from './enter-real.ts';
import type { Event } from './event.ts';
import { Fault } from './microcode.ts';

/** `shutdown`: a third fault. Nothing runs any more. */
export type Delivery = 'ok' | 'shutdown';

/**
 * fault: RIP is the instruction's own, and RF is set in the flags image.
 * breakpoint: #DB of an instruction breakpoint, the one fault that leaves RF to its handler.
 * trap: RIP is behind the instruction.
 */
export type ExceptionClass = 'fault' | 'breakpoint' | 'trap';

const NMI = 2;
const DF = 8;
const PF = 14;
/** #DE #TS #NP #SS #GP. */
const contributory = (vector: number): boolean =>
  vector === 0 || (vector >= 10 && vector <= 13) || vector === 21;

/** What becomes of a second exception while a first is being delivered. */
function combined(first: number, second: number): 'serial' | 'double' | 'shutdown' {
  const serious = contributory(second) || second === PF;
  if (first === DF) return serious ? 'shutdown' : 'serial';
  if (contributory(first)) return contributory(second) ? 'double' : 'serial';
  if (first === PF) return serious ? 'double' : 'serial';
  return 'serial';
}

/** Transfers control to the handler of an event, or throws what went wrong on the way. */
export function enterHandler(cpu: Cpu, event: Event): void {
  if (cpu.longMode) enterLong(cpu, event);
  else if (cpu.protectedMode) enterProtected(cpu, event);
  else enterReal(cpu, event);
}

/** Delivers an exception raised by the instruction at RIP (a fault) or before RIP (a trap). */
export function deliverException(
  cpu: Cpu,
  raised: { readonly vector: number; readonly error: number | undefined },
  kind: ExceptionClass = 'fault',
): Delivery {
  let { vector, error } = raised;
  let resume = kind === 'fault' ? FL_RF : 0;
  cpu.state.setU32(L.HALTED, 0);
  for (;;) {
    const flags = cpu.rflags | (vector === DF ? 0 : resume);
    try {
      enterHandler(cpu, { vector, ext: 1, software: false, error, rip: cpu.rip, flags });
      if (vector === DB) clearGeneralDetect(cpu);
      return 'ok';
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      switch (combined(vector, thrown.vector)) {
        case 'shutdown':
          return 'shutdown';
        case 'double':
          vector = DF;
          error = 0;
          break;
        default:
          vector = thrown.vector;
          error = thrown.error;
          resume = FL_RF;
      }
    }
  }
}

/** Delivers #DB as a trap: DR6 has been set by `takeDebugTrap`. */
export function deliverDebugTrap(cpu: Cpu): Delivery {
  return deliverException(cpu, { vector: DB, error: undefined }, 'trap');
}

/**
 * Delivers an external interrupt or an NMI at an instruction boundary. `resume`: the instruction at
 * RIP is a string instruction between two iterations, so the image has RF (SDM Vol. 3B §17.3.1.1).
 */
export function deliverInterrupt(
  cpu: Cpu,
  vector: number,
  kind: 'external' | 'nmi',
  resume = false,
): Delivery {
  const { state } = cpu;
  state.setU32(L.HALTED, 0);
  if (kind === 'nmi') state.setU32(L.NMI_BLOCKED, 1);
  const event: Event = {
    vector: kind === 'nmi' ? NMI : vector,
    ext: 1,
    software: false,
    error: undefined,
    rip: cpu.rip,
    flags: cpu.rflags | (resume ? FL_RF : 0),
  };
  try {
    enterHandler(cpu, event);
    return 'ok';
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return deliverException(cpu, thrown);
  }
}

/** SDM Vol. 3A table 6-1. */
export const hasErrorCode = (vector: number): boolean =>
  vector === 8 || (vector >= 10 && vector <= 14) || vector === 17 || vector === 21;
