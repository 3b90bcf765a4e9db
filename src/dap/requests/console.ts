/** Expressions, from watch windows, hovers and the debug console, where commands are understood too. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { SymbolError } from '../../symbols/program.ts';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import { COMMANDS, findCommand } from '../repl.ts';
import { assign, shown } from '../value-view.ts';
import { described } from './variables.ts';

const COMPLETIONS_MAX = 100;

export const consoleRequests = {
  evaluate: async (session, { expression, frameId, context, format }, call) => {
    session.opened;
    const text = expression.trim();
    if (context === 'repl') {
      const found = findCommand(text);
      if (found) {
        const result = await found.command.run(session, found.rest, call, frameId);
        return { result: result ?? '', variablesReference: 0 };
      }
      if (text === '') return { result: '', variablesReference: 0 };
    }
    const where = session.context(frameId);
    const assignment =
      context === 'repl' || context === 'watch' ? splitAssignment(text) : undefined;
    if (assignment) {
      if (context === 'watch') throw new RequestError(ERROR.failed, 'a watch does not assign');
      assign(session, assignment.target, assignment.value, session.context(frameId));
    }
    const name = assignment?.target ?? text;
    // After an assignment the frames are looked at anew.
    const after = assignment ? session.context(undefined) : where;
    const value = session.program.evaluate(name, after);
    const one = shown(session, { name, value, expression: name }, after, format);
    if (context === 'clipboard') return { result: one.value, variablesReference: 0 };
    const { value: result, ...rest } = described(session, one);
    return { result, ...rest };
  },

  completions: (session, { text, column, frameId }) => {
    session.standing.guest;
    const upTo = text.slice(0, Math.max(0, Math.trunc(column) - 1));
    const targets: DebugProtocol.CompletionItem[] = [];
    if (/^\s*\w*$/.test(upTo)) {
      const typed = upTo.trim();
      for (const { name, help } of COMMANDS) {
        if (!name.startsWith(typed)) continue;
        const start = upTo.length - typed.length;
        targets.push({
          label: name,
          detail: help,
          type: 'keyword' as const,
          start,
          length: typed.length,
        });
      }
    }
    try {
      const context = session.context(frameId);
      for (const one of session.program.complete(upTo, context, COMPLETIONS_MAX)) {
        targets.push({
          ...{ label: one.text, start: upTo.length - one.replace, length: one.replace },
          type: TYPES[one.kind] ?? 'text',
        });
      }
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
    }
    return { targets: targets.slice(0, COMPLETIONS_MAX) };
  },
} satisfies Family<'evaluate' | 'completions'>;

const TYPES: Readonly<Record<string, DebugProtocol.CompletionItemType>> = {
  ...{ member: 'field', variable: 'variable', function: 'function', type: 'class' },
  ...{ register: 'value', keyword: 'keyword' },
};

/** "a->b = 3" and not "a == 3", "a <= 3", "a != 3". */
function splitAssignment(text: string): { target: string; value: string } | undefined {
  const found = /^([^=]*[^=<>!])=([^=].*)$/s.exec(text);
  return found ? { target: found[1]!.trim(), value: found[2]!.trim() } : undefined;
}
