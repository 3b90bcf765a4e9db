/** What the memory pane looks at: guest bytes around an address, and what they were at the last stop. */

import type { TuiTarget } from './travel.ts';

export const ROW_BYTES = 16;
const ROWS = 128;

export class MemoryWindow {
  /** The selected byte. */
  at = 0n;
  /** Why it looks there; the pane says so. */
  label = 'rsp';
  /** It stays at the top of the stack until it is sent elsewhere. */
  followsStack = true;
  /** Shown word by word, with where each leads. */
  pointers = false;
  /** From `start`, a multiple of 16, as much as is mapped in each row. */
  start = 0n;
  bytes: readonly (Uint8Array | undefined)[] = [];
  readonly #target: TuiTarget;
  #before: { readonly start: bigint; readonly bytes: readonly (Uint8Array | undefined)[] } = {
    start: 0n,
    bytes: [],
  };

  constructor(target: TuiTarget) {
    this.#target = target;
  }

  go(at: bigint, label = ''): void {
    this.followsStack = false;
    this.#place(at, label);
  }

  /** The guest stands somewhere else. */
  arrive(rsp: bigint): void {
    if (this.followsStack) this.#place(rsp, 'rsp');
    else this.look();
  }

  move(by: number): void {
    this.followsStack = false;
    this.at = BigInt.asUintN(64, this.at + BigInt(by));
    const row = (this.at - this.start) / BigInt(ROW_BYTES);
    if (row < 4n || row >= BigInt(ROWS - 4)) this.#centre();
    this.look();
  }

  look(): void {
    this.bytes = Array.from({ length: ROWS }, (_, row) => this.#row(row));
  }

  /** The guest is about to be somewhere else. */
  remember(): void {
    this.#before = { start: this.start, bytes: this.bytes };
  }

  /** Was this byte another one at the last stop? */
  changed(row: number, column: number): boolean {
    const { start, bytes } = this.#before;
    const now = this.bytes[row]?.[column];
    const shifted = row + Number((this.start - start) / BigInt(ROW_BYTES));
    const then = bytes[shifted]?.[column];
    return now !== undefined && then !== undefined && now !== then;
  }

  #place(at: bigint, label: string): void {
    this.at = BigInt.asUintN(64, at);
    this.label = label;
    this.#centre();
    this.look();
  }

  #centre(): void {
    const row = this.at - (this.at % BigInt(ROW_BYTES));
    const above = BigInt((ROWS / 2) * ROW_BYTES);
    this.start = row > above ? row - above : 0n;
  }

  #row(row: number): Uint8Array | undefined {
    const at = BigInt.asUintN(64, this.start + BigInt(row * ROW_BYTES));
    const read = this.#target.readMemory({ space: 'gva', at, length: ROW_BYTES });
    return read.length === 0 ? undefined : read;
  }
}
