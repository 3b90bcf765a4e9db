/**
 * A frame of a recording as one line of the exit tracer, and the reason it is counted under. The
 * columns are fixed, so that two lists can be compared line by line:
 *
 *     icount  exit -> reply  meaning
 */

import { type Entry, type GuestExit, unreachable } from '../engine/exit.ts';
import { type Description, describeAddress, describeMsr, describePort } from '../engine/index.ts';
import { describeEntry, describeExit } from '../trace/describe.ts';
import type { Frame } from '../trace/frame.ts';
import { hex } from './hex.ts';

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

/** Leaves that look at ECX (SDM Vol. 2A, "CPUID"). */
const SUBLEAVES: ReadonlySet<number> = new Set([4, 7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x1f]);

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
      // Elsewhere ECX is what the guest happened to have in it.
      return `leaf ${hex(exit.leaf, 8)}${SUBLEAVES.has(exit.leaf) ? `.${exit.subleaf}` : ''}`;
    case 'cr8':
    case 'random':
    case 'hlt':
    case 'shutdown':
      return '';
    default:
      return unreachable(exit);
  }
}

/** The register behind it, as the manuals call it: "COM1 LSR"; empty if it has no name. */
export function nameOfSubject(exit: GuestExit, reply: Entry): string {
  const found = described(exit, reply);
  if (typeof found === 'string') return found;
  return found ? `${found.device} ${found.register}` : '';
}

/** The name and what the value says: "COM1 LSR: THRE|TEMT". */
function meaning(exit: GuestExit, reply: Entry): string {
  const found = described(exit, reply);
  if (typeof found === 'string') return found;
  return found ? `${found.device} ${found.register}: ${found.value}` : '';
}

function described(exit: GuestExit, reply: Entry): Description | string | undefined {
  const replied = reply.kind === 'value' || reply.kind === 'wide' ? Number(reply.value) : 0;
  switch (exit.kind) {
    case 'pio': {
      const dir = exit.dir === 'in' ? 'read' : 'write';
      const value = exit.dir === 'in' ? replied : exit.value;
      return describePort(exit.port, { dir, size: exit.size }, value);
    }
    case 'mmio': {
      const { dir, size } = exit;
      return describeAddress(
        exit.gpa,
        { dir, size },
        dir === 'read' ? replied : Number(exit.value),
      );
    }
    case 'rdmsr':
    case 'wrmsr':
      return describeMsr(exit.msr);
    default:
      return undefined;
  }
}

/** What a frame says in its device's words: "COM1 LSR: THRE|TEMT"; empty if it has none. */
export function meaningOf(frame: Frame): string {
  return frame.kind === 'exit' ? meaning(frame.exit, frame.reply) : '';
}

export function frameLine(frame: Frame): string {
  const at = String(frame.icount).padStart(14);
  switch (frame.kind) {
    case 'exit': {
      const { exit, reply } = frame;
      const what = `${describeExit(exit)} ${describeEntry(reply)}`.trimEnd();
      return `${at}  ${what.padEnd(44)}  ${meaning(exit, reply)}`.trimEnd();
    }
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
