/** Values of the program's as the client's variables view shows them. */

import type { Edit, EvaluationContext, Member, Scope, Value } from '../symbols/program.ts';
import { ERROR, RequestError } from './errors.ts';
import { registerEdit } from './guest.ts';
import type { Session } from './session.ts';
import type { Container, Shown } from './standing.ts';

/** How the client wants values: hexadecimal or not. */
export interface Format {
  readonly hex?: boolean;
}

export function scopeContainer(
  session: Session,
  scope: Scope,
  context: EvaluationContext,
): Container {
  const { variables } = scope;
  return {
    ...{ named: variables.length, indexed: 0 },
    children: (start, count, format) =>
      variables
        .slice(start, start + count)
        .map((member) => shown(session, member, context, format)),
    set: (name, value) => {
      const member = variables.find((one) => one.name === name);
      return assigned(session, member, name, value, context);
    },
  };
}

function valueContainer(session: Session, value: Value, context: EvaluationContext): Container {
  const { named, indexed } = value;
  return {
    ...{ named, indexed },
    children: (start, count, format) =>
      value.children(start, count).map((member) => shown(session, member, context, format)),
    set: (name, text) => {
      const index = /^\[(\d+)\]$/.exec(name)?.[1];
      const guess =
        index === undefined ? value.children(0, named) : value.children(named + Number(index), 1);
      const member =
        guess.find((one) => one.name === name) ??
        value.children(0, named + Math.min(indexed, 4096)).find((one) => one.name === name);
      return assigned(session, member, name, text, context);
    },
  };
}

export function shown(
  session: Session,
  { name, value, expression }: Member,
  context: EvaluationContext,
  format: Format = {},
): Shown {
  const open = value.named + value.indexed > 0;
  return {
    ...{ name, value: value.format(format), type: value.type },
    ...(open && { container: valueContainer(session, value, context) }),
    evaluateName: expression,
    memory: value.reference ?? value.address,
    address: value.address,
    bytes: value.size,
    readOnly: !value.assignable,
  };
}

function assigned(
  session: Session,
  member: Member | undefined,
  name: string,
  value: string,
  context: EvaluationContext,
): Shown {
  if (!member) throw new RequestError(ERROR.badArguments, `there is no ${name} here`);
  if (member.expression === undefined) {
    throw new RequestError(ERROR.failed, `${name} has no name that could be assigned to`, true);
  }
  assign(session, member.expression, value, context);
  const after = session.program.evaluate(member.expression, context);
  return shown(session, { name, value: after, expression: member.expression }, context);
}

/** Starts a diversion, if there is none. */
export function assign(
  session: Session,
  expression: string,
  value: string,
  context: EvaluationContext,
): void {
  const edits = session.program.assign(expression, value, context);
  if (edits.length === 0) throw new RequestError(ERROR.failed, `${expression} cannot be set`, true);
  session.edit(() => {
    for (const edit of edits) apply(session, edit);
  });
}

function apply(session: Session, edit: Edit): void {
  const { target } = session;
  if (edit.kind === 'memory') {
    const range = { space: 'gva', at: edit.at, length: edit.bytes.length } as const;
    const written = target.writeMemory(range, edit.bytes);
    if (written < edit.bytes.length) {
      throw new RequestError(ERROR.failed, `nothing is mapped at 0x${edit.at.toString(16)}`, true);
    }
    return;
  }
  const registers = registerEdit(target.registers(), edit.name, edit.value);
  if (!registers) throw new RequestError(ERROR.failed, `${edit.name} cannot be set`, true);
  target.writeRegisters(registers);
}
