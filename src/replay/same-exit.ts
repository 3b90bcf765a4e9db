/** Does a replayed exit say what the recorded one said? */

import { type GuestExit, unreachable, type VmExit } from '../engine/exit.ts';

export function sameExit(actual: VmExit, recorded: GuestExit): boolean {
  switch (recorded.kind) {
    case 'pio':
      return (
        actual.kind === 'pio' &&
        actual.dir === recorded.dir &&
        actual.port === recorded.port &&
        actual.size === recorded.size &&
        (actual.dir === 'in' || actual.value === recorded.value)
      );
    case 'mmio':
      return (
        actual.kind === 'mmio' &&
        actual.dir === recorded.dir &&
        actual.gpa === recorded.gpa &&
        actual.size === recorded.size &&
        (actual.dir === 'read' || actual.value === recorded.value)
      );
    case 'cpuid':
      return (
        actual.kind === 'cpuid' &&
        actual.leaf === recorded.leaf &&
        actual.subleaf === recorded.subleaf
      );
    case 'rdmsr':
      return actual.kind === 'rdmsr' && actual.msr === recorded.msr;
    case 'wrmsr':
      return (
        actual.kind === 'wrmsr' && actual.msr === recorded.msr && actual.value === recorded.value
      );
    case 'cr8':
      return (
        actual.kind === 'cr8' &&
        actual.dir === recorded.dir &&
        (actual.dir === 'read' || actual.value === recorded.value)
      );
    case 'random':
      return (
        actual.kind === 'random' &&
        actual.instruction === recorded.instruction &&
        actual.size === recorded.size
      );
    case 'hlt':
    case 'shutdown':
      return actual.kind === recorded.kind;
    default:
      return unreachable(recorded);
  }
}
