/**
 * What looks like a call in an expression:
 *
 *   $list(head, TYPE, MEMBER)       the structs whose MEMBER is linked into a list_head or hlist_head, or
 *   $list(first, TYPE, MEMBER, NEXT)  into a list of one's own, whose nodes lead on by NEXT
 *   $container_of(pointer, TYPE, MEMBER)
 *   $per_cpu(x), $per_cpu(x, CPU)   a per-CPU variable, or what a __percpu pointer points to
 */

import { ExpressionError } from '../program.ts';
import { containersOf, memberOffset, nodesOf } from '../values/lists.ts';
import { AssembledStorage } from '../values/storage.ts';
import { type CType, typeName } from '../values/types.ts';
import { GuestValue } from '../values/value.ts';
import type { Evaluator } from './evaluate.ts';
import type { Expression, Operand } from './syntax.ts';

export const BUILTINS = ['list', 'container_of', 'per_cpu'] as const;

export function callBuiltin(
  evaluator: Evaluator,
  name: string,
  operands: readonly Operand[],
  column: number,
): GuestValue {
  switch (name) {
    case 'list':
      return list(evaluator, operands, column);
    case 'container_of':
      return containerOf(evaluator, operands, column);
    case 'per_cpu':
      return perCpu(evaluator, operands, column);
    default:
      throw new ExpressionError(
        `expected ${BUILTINS.map((one) => `$${one}`).join(', ')}, got '$${name}'`,
        column,
      );
  }
}

function list(evaluator: Evaluator, operands: readonly Operand[], column: number): GuestValue {
  const [start, type, member, next] = operands;
  const head = evaluator.evaluate(anExpression(start, 'the head of a list', column));
  const following = next && memberName(next, column);
  const nodes = nodesOf(head, following);
  const space = evaluator.names.space;
  const wanted = type && aType(evaluator, type, column);
  const path = wanted && memberName(member, column);
  const found = wanted ? containersOf(nodes, wanted, path!) : nodes;
  if (!found) {
    throw new ExpressionError(`'${typeName(wanted!)}' has no member '${path}'`, member!.column);
  }
  const own = head.expression;
  const element = found[0]?.ctype ?? wanted ?? evaluator.builtin.int;
  const elements = found.map((one) => {
    const { address } = one.storage;
    const at = `*(${typeName(one.ctype)} *)0x${(address ?? 0n).toString(16)}`;
    return one.withExpression(at);
  });
  return new GuestValue({
    type: { kind: 'array', element, count: found.length },
    storage: new AssembledStorage(new Uint8Array(0)),
    space,
    expression: own && wanted ? `$list(${own}, ${typeName(wanted)}, ${path})` : undefined,
    elements,
  });
}

function containerOf(
  evaluator: Evaluator,
  operands: readonly Operand[],
  column: number,
): GuestValue {
  const [pointer, type, member] = operands;
  const value = evaluator.decayed(evaluator.evaluate(anExpression(pointer, 'a pointer', column)));
  const wanted = aType(evaluator, type, column);
  const path = memberName(member, column);
  const offset = memberOffset(wanted, path);
  if (offset === undefined) {
    throw new ExpressionError(`'${typeName(wanted)}' has no member '${path}'`, member!.column);
  }
  const at = BigInt.asUintN(64, evaluator.number(value, column) - BigInt(offset));
  const text = `*(${typeName(wanted)} *)0x${at.toString(16)}`;
  return GuestValue.inMemory(wanted, at, evaluator.names.space, text);
}

function perCpu(evaluator: Evaluator, operands: readonly Operand[], column: number): GuestValue {
  const [what, which] = operands;
  const { names, builtin } = evaluator;
  const expression = anExpression(what, 'a per-CPU variable', column);
  const cpu =
    which &&
    Number(
      evaluator.number(evaluator.evaluate(anExpression(which, 'a CPU', column)), which.column),
    );
  const base = names.perCpuBase(cpu);
  if (base === undefined) {
    throw new ExpressionError('where the CPU has its per-CPU area is not known here', column);
  }
  const value = evaluator.evaluate(expression);
  const { bare } = value;
  if (bare.kind === 'pointer') {
    const at = BigInt.asUintN(64, evaluator.number(value, expression.column) + base);
    const text = value.expression && `$per_cpu(${value.expression})`;
    return GuestValue.inMemory(bare.to, at, names.space, text);
  }
  // The variable itself is there for the CPU at the cursor: move it to the one asked for.
  const { address } = value.storage;
  const here = names.perCpuBase(undefined);
  if (address === undefined || here === undefined) {
    throw new ExpressionError(
      `expected a per-CPU variable or pointer, got '${value.type}'`,
      column,
    );
  }
  const at = BigInt.asUintN(builtin.long.size * 8, address - here + base);
  const cpuText = cpu === undefined ? '' : `, ${cpu}`;
  const text = value.expression && `$per_cpu(${value.expression}${cpuText})`;
  return GuestValue.inMemory(value.ctype, at, names.space, text);
}

function anExpression(operand: Operand | undefined, what: string, column: number): Expression {
  if (operand && operand.kind !== 'type') return operand;
  throw new ExpressionError(`expected ${what}`, operand?.column ?? column);
}

function aType(evaluator: Evaluator, operand: Operand | undefined, column: number): CType {
  if (operand?.kind === 'type') return evaluator.typeOf(operand.type);
  throw new ExpressionError('expected a type, like struct task_struct', operand?.column ?? column);
}

/** "tasks" or "link.node", which is read as an expression. */
function memberName(operand: Operand | undefined, column: number): string {
  if (operand?.kind === 'name') return operand.name;
  if (operand?.kind === 'type' && operand.type.modifiers.length === 0) return operand.type.name;
  if (operand?.kind === 'member' && !operand.arrow) {
    return `${memberName(operand.of, column)}.${operand.name}`;
  }
  throw new ExpressionError('expected the name of a member', operand?.column ?? column);
}
