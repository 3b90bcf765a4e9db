/** Registers and the position in time, as scopes of a frame. */

import type { Frame, Guest } from '../symbols/program.ts';
import { flagNames } from '../target/index.ts';
import { ERROR, RequestError } from './errors.ts';
import { registerEdit } from './guest.ts';
import { positionOf } from './position.ts';
import { describePosition, grouped, percent } from './position-text.ts';
import { hex } from './references.ts';
import type { Session } from './session.ts';
import type { Container, Shown } from './standing.ts';

const GENERAL = [
  ...['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11'],
  ...['r12', 'r13', 'r14', 'r15', 'rip', 'eflags'],
];
const SYSTEM = [
  ...['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'fs_base', 'gs_base', 'k_gs_base'],
  ...['cr0', 'cr2', 'cr3', 'cr4', 'efer', 'dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'],
];
const VECTOR = [
  ...['mxcsr', ...Array.from({ length: 16 }, (_, i) => `xmm${i}`)],
  ...['fctrl', 'fstat', 'ftag', ...Array.from({ length: 8 }, (_, i) => `st${i}`)],
];
export const REGISTER_GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['Registers', GENERAL],
  ['System Registers', SYSTEM],
  ['Floating Point and Vectors', VECTOR],
];

interface FrameView {
  readonly frame: Frame;
  readonly guest: Guest;
  /** It is what the vCPU executes; a parked task has no system registers of its own. */
  readonly running: boolean;
}

export function registerContainers(
  session: Session,
  view: FrameView,
): { name: string; container: Container; expensive: boolean }[] {
  const groups = view.running ? REGISTER_GROUPS : REGISTER_GROUPS.slice(0, 1);
  return [
    ...groups.map(([name, names]) => ({
      ...{ name, expensive: name !== 'Registers', container: registers(session, view, names) },
    })),
    { name: 'Time', expensive: false, container: time(session) },
  ];
}

function registers(
  session: Session,
  { frame, guest }: FrameView,
  names: readonly string[],
): Container {
  const read = (name: string): bigint | undefined =>
    frame.index === 0 || SYSTEM.includes(name) || VECTOR.includes(name)
      ? (guest.register(name) ?? frame.register(name))
      : frame.register(name);
  return {
    ...{ named: names.length, indexed: 0 },
    children: (start, count) =>
      names.slice(start, start + count).map((name) => registerShown(name, read(name))),
    set: (name, value) => {
      if (!names.includes(name)) throw new RequestError(ERROR.badArguments, `no register ${name}`);
      if (frame.index > 0) {
        throw new RequestError(
          ERROR.failed,
          'only the innermost frame has the registers themselves',
          true,
        );
      }
      setRegister(session, name, value);
      return registerShown(name, session.standing.guest.register(name));
    },
  };
}

export function registerShown(name: string, value: bigint | undefined): Shown {
  return {
    ...{ name, type: name.startsWith('xmm') ? '128 bits' : '64 bits', evaluateName: `$${name}` },
    value: value === undefined ? '<not saved by the frames further in>' : registerText(name, value),
    memory: value !== undefined && GENERAL.includes(name) && name !== 'eflags' ? value : undefined,
  };
}

export function registerText(name: string, value: bigint): string {
  if (name === 'eflags') return `${hex(value)} [${flagNames(value)}]`;
  if (name.startsWith('xmm')) return `0x${value.toString(16).padStart(32, '0')}`;
  if (name.startsWith('st')) return `0x${value.toString(16).padStart(20, '0')}`;
  return hex(value);
}

/** `value` is a number or an expression. Starts a diversion. */
export function setRegister(session: Session, name: string, value: string): void {
  const { standing, target } = session;
  const top = standing.top;
  const found = standing.program.evaluate(value, {
    guest: standing.guest,
    ...(top && { frame: top }),
  }).integer;
  if (found === undefined) throw new RequestError(ERROR.failed, `'${value}' is no number`, true);
  const edit = registerEdit(target.registers(), name, BigInt.asUintN(128, found));
  if (!edit) throw new RequestError(ERROR.failed, `${name} cannot be set`, true);
  session.edit(() => target.writeRegisters(edit));
}

function time(session: Session): Container {
  const lines = (): Shown[] => {
    const position = positionOf(session.target);
    const shown = (name: string, value: string): Shown => ({ name, value, readOnly: true });
    return [
      shown('now', describePosition(position)),
      shown('mark', position.mark),
      shown('icount', grouped(position.icount)),
      shown('share', percent(position.share)),
      shown('exits', grouped(position.exits)),
      shown('interrupts', grouped(position.interrupts)),
      shown('guest time', `${grouped(position.ticks)} ns`),
      shown('end', grouped(position.end)),
    ];
  };
  return {
    ...{ named: 8, indexed: 0 },
    children: (start, count) => lines().slice(start, start + count),
  };
}
