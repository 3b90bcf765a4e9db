/** What is inside scopes and values, and setting it. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import { hex } from '../references.ts';
import type { Session } from '../session.ts';
import type { Shown } from '../standing.ts';
import { assign, shown } from '../value-view.ts';

/** A client that does not page gets so many children of one value. */
const CHILDREN_MAX = 10_000;

export const variableRequests = {
  variables: (session, { variablesReference, filter, start = 0, count = 0, format }) => {
    session.standing.guest;
    const { named, indexed, children } = session.references.container(variablesReference);
    const first = Math.max(0, Math.trunc(start));
    const wanted = count > 0 ? Math.min(Math.trunc(count), CHILDREN_MAX) : CHILDREN_MAX;
    const [from, room] =
      filter === 'named'
        ? [first, named - first]
        : filter === 'indexed'
          ? [named + first, indexed - first]
          : [first, named + indexed - first];
    const found = room <= 0 ? [] : children(from, Math.min(wanted, room), format ?? {});
    return { variables: found.map((one) => variable(session, one)) };
  },

  setVariable: (session, { variablesReference, name, value }) => {
    session.standing.guest;
    const container = session.references.container(variablesReference);
    if (!container.set) throw new RequestError(ERROR.failed, `${name} cannot be set`, true);
    const after = container.set(name, value);
    const { variablesReference: reference, ...rest } = described(session, after);
    return { ...rest, variablesReference: reference };
  },

  setExpression: (session, { expression, value, frameId, format }) => {
    const context = session.context(frameId);
    assign(session, expression, value, context);
    const after = session.program.evaluate(expression, context);
    return described(
      session,
      shown(session, { name: expression, value: after, expression }, context, format),
    );
  },
} satisfies Family<'variables' | 'setVariable' | 'setExpression'>;

export function described(session: Session, one: Shown) {
  const { value, type, container, memory } = one;
  const typed = session.client?.supportsVariableType === true && type !== undefined;
  const references = session.client?.supportsMemoryReferences === true && memory !== undefined;
  return {
    value,
    ...(typed && { type }),
    variablesReference: container ? session.references.containerId(container) : 0,
    ...(container && container.named > 0 && { namedVariables: container.named }),
    ...(container && container.indexed > 0 && { indexedVariables: container.indexed }),
    ...(references && { memoryReference: hex(BigInt.asUintN(64, memory)) }),
  };
}

function variable(session: Session, one: Shown): DebugProtocol.Variable {
  return {
    name: one.name,
    ...described(session, one),
    ...(one.evaluateName !== undefined && { evaluateName: one.evaluateName }),
    ...(one.readOnly && { presentationHint: { attributes: ['readOnly'] } }),
  };
}
