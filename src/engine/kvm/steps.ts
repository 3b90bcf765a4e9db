/**
 * What a KVM_EXIT_DEBUG of single-stepping stands for. Two instructions need a closer look, because
 * KVM's instruction emulator gets the better of the trap flag:
 *   - HLT: the step is reported and the halt is forgotten;
 *   - REP INS and OUTS: after the last element KVM comes by once more, only to see that RCX is 0.
 */

import type { Gva } from '../units.ts';
import { Struct } from './struct.ts';
import type { KvmVm } from './vm.ts';

const HLT = 0xf4;
const INSB = 0x6c;
const OUTSD = 0x6f;
const REPNE = 0xf2;
const REP = 0xf3;
/** Segment overrides, operand and address size, REX. */
const PREFIXES: ReadonlySet<number> = new Set([
  ...[0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67],
  ...Array.from({ length: 16 }, (_, n) => 0x40 + n),
]);

export class Steps {
  readonly #vm: KvmVm;
  /** Linear RIP of the boundary before. */
  #pc = -1n;
  /** A REP whose count has run out stands at #pc. */
  #spent = false;

  constructor(vm: KvmVm) {
    this.#vm = vm;
  }

  /** The registers were set: what is known does not hold. */
  forget(): void {
    this.#pc = -1n;
    this.#spent = false;
  }

  /** Before a step: it matters where it starts. */
  begin(): void {
    if (this.#pc < 0n) this.look();
  }

  /** Asks KVM where the guest stands: after an exit or a completion, when no step says so. */
  look(): void {
    const regs = new Struct('kvm_regs');
    this.#vm.call('KVM_GET_REGS', regs.bytes);
    const pc = this.#vm.codeBase() + regs.u64('rip');
    const still = pc === this.#pc && (regs.u64('rcx') & 0xffffn) === 0n;
    this.#spent = still && this.#isRepeatedPortAccess(pc);
    this.#pc = pc;
  }

  stepped(pc: bigint): 'instruction' | 'hlt' | 'nothing' {
    const [before, spent] = [this.#pc, this.#spent];
    this.#pc = pc;
    this.#spent = false;
    if (spent) return 'nothing';
    return pc === before + 1n && this.#byteAt(before) === HLT ? 'hlt' : 'instruction';
  }

  #isRepeatedPortAccess(linear: bigint): boolean {
    let repeated = false;
    for (let n = 0n; n < 15n; n++) {
      const byte = this.#byteAt(linear + n);
      if (byte === REPNE || byte === REP) repeated = true;
      else if (byte === undefined || !PREFIXES.has(byte)) {
        return repeated && byte !== undefined && byte >= INSB && byte <= OUTSD;
      }
    }
    return false;
  }

  #byteAt(linear: bigint): number | undefined {
    const at = this.#vm.translate(linear as Gva);
    return at === undefined ? undefined : this.#vm.ram.peek(at, 1)[0];
  }
}
