/**
 * The stack as far transfers and event delivery use it: reading without moving RSP, and pushing so
 * that every push is checked before the first is made. SDM Vol. 3A §5.8.5, §6.12.1.
 */

import * as L from '../vcpu/layout.ts';
import { type Cpu, canonical, type Privilege, RIGHTS_DB, SS, segmentAllows } from './cpu.ts';
import type { Hidden } from './descriptor.ts';
import { Fault } from './microcode.ts';
import { loaded, loadedLow, Pointer } from './pointer.ts';

export type StackBytes = 2 | 4 | 8;

const MASK = { 2: 0xffffn, 4: 0xffffffffn, 8: 0xffffffffffffffffn } as const;

/** Width of the stack pointer: RSP in 64-bit mode, else by SS.B. */
export function stackBytes(code64: boolean, ssRights: number): StackBytes {
  if (code64) return 8;
  return ssRights & RIGHTS_DB ? 4 : 2;
}

/** RSP with its low part replaced: SP leaves the rest, ESP clears it. */
export function mergedStack(rsp: bigint, sp: bigint, bytes: StackBytes): bigint {
  if (bytes === 8) return sp;
  if (bytes === 2) return (rsp & ~0xffffn) | (sp & 0xffffn);
  return sp & MASK[bytes];
}

/** Reads the current stack from its top; RSP moves when the caller says so. */
export class StackReader {
  readonly #cpu: Cpu;
  readonly #bytes: StackBytes;
  readonly #at: Pointer;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
    this.#bytes = stackBytes(cpu.code64, cpu.rights(L.SS));
    this.#at = Pointer.of(cpu.state, L.RSP);
    this.skip(0);
  }

  pop(bytes: StackBytes): bigint {
    const cpu = this.#cpu;
    const at = this.#at;
    if (bytes !== 8 || this.#bytes !== 8) {
      const value = cpu.read(L.SS, at.value, bytes);
      cpu.state.setU64(L.WIDE, value);
      this.skip(bytes);
      return value;
    }
    if (!at.spans(8)) throw new Fault(SS, 0);
    at.load(cpu, 'program');
    this.skip(8);
    return loaded(cpu);
  }
  /** The low half of a slot, of which more is not looked at. */
  popLow(bytes: StackBytes): number {
    this.pop(bytes);
    return loadedLow(this.#cpu);
  }
  popSelector(bytes: StackBytes): number {
    return this.popLow(bytes) & 0xffff;
  }
  skip(by: number): void {
    const at = this.#at.move(by);
    if (this.#bytes === 8) return;
    at.high = 0;
    if (this.#bytes === 2) at.low &= 0xffff;
  }
  /** RSP as it would be after the pops. */
  get rsp(): bigint {
    return mergedStack(this.#cpu.state.u64(L.RSP), this.#at.value, this.#bytes);
  }
}

/** A stack that need not be the current one. */
export interface StackTarget {
  readonly segment: Hidden;
  readonly rsp: bigint;
  readonly bytes: StackBytes;
  /** Error code of the #SS where there is no room. */
  readonly error: number;
  readonly privilege: Privilege;
}

/** The current stack, at the current privilege. */
export function currentStack(cpu: Cpu, error = 0): StackTarget {
  const rights = cpu.rights(L.SS);
  return {
    segment: {
      selector: cpu.selector(L.SS),
      base: cpu.base(L.SS),
      limit: cpu.limit(L.SS),
      rights,
    },
    rsp: cpu.state.u64(L.RSP),
    bytes: stackBytes(cpu.code64, rights),
    error,
    privilege: 'program',
  };
}

/** Pushes that are checked one by one as they come, and made by `commit`. */
export class StackWriter {
  readonly #cpu: Cpu;
  readonly #to: StackTarget;
  readonly #at: bigint[] = [];
  readonly #sizes: (1 | 2 | 4 | 8)[] = [];
  readonly #values: bigint[] = [];
  #sp: bigint;

  constructor(cpu: Cpu, to: StackTarget) {
    this.#cpu = cpu;
    this.#to = to;
    this.#sp = to.rsp & MASK[to.bytes];
  }

  /** Pushes a slot of `bytes`, of which only the low `written` are stored. */
  push(bytes: StackBytes, value: bigint, written: StackBytes = bytes): void {
    const { segment, bytes: width, error, privilege } = this.#to;
    const sp = (this.#sp - BigInt(bytes)) & MASK[width];
    let at: bigint;
    if (width === 8) {
      if (!canonical(sp) || !canonical(sp + BigInt(written - 1))) throw new Fault(SS, error);
      at = sp;
    } else {
      if (!segmentAllows(segment.rights, segment.limit, Number(sp), written, true)) {
        throw new Fault(SS, error);
      }
      at = (segment.base + sp) & 0xffffffffn;
    }
    this.#cpu.access.probeWrite(at, written, privilege);
    this.#sp = sp;
    this.#at.push(at);
    this.#sizes.push(written);
    this.#values.push(value);
  }

  /** RSP behind the pushes. */
  get rsp(): bigint {
    return mergedStack(this.#to.rsp, this.#sp, this.#to.bytes);
  }

  /** Makes the pushes. Nothing but an access that waits for the host can come in between. */
  commit(): void {
    const { access } = this.#cpu;
    const { privilege } = this.#to;
    for (let i = 0; i < this.#at.length; i++) {
      const bytes = this.#sizes[i]!;
      access.write(this.#at[i]!, bytes, BigInt.asUintN(bytes * 8, this.#values[i]!), privilege);
    }
  }
}
