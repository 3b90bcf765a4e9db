/** Exits and their replies as people read them: one line, the same in every front end. */

import { type Entry, type GuestExit, unreachable } from '../engine/exit.ts';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** What left the vCPU: "out 0x3f8 size 1 = 0x41". */
export function describeExit(exit: GuestExit): string {
  switch (exit.kind) {
    case 'pio':
      return exit.dir === 'in'
        ? `in ${hex(exit.port)} size ${exit.size}`
        : `out ${hex(exit.port)} size ${exit.size} = ${hex(exit.value)}`;
    case 'mmio':
      return exit.dir === 'read'
        ? `mmio read ${hex(exit.gpa)} size ${exit.size}`
        : `mmio write ${hex(exit.gpa)} size ${exit.size} = ${hex(exit.value)}`;
    case 'hlt':
      return 'hlt';
    case 'cpuid':
      return `cpuid leaf ${hex(exit.leaf)} subleaf ${hex(exit.subleaf)}`;
    case 'rdmsr':
      return `rdmsr ${hex(exit.msr)}`;
    case 'wrmsr':
      return `wrmsr ${hex(exit.msr)} = ${hex(exit.value)}`;
    case 'cr8':
      return exit.dir === 'read' ? 'cr8 read' : `cr8 write = ${hex(exit.value)}`;
    case 'random':
      return `${exit.instruction} size ${exit.size}`;
    case 'shutdown':
      return 'shutdown';
    default:
      return unreachable(exit);
  }
}

/** What answered it: "-> 0x60"; empty if there was nothing to say. */
export function describeEntry(entry: Entry): string {
  switch (entry.kind) {
    case 'none':
      return '';
    case 'value':
    case 'wide':
      return `-> ${hex(entry.value)}`;
    case 'cpuid':
      return `-> ${entry.regs.map(hex).join(' ')}`;
    case 'skip':
      return `-> ${entry.ticks} ticks`;
    case 'default':
      return '-> default';
    case 'fault':
      return '-> #GP(0)';
    default:
      return unreachable(entry);
  }
}
