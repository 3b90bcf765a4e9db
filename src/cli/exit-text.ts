/**
 * A frame of a recording as one line of the exit tracer, and the reason it is counted under. The
 * columns are fixed, so that two lists can be compared line by line:
 *
 *     icount  exit  reply
 */

import { type GuestExit, unreachable } from '../engine/exit.ts';
import { describeEntry, describeExit } from '../trace/describe.ts';
import type { Frame } from '../trace/frame.ts';
import { hex } from './format.ts';

/** The name a kind of exit is counted under. */
export function reasonOfExit(exit: GuestExit): string {
  switch (exit.kind) {
    case 'pio':
    case 'mmio':
    case 'cr8':
      return `${exit.kind}-${exit.dir}`;
    case 'random':
      return exit.instruction;
    case 'hlt':
    case 'cpuid':
    case 'rdmsr':
    case 'wrmsr':
    case 'shutdown':
      return exit.kind;
    default:
      return unreachable(exit);
  }
}

/** What an exit was about: the port, the register, the page; empty if there is but one. */
export function subjectOf(exit: GuestExit): string {
  switch (exit.kind) {
    case 'pio':
      return `port ${hex(exit.port, 4)}`;
    case 'mmio':
      return `gpa ${hex(exit.gpa, 9)}`;
    case 'rdmsr':
    case 'wrmsr':
      return `msr ${hex(exit.msr, 8)}`;
    case 'cpuid':
      return `leaf ${hex(exit.leaf, 8)}.${exit.subleaf}`;
    case 'cr8':
    case 'random':
    case 'hlt':
    case 'shutdown':
      return '';
    default:
      return unreachable(exit);
  }
}

export function frameLine(frame: Frame): string {
  const at = String(frame.icount).padStart(14);
  switch (frame.kind) {
    case 'exit':
      return `${at}  ${describeExit(frame.exit).padEnd(40)} ${describeEntry(frame.reply)}`.trimEnd();
    case 'interrupt':
      return `${at}  interrupt ${hex(frame.vector, 2)}`;
    case 'nmi':
      return `${at}  nmi`;
    case 'dma':
      return `${at}  dma ${hex(frame.gpa)} ${frame.bytes.length} bytes`;
    case 'input':
      return `${at}  input ${frame.name} ${Buffer.from(frame.data).toString('hex')}`.trimEnd();
    case 'hash':
      return `${at}  hash ${frame.hash}`;
    default:
      return unreachable(frame);
  }
}
