/**
 * Task switches. SDM Vol. 3A §7.3 and table 7-1, whose order of checks is that of the P6 family.
 *
 * Up to the commit point everything is read and checked in the old task. Behind it the new task is
 * there: faults are thrown with its registers in place, and are its own.
 */

import * as L from '../vcpu/layout.ts';
import { checkPresent } from './code-segment.ts';
import { type Cpu, CR0_PG, CR0_TS, FL_NT, FL_VM, GP, RIGHTS_NULL } from './cpu.ts';
import { DR6_BT } from './debug.ts';
import {
  BUSY,
  type Descriptor,
  descriptor,
  fetchDescriptor,
  isNull,
  markAccessed,
  probeAccessByte,
  selectorError,
  setBusy,
  TYPE_LDT,
  TYPE_TSS16,
  TYPE_TSS32,
} from './descriptor.ts';
import { currentStack, StackWriter } from './far-stack.ts';
import { Fault, TaskFault } from './microcode.ts';
import {
  dataSegment,
  NP,
  nullSegment,
  stackDescriptor,
  TS,
  v86Segment,
  virtualInterruptDue,
} from './segment.ts';

export interface TaskSwitch {
  readonly tss: Descriptor;
  /** CALL, interrupts and exceptions nest; JMP and IRET leave the old task for good. */
  readonly kind: 'jump' | 'call' | 'return';
  /** EIP and EFLAGS to save for the old task. */
  readonly rip: bigint;
  readonly flags: number;
  readonly ext: 0 | 1;
  /** Pushed in the new task, when an exception came through a task gate. */
  readonly error?: number | undefined;
}

/** Offsets in the TSS. SDM Vol. 3A figures 7-2 and 7-10. */
const TSS32 = { eip: 0x20, flags: 0x24, gpr: 0x28, seg: 0x48, segs: 6, ldt: 0x60, min: 0x67 };
const TSS16 = { eip: 0x0e, flags: 0x10, gpr: 0x12, seg: 0x22, segs: 4, ldt: 0x2a, min: 0x2b };
const TSS32_CR3 = 0x1c;
const TSS32_TRAP = 0x64;
/** L0..L3 and LE of DR7: local breakpoints are a task's own. */
const DR7_LOCAL = 0x155n;

/** A TSS that may be switched to: in the GDT, available (busy for a return), present. */
export function taskDescriptor(
  cpu: Cpu,
  selector: number,
  kind: TaskSwitch['kind'],
  ext: 0 | 1,
): Descriptor {
  const vector = kind === 'return' ? TS : GP;
  const error = selectorError(selector, ext);
  if (selector & 4 || isNull(selector)) throw new Fault(vector, error);
  const d = fetchDescriptor(cpu, selector, vector, ext);
  const available = d.type === TYPE_TSS32 || d.type === TYPE_TSS16;
  const busy = d.type === (TYPE_TSS32 | BUSY) || d.type === (TYPE_TSS16 | BUSY);
  if (!d.system || !(kind === 'return' ? busy : available)) throw new Fault(vector, error);
  if (!d.present) throw new Fault(NP, error);
  return d;
}

/** IRET with NT: back to the task that the current TSS links to. */
export function returnToTask(cpu: Cpu, rip: bigint): void {
  const selector = Number(cpu.readSystem(cpu.base(L.TR), 2));
  const tss = taskDescriptor(cpu, selector, 'return', 0);
  switchTask(cpu, { tss, kind: 'return', rip, flags: cpu.rflags & ~FL_NT, ext: 0 });
}

export function switchTask(cpu: Cpu, to: TaskSwitch): void {
  const { state } = cpu;
  const { tss, kind, ext } = to;
  const wide = (tss.type & 8) !== 0;
  const next = wide ? TSS32 : TSS16;
  if (tss.limit < next.min) throw new Fault(TS, selectorError(tss.selector, ext));
  const base = BigInt(tss.base);
  const loaded = readTask(cpu, base, wide);

  // The old task's state must be storable before anything is stored.
  const oldWide = (cpu.rights(L.TR) & 8) !== 0;
  const old = oldWide ? TSS32 : TSS16;
  const oldSelector = cpu.selector(L.TR);
  if (cpu.limit(L.TR) < old.min) throw new Fault(TS, selectorError(oldSelector, ext));
  const oldBase = cpu.base(L.TR);
  const saveFrom = oldBase + BigInt(old.eip);
  cpu.access.probeWrite(saveFrom & 0xffffffffn, old.ldt - old.eip, 'system');
  const oldDescriptor = descriptor(cpu, oldSelector, L.GDTR_BASE, oldSelector & 0xfff8);
  if (kind !== 'call') probeAccessByte(cpu, oldDescriptor);
  else cpu.access.probeWrite(base, 2, 'system');
  if (kind !== 'return') probeAccessByte(cpu, tss);

  // Commit.
  if (kind !== 'call') setBusy(cpu, oldDescriptor, false);
  saveTask(cpu, oldBase, oldWide, to);
  if (kind === 'call') cpu.writeSystem(base, 2, BigInt(oldSelector));
  if (kind !== 'return') setBusy(cpu, tss, true);
  cpu.setSegment(L.TR, {
    selector: tss.selector,
    base,
    limit: tss.limit,
    rights: tss.rights | BUSY,
  });
  state.setU64(L.CR0, cpu.cr0 | CR0_TS);
  state.setU64(L.DR + 7 * 8, state.u64(L.DR + 7 * 8) & ~DR7_LOCAL);
  if (wide && cpu.cr0 & CR0_PG) {
    state.setU64(L.CR3, BigInt(loaded.cr3));
    cpu.access.flushTlb('nonglobal', 0n, 0);
  }
  for (let n = 0; n < 8; n++) state.setU64(L.GPR + n * 8, BigInt(loaded.gpr[n]!));
  const cpl = loaded.flags & FL_VM ? 3 : loaded.segments[L.CS]! & 3;
  for (const seg of [L.ES, L.CS, L.SS, L.DS, L.FS, L.GS]) {
    const selector = loaded.segments[seg]!;
    const rights = seg === L.SS ? cpl << 5 : RIGHTS_NULL;
    cpu.setSegment(seg, { selector, base: 0n, limit: 0, rights });
  }
  cpu.setSegment(L.LDTR, nullSegment(loaded.ldt));
  cpu.rip = BigInt(loaded.eip);
  cpu.rflags = kind === 'call' ? loaded.flags | FL_NT : loaded.flags;

  try {
    startTask(cpu, loaded, cpl, to);
  } catch (thrown) {
    if (thrown instanceof Fault) throw new TaskFault(thrown.vector, thrown.error);
    throw thrown;
  }
}

