/**
 * KVM_SET_GUEST_DEBUG: single-stepping, and breakpoints. A breakpoint is an INT3 in guest RAM that is
 * there only while the guest runs, so that neither RAM's hash nor a reader ever sees it. A KVM without
 * hardware breakpoints is one that emulates, and may not know INT3: there every instruction is
 * stepped and looked at, which is slow and right.
 */

import type { DebugStop } from '../exit.ts';
import type { Gva } from '../units.ts';
import type { Breakpoint } from '../vcpu/vcpu.ts';
import { CONSTANTS } from './abi.ts';
import { Struct } from './struct.ts';
import type { KvmVm } from './vm.ts';

const INT3 = 0xcc;
const BREAKPOINT_VECTOR = 3;

export class GuestDebug {
  readonly #vm: KvmVm;
  readonly #stepAlways: boolean;
  readonly #byStepping: boolean;
  #points: readonly Breakpoint[] = [];
  #control = 0;
  /** Linear address of the breakpoint that the guest stands at, having stopped there. */
  #at: bigint | undefined;

  constructor(vm: KvmVm, stepAlways: boolean) {
    this.#vm = vm;
    this.#stepAlways = stepAlways;
    this.#byStepping = vm.system.capability('KVM_CAP_GUEST_DEBUG_HW_BPS') <= 0;
  }

  /** Does the guest need to be stopped at boundaries in its middle? */
  get active(): boolean {
    return this.#stepAlways || this.#points.length > 0;
  }

  setBreakpoints(points: readonly Breakpoint[]): void {
    this.#points = points;
  }

  /** Runs `enter` with the breakpoints in place, or past the one that the guest stands at. */
  around<T>(enter: () => T): T {
    const passing = this.#at !== undefined && this.#linearRip() === this.#at;
    this.#at = undefined;
    const points = this.#points.length > 0;
    const step = this.#stepAlways || passing || (points && this.#byStepping);
    const patch = points && !passing && !this.#byStepping;
    this.#setControl(step, patch);
    if (!patch) return enter();
    const patched = this.#patch();
    try {
      return enter();
    } finally {
      for (const { at, byte } of patched) this.#vm.ram.bytes[at] = byte;
    }
  }

  /** After KVM_EXIT_DEBUG: the breakpoints that were hit; none if it was a step. */
  stops(): readonly DebugStop[] {
    const { run } = this.#vm;
    const stepped = run.u32('debug.arch.exception') !== BREAKPOINT_VECTOR;
    return stepped && !this.#byStepping ? [] : this.#pointsAt(run.u64('debug.arch.pc') as Gva);
  }

  /** Before the guest is entered: a breakpoint on the very next instruction, not yet reported. */
  stopsHere(): readonly DebugStop[] {
    if (!this.#byStepping || this.#points.length === 0 || this.#at !== undefined) return [];
    return this.#pointsAt(this.#linearRip() as Gva);
  }

  #pointsAt(rip: Gva): readonly DebugStop[] {
    const hit = this.#points.filter(({ gva }) => gva === rip);
    if (hit.length > 0) this.#at = rip;
    return hit.map(({ id }) => ({ kind: 'break', id, rip }));
  }

  #patch(): { at: number; byte: number }[] {
    const { bytes } = this.#vm.ram;
    const patched: { at: number; byte: number }[] = [];
    for (const { gva } of this.#points) {
      const at = this.#vm.translate(gva);
      if (at === undefined || at >= bytes.length || patched.some((p) => p.at === at)) continue;
      patched.push({ at, byte: bytes[at]! });
      bytes[at] = INT3;
    }
    return patched;
  }

  #linearRip(): bigint {
    const regs = new Struct('kvm_regs');
    this.#vm.call('KVM_GET_REGS', regs.bytes);
    return BigInt.asUintN(64, this.#vm.codeBase() + regs.u64('rip'));
  }

  #setControl(step: boolean, breakpoints: boolean): void {
    let control = 0;
    if (step) control |= CONSTANTS.KVM_GUESTDBG_ENABLE | CONSTANTS.KVM_GUESTDBG_SINGLESTEP;
    if (breakpoints) control |= CONSTANTS.KVM_GUESTDBG_ENABLE | CONSTANTS.KVM_GUESTDBG_USE_SW_BP;
    if (control === this.#control) return;
    const debug = new Struct('kvm_guest_debug');
    debug.setU32('control', control);
    this.#vm.call('KVM_SET_GUEST_DEBUG', debug.bytes);
    this.#control = control;
  }
}
