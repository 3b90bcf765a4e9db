/**
 * The guest fuzzer: runs a random guest with random answers to its exits and random interrupts, and
 * then again, on another tier and in other pieces. Nothing may throw, and the second run must show
 * the same exits, the same states on the way and the same state at the end, bit for bit.
 */

import { cpuid } from '../../src/engine/cpuid.ts';
import { createVcpu, type VcpuOptions } from '../../src/engine/create.ts';
import { type Entry, NONE, type VmExit } from '../../src/engine/exit.ts';
import { icount } from '../../src/engine/units.ts';
import type { Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { Random } from '../float/cases.ts';
import { MEMORY, type RandomGuest, randomGuest } from './random-guest.ts';

export interface GuestRun {
  readonly describe: string;
  readonly instructions: number;
  readonly exits: number;
  readonly end: string;
}

const INSTRUCTIONS = 20_000;
const EXITS_MAX = 4000;
const EVENT_SPACING = 1500;

interface Trace {
  /** One line for each exit and event, with the state hash at events. */
  readonly lines: string[];
  readonly instructions: number;
  readonly end: string;
}

/** Throws with a description of what went wrong; `seed` repeats it. */
export function fuzzGuest(seed: number, steps = INSTRUCTIONS): GuestRun {
  const guest = randomGuest(new Random(seed));
  const first = run(guest, seed, steps, { accel: 'interp' }, undefined);
  const pieces = new Random(seed ^ 0x5eed);
  const second = run(guest, seed, steps, { accel: 'jit', jit: { hotAt: 2 } }, pieces);
  for (const [i, line] of first.lines.entries()) {
    if (line === second.lines[i]) continue;
    const before = first.lines.slice(Math.max(0, i - 3), i).join('\n  ');
    throw new Error(
      `the second run differs (${guest.describe}) after\n  ${before}\n  interpreted: ${line}\n  compiled:    ${second.lines[i]}`,
    );
  }
  if (first.end !== second.end) throw new Error(`ends differ: ${first.end} and ${second.end}`);
  const { instructions, end, lines } = first;
  return { describe: guest.describe, instructions, exits: lines.length, end };
}

function run(
  guest: RandomGuest,
  seed: number,
  steps: number,
  options: Pick<VcpuOptions, 'accel' | 'jit'>,
  pieces: Random | undefined,
): Trace {
  const vcpu = createVcpu({ memoryBytes: MEMORY, cpu: guest.cpu, ...options });
  guest.build(vcpu);
  const [answers, events] = [new Random(seed + 1), new Random(seed + 2)];
  const lines: string[] = [];
  const say = (what: string): void => {
    lines.push(`${vcpu.icount} ${what}`);
  };
  let nextEvent = events.below(EVENT_SPACING);
  let end = 'done';
  let sleeps = 0;
  while (vcpu.icount < steps && lines.length < EXITS_MAX) {
    const goal = Math.min(steps, nextEvent);
    const until = pieces ? Math.min(goal, vcpu.icount + 1 + pieces.below(200)) : goal;
    const exit = vcpu.run(icount(Math.max(until, vcpu.icount)));
    if (exit.kind === 'until') {
      if (vcpu.halted) {
        if (++sleeps > 8) {
          end = 'asleep';
          break;
        }
        say('wake by NMI');
        vcpu.nmi();
      } else if (vcpu.icount < until) {
        // Faults whose handler faults, for ever, without an instruction retired: the vCPU gives up.
        end = 'stuck';
        break;
      } else if (vcpu.icount >= nextEvent) {
        say(`event ${event(vcpu, events)} ${vcpu.stateHash()}`);
        nextEvent = vcpu.icount + 1 + events.below(EVENT_SPACING);
      }
      continue;
    }
    sleeps = 0;
    say(text(exit));
    if (exit.kind === 'shutdown') {
      end = 'shutdown';
      break;
    }
    if (exit.kind === 'interrupt-window') {
      vcpu.setIntr(false);
      vcpu.inject(32 + answers.below(224));
    } else vcpu.enter(answer(exit, guest, answers));
  }
  return { lines, instructions: vcpu.icount, end: `${end} ${vcpu.icount} ${vcpu.stateHash()}` };
}

function event(vcpu: Vcpu, r: Random): string {
  switch (r.below(3)) {
    case 0:
      vcpu.nmi();
      return 'NMI';
    case 1:
      vcpu.setIntr(true);
      return 'INTR';
    default:
      return 'none';
  }
}

function answer(exit: VmExit, { cpu }: RandomGuest, r: Random): Entry {
  switch (exit.kind) {
    case 'pio':
      return exit.dir === 'in' ? { kind: 'value', value: r.u32() } : NONE;
    case 'mmio':
      return exit.dir === 'read' ? { kind: 'wide', value: r.u64() } : NONE;
    case 'hlt':
      return { kind: 'skip', ticks: r.below(1000) };
    case 'cpuid': {
      const dynamic = { apicEnabled: true, osxsave: false };
      const [a, b, c, d] = cpuid(cpu, exit.leaf >>> 0, exit.subleaf >>> 0, dynamic);
      return { kind: 'cpuid', regs: [a, b, c, d] };
    }
    case 'rdmsr':
      return r.below(2) ? { kind: 'wide', value: r.u64() } : { kind: 'fault' };
    case 'wrmsr':
      return { kind: r.pick(['default', 'default', 'none', 'fault']) };
    case 'cr8':
      return exit.dir === 'read' ? { kind: 'value', value: r.below(16) } : NONE;
    case 'random':
      return { kind: 'wide', value: r.u64() };
    default:
      throw new Error(`unexpected exit ${exit.kind}`);
  }
}

const text = (exit: VmExit): string =>
  JSON.stringify(exit, (_, v) => (typeof v === 'bigint' ? v.toString(16) : v));