/** What happens in the new task before its first instruction. */
function startTask(cpu: Cpu, task: Task, cpl: number, { tss, ext, error }: TaskSwitch): void {
  const { state } = cpu;
  loadTask(cpu, task, cpl, ext);
  if (task.trap) state.setU32(L.DEBUG_HITS, state.u32(L.DEBUG_HITS) | DR6_BT);
  if (error !== undefined) {
    const stack = new StackWriter(cpu, currentStack(cpu, ext));
    stack.push(tss.type & 8 ? 4 : 2, BigInt(error));
    stack.commit();
    state.setU64(L.RSP, stack.rsp);
  }
  if (task.eip > cpu.limit(L.CS)) throw new Fault(GP, ext);
  if (virtualInterruptDue(cpu)) throw new Fault(GP, 0);
}

interface Task {
  readonly cr3: number;
  readonly eip: number;
  readonly flags: number;
  readonly gpr: readonly number[];
  /** ES CS SS DS FS GS. */
  readonly segments: readonly number[];
  readonly ldt: number;
  readonly trap: boolean;
}

function readTask(cpu: Cpu, base: bigint, wide: boolean): Task {
  const field = wide ? TSS32 : TSS16;
  const bytes = wide ? 4 : 2;
  const read = (offset: number, size: 2 | 4): number =>
    Number(cpu.readSystem(base + BigInt(offset), size));
  const segments = [0, 0, 0, 0, 0, 0];
  for (let n = 0; n < field.segs; n++) segments[n] = read(field.seg + n * bytes, 2);
  const gpr: number[] = [];
  for (let n = 0; n < 8; n++) gpr.push(read(field.gpr + n * bytes, bytes));
  return {
    cr3: wide ? read(TSS32_CR3, 4) : 0,
    eip: read(field.eip, bytes),
    flags: read(field.flags, bytes),
    gpr,
    segments,
    ldt: read(field.ldt, 2),
    trap: wide && (read(TSS32_TRAP, 2) & 1) !== 0,
  };
}

function saveTask(cpu: Cpu, base: bigint, wide: boolean, to: TaskSwitch): void {
  const field = wide ? TSS32 : TSS16;
  const bytes = wide ? 4 : 2;
  const write = (offset: number, size: 2 | 4, value: bigint): void =>
    cpu.writeSystem(base + BigInt(offset), size, BigInt.asUintN(size * 8, value));
  write(field.eip, bytes, to.rip);
  write(field.flags, bytes, BigInt(to.flags));
  for (let n = 0; n < 8; n++) write(field.gpr + n * bytes, bytes, cpu.gpr(n));
  for (let n = 0; n < field.segs; n++) write(field.seg + n * bytes, 2, BigInt(cpu.selector(n)));
}

/** LDTR and the segment registers of the new task; what does not check is its own #TS, #NP, #SS. */
function loadTask(cpu: Cpu, task: Task, cpl: number, ext: 0 | 1): void {
  loadLdt(cpu, task.ldt, ext);
  if (task.flags & FL_VM) {
    task.segments.forEach((selector, seg) => {
      cpu.setSegment(seg, v86Segment(selector));
    });
    cpu.access.modeChanged();
    return;
  }
  const cs = task.segments[L.CS]!;
  const ss = task.segments[L.SS]!;
  if (isNull(cs)) throw new Fault(TS, selectorError(cs, ext));
  const code = fetchDescriptor(cpu, cs, TS, ext);
  if (!code.code || (code.conforming ? code.dpl > cpl : code.dpl !== cpl)) {
    throw new Fault(TS, selectorError(cs, ext));
  }
  if (isNull(ss)) throw new Fault(TS, selectorError(ss, ext));
  const stack = stackDescriptor(cpu, ss, cpl, TS, ext);
  checkPresent(code, ext);
  markAccessed(cpu, code);
  markAccessed(cpu, stack);
  cpu.setSegment(L.CS, code.hidden());
  cpu.setSegment(L.SS, stack.hidden());
  // Before the others: their faults are delivered with these two.
  cpu.access.modeChanged();
  for (const seg of [L.DS, L.ES, L.FS, L.GS]) {
    cpu.setSegment(seg, dataSegment(cpu, task.segments[seg]!, cpl, TS, ext));
  }
  cpu.access.modeChanged();
}

function loadLdt(cpu: Cpu, selector: number, ext: 0 | 1): void {
  if (isNull(selector)) return;
  const error = selectorError(selector, ext);
  if (selector & 4) throw new Fault(TS, error);
  const d = fetchDescriptor(cpu, selector, TS, ext);
  if (!d.system || d.type !== TYPE_LDT || !d.present) throw new Fault(TS, error);
  cpu.setSegment(L.LDTR, d.hidden());
}
