/**
 * A frame: one record in a recording, either an exit with its reply or something that came into the
 * guest between two instructions. Here is how frames map to shapes (what many frames share) and
 * numbers (what each adds); columns.ts puts those into chunks.
 */

import type { AccessSize, Entry, GuestExit } from '../engine/exit.ts';
import { unreachable } from '../engine/exit.ts';
import { type Gpa, gpa, type Icount, type Ticks } from '../engine/units.ts';

export type Frame =
  | {
      readonly kind: 'exit';
      readonly icount: Icount;
      readonly exit: GuestExit;
      readonly reply: Entry;
    }
  | { readonly kind: 'interrupt'; readonly icount: Icount; readonly vector: number }
  | { readonly kind: 'nmi'; readonly icount: Icount }
  | {
      readonly kind: 'dma';
      readonly icount: Icount;
      readonly gpa: Gpa;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'input';
      readonly icount: Icount;
      /** Guest time; moves on while a halted guest's icount stands still. */
      readonly ticks: Ticks;
      readonly name: string;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'hash'; readonly icount: Icount; readonly hash: string };

/** `Kind` of recording.proto. */
export const KIND = {
  PIO_IN: 1,
  PIO_OUT: 2,
  MMIO_READ: 3,
  MMIO_WRITE: 4,
  HLT: 5,
  CPUID: 6,
  RDMSR: 7,
  WRMSR: 8,
  CR8_READ: 9,
  CR8_WRITE: 10,
  RDRAND: 11,
  RDSEED: 12,
  SHUTDOWN: 13,
  INTERRUPT: 16,
  NMI: 17,
  DMA: 18,
  INPUT: 24,
  HASH: 25,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** `Reply` of recording.proto. */
export const REPLY = {
  NONE: 0,
  VALUE: 1,
  WIDE: 2,
  CPUID_REGS: 3,
  SKIP: 4,
  DEFAULT: 5,
  FAULT: 6,
} as const;
export type Reply = (typeof REPLY)[keyof typeof REPLY];

export interface Shape {
  readonly kind: Kind;
  readonly reply: Reply;
  readonly size: number;
  readonly address: number;
  readonly subleaf: number;
  readonly name: string;
}

export const isExitKind = (kind: Kind): boolean => kind <= KIND.SHUTDOWN;
/** Frames that change the vCPU or its RAM: they count in a mark's `step`. */
export const movesGuest = (kind: Kind): boolean => kind <= KIND.DMA;

/** How many numbers the exit itself brings. */
function outwardCount(kind: Kind): number {
  switch (kind) {
    case KIND.PIO_OUT:
    case KIND.MMIO_WRITE:
    case KIND.WRMSR:
    case KIND.CR8_WRITE:
      return 1;
    case KIND.DMA:
    case KIND.INPUT:
      return 2;
    default:
      return 0;
  }
}

function replyCount(reply: Reply): number {
  switch (reply) {
    case REPLY.VALUE:
    case REPLY.WIDE:
    case REPLY.SKIP:
      return 1;
    case REPLY.CPUID_REGS:
      return 4;
    default:
      return 0;
  }
}

/** Numbers per frame of this shape. */
export const arity = (shape: Shape): number => outwardCount(shape.kind) + replyCount(shape.reply);

/** Are this shape's numbers written as differences? */
export function countsUp(shape: Shape): boolean {
  switch (shape.kind) {
    case KIND.RDMSR:
    case KIND.WRMSR:
      return true;
    case KIND.PIO_IN:
    case KIND.PIO_OUT:
    case KIND.MMIO_READ:
    case KIND.MMIO_WRITE:
      return shape.size >= 4;
    default:
      return false;
  }
}

export const replyOf = (entry: Entry): Reply => {
  switch (entry.kind) {
    case 'none':
      return REPLY.NONE;
    case 'value':
      return REPLY.VALUE;
    case 'wide':
      return REPLY.WIDE;
    case 'cpuid':
      return REPLY.CPUID_REGS;
    case 'skip':
      return REPLY.SKIP;
    case 'default':
      return REPLY.DEFAULT;
    case 'fault':
      return REPLY.FAULT;
    default:
      return unreachable(entry);
  }
};

/** The kind of an exit; its address, size and numbers are taken where they are stored. */
export function kindOf(exit: GuestExit): Kind {
  switch (exit.kind) {
    case 'pio':
      return exit.dir === 'in' ? KIND.PIO_IN : KIND.PIO_OUT;
    case 'mmio':
      return exit.dir === 'read' ? KIND.MMIO_READ : KIND.MMIO_WRITE;
    case 'hlt':
      return KIND.HLT;
    case 'cpuid':
      return KIND.CPUID;
    case 'rdmsr':
      return KIND.RDMSR;
    case 'wrmsr':
      return KIND.WRMSR;
    case 'cr8':
      return exit.dir === 'read' ? KIND.CR8_READ : KIND.CR8_WRITE;
    case 'random':
      return exit.instruction === 'rdrand' ? KIND.RDRAND : KIND.RDSEED;
    case 'shutdown':
      return KIND.SHUTDOWN;
    default:
      return unreachable(exit);
  }
}

/**
 * Replies that make sense for an exit. A recording with another one is refused when it is read, so
 * that no vCPU ever sees it.
 */
export function replyFits(kind: Kind, reply: Reply): boolean {
  switch (kind) {
    case KIND.PIO_IN:
    case KIND.CR8_READ:
      return reply === REPLY.VALUE;
    case KIND.MMIO_READ:
    case KIND.RDRAND:
    case KIND.RDSEED:
      return reply === REPLY.WIDE;
    case KIND.CPUID:
      return reply === REPLY.CPUID_REGS;
    case KIND.HLT:
      return reply === REPLY.SKIP;
    case KIND.RDMSR:
      return reply === REPLY.WIDE || reply === REPLY.FAULT;
    case KIND.WRMSR:
      return reply === REPLY.NONE || reply === REPLY.DEFAULT || reply === REPLY.FAULT;
    default:
      return reply === REPLY.NONE;
  }
}

/** How many bits the numbers of a shape may have. */
export function numberBits(shape: Shape): number {
  switch (shape.kind) {
    case KIND.MMIO_READ:
    case KIND.MMIO_WRITE:
    case KIND.RDMSR:
    case KIND.WRMSR:
    case KIND.RDRAND:
    case KIND.RDSEED:
      return 64;
    case KIND.HLT:
    case KIND.INPUT:
      return 53;
    case KIND.DMA:
      return 52;
    default:
      return 32;
  }
}

/** Reads the numbers of one frame; `i` counts from the frame's first. */
export interface Numbers {
  number(i: number): number;
  wide(i: number): bigint;
}

/** The exit of a frame whose shape is an exit's. */
export function exitOf(shape: Shape, numbers: Numbers): GuestExit {
  const { kind, size, address } = shape;
  switch (kind) {
    case KIND.PIO_IN:
      return { kind: 'pio', dir: 'in', port: address, size: size as 1 | 2 | 4, value: 0 };
    case KIND.PIO_OUT:
      return {
        kind: 'pio',
        dir: 'out',
        port: address,
        size: size as 1 | 2 | 4,
        value: numbers.number(0),
      };
    case KIND.MMIO_READ:
      return { kind: 'mmio', dir: 'read', gpa: gpa(address), size: size as AccessSize, value: 0n };
    case KIND.MMIO_WRITE:
      return {
        kind: 'mmio',
        dir: 'write',
        gpa: gpa(address),
        size: size as AccessSize,
        value: numbers.wide(0),
      };
    case KIND.HLT:
      return { kind: 'hlt' };
    case KIND.CPUID:
      return { kind: 'cpuid', leaf: address, subleaf: shape.subleaf };
    case KIND.RDMSR:
      return { kind: 'rdmsr', msr: address };
    case KIND.WRMSR:
      return { kind: 'wrmsr', msr: address, value: numbers.wide(0) };
    case KIND.CR8_READ:
      return { kind: 'cr8', dir: 'read', value: 0 };
    case KIND.CR8_WRITE:
      return { kind: 'cr8', dir: 'write', value: numbers.number(0) };
    case KIND.RDRAND:
    case KIND.RDSEED:
      return {
        kind: 'random',
        instruction: kind === KIND.RDRAND ? 'rdrand' : 'rdseed',
        size: size as 2 | 4 | 8,
      };
    case KIND.SHUTDOWN:
      return { kind: 'shutdown' };
    default:
      throw new Error(`kind ${kind} is no exit`);
  }
}

/** The reply of a frame whose shape is an exit's. */
export function entryOf(shape: Shape, numbers: Numbers): Entry {
  const first = outwardCount(shape.kind);
  switch (shape.reply) {
    case REPLY.NONE:
      return { kind: 'none' };
    case REPLY.VALUE:
      return { kind: 'value', value: numbers.number(first) };
    case REPLY.WIDE:
      return { kind: 'wide', value: numbers.wide(first) };
    case REPLY.CPUID_REGS:
      return {
        kind: 'cpuid',
        regs: [
          numbers.number(first),
          numbers.number(first + 1),
          numbers.number(first + 2),
          numbers.number(first + 3),
        ],
      };
    case REPLY.SKIP:
      return { kind: 'skip', ticks: numbers.number(first) };
    case REPLY.DEFAULT:
      return { kind: 'default' };
    case REPLY.FAULT:
      return { kind: 'fault' };
    default:
      return unreachable(shape.reply);
  }
}
