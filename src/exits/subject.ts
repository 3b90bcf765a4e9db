/** The fields of a frame that the filter language, the exports and the statistics name. */

import { type Entry, type GuestExit, unreachable } from '../engine/exit.ts';
import type { Frame } from '../trace/frame.ts';
import { nameOfSubject, reasonOfExit } from './text.ts';

/** A frame with what is known about it beyond itself. */
export interface TracedFrame {
  /** Counted over the recording from 0. */
  readonly ordinal: number;
  readonly frame: Frame;
  /** Guest time in ticks, when it happened. */
  readonly ticks: number;
  readonly place?: Place | undefined;
}

/** Where in the guest's code: known after a replay only. */
export interface Place {
  readonly rip: bigint;
  /** The function's name, or the address. */
  readonly function: string;
  /** Callers first, the function itself last. */
  readonly stack: readonly string[];
}

/** The word it is counted under: "pio-out", "interrupt". */
export function reasonOf(frame: Frame): string {
  return frame.kind === 'exit' ? reasonOfExit(frame.exit) : frame.kind;
}

/** "COM1 LSR", "IA32_EFER", "rtc" for an input; empty if it has no name. */
export function nameOf(frame: Frame): string {
  if (frame.kind === 'exit') return nameOfSubject(frame.exit, frame.reply);
  return frame.kind === 'input' ? frame.name : '';
}

/** Port, GPA, MSR, leaf or vector. */
export function addressOf(frame: Frame): number | undefined {
  switch (frame.kind) {
    case 'exit':
      return addressOfExit(frame.exit);
    case 'interrupt':
      return frame.vector;
    case 'dma':
      return frame.gpa;
    case 'nmi':
    case 'input':
    case 'hash':
      return undefined;
    default:
      return unreachable(frame);
  }
}

function addressOfExit(exit: GuestExit): number | undefined {
  switch (exit.kind) {
    case 'pio':
      return exit.port;
    case 'mmio':
      return exit.gpa;
    case 'rdmsr':
    case 'wrmsr':
      return exit.msr;
    case 'cpuid':
      return exit.leaf;
    case 'hlt':
    case 'cr8':
    case 'random':
    case 'shutdown':
      return undefined;
    default:
      return unreachable(exit);
  }
}

/** What was written, or what was answered to a read. */
export function carriedValue(frame: Frame): bigint | undefined {
  if (frame.kind !== 'exit') return undefined;
  const { exit, reply } = frame;
  if (exit.kind === 'wrmsr') return exit.value;
  if ((exit.kind === 'pio' && exit.dir === 'out') || (exit.kind === 'mmio' && exit.dir === 'write'))
    return BigInt(exit.value);
  if (exit.kind === 'cr8' && exit.dir === 'write') return BigInt(exit.value);
  return repliedValue(reply);
}

function repliedValue(reply: Entry): bigint | undefined {
  if (reply.kind === 'value' || reply.kind === 'wide') return BigInt(reply.value);
  return undefined;
}

/** Bytes of the access, of the DMA or of the input. */
export function sizeOf(frame: Frame): number | undefined {
  if (frame.kind === 'dma') return frame.bytes.length;
  if (frame.kind === 'input') return frame.data.length;
  return frame.kind === 'exit' && 'size' in frame.exit ? frame.exit.size : undefined;
}

/** Ticks that a HLT skipped; 0 for all else. */
export function skippedBy(frame: Frame): number {
  return frame.kind === 'exit' && frame.reply.kind === 'skip' ? frame.reply.ticks : 0;
}

/** "in" and "out" for ports, "read" and "write" for the rest. */
export function directionOf(frame: Frame): string | undefined {
  if (frame.kind !== 'exit') return undefined;
  const { exit } = frame;
  if ('dir' in exit) return exit.dir;
  if (exit.kind === 'rdmsr') return 'read';
  return exit.kind === 'wrmsr' ? 'write' : undefined;
}
