/**
 * What a packet is to the table: a name, what `qSupported` says because of it, and a handler. A
 * handler answers with the payload of the reply; with `undefined` if it does not know this form of
 * the packet, which the protocol says with an empty reply; or with how the guest is to move, and
 * then the stop reply comes when it has.
 */

import type { TargetStop, WorkControl } from '../target/index.ts';
import type { Stub } from './stub.ts';

export interface Motion {
  readonly kind: 'move';
  readonly move: (control: WorkControl) => Promise<TargetStop>;
}

/** The reply is the last thing this client hears. */
export interface Farewell {
  readonly kind: 'bye';
  readonly reply?: string;
}

/** Bytes that go as hex digits: registers and memory, where speed counts. */
export interface HexBytes {
  readonly kind: 'hex';
  readonly bytes: Uint8Array;
  /** Of an answer that may be given again: the packet it was. */
  again?: Uint8Array | 'not sent yet';
}

export type Answer = string | undefined | HexBytes | Motion | Farewell;

export interface Packet {
  /** What the payload starts with; the longest name that fits wins. */
  readonly name: string;
  /** The features that `qSupported` lists because this packet is understood. */
  readonly supported?: readonly string[];
  /** It only looks: what was worked out about the guest before still holds behind it. */
  readonly looks?: boolean;
  /** `args` is what follows the name, byte for byte. */
  readonly handle: (stub: Stub, args: string, control: WorkControl) => Answer | Promise<Answer>;
}

export const OK = 'OK';
/** The packet makes no sense. gdb shows numbers as they are; errno's are what people expect. */
export const E_MALFORMED = 'E16';
/** EFAULT: no such address. */
export const E_FAULT = 'E0e';

/** An error in words: what gdb prints (gdb manual E.1, "Standard Replies"). */
export const errorText = (text: string): string => `E.${text}`;

export const hexBytes = (bytes: Uint8Array): HexBytes => ({ kind: 'hex', bytes });

export const moving = (move: Motion['move']): Motion => ({ kind: 'move', move });
