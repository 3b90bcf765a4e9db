/** What can follow in an expression: members behind "." and "->", registers behind "$", names else. */

import type { View } from '../names.ts';
import { type Completion, SymbolError } from '../program.ts';
import type { StructType } from '../values/types.ts';
import { strip } from '../values/types.ts';
import type { GuestValue } from '../values/value.ts';
import { declaredIn, nameOf } from '../variables.ts';
import { BUILTINS } from './builtins.ts';

interface CompletionSource {
  readonly view: View;
  symbols(prefix: string, limit: number): string[];
  evaluate(text: string): GuestValue;
}

const REGISTERS = [
  ...['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'rip', 'eflags'],
  ...Array.from({ length: 8 }, (_, i) => `r${i + 8}`),
  ...['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'fs_base', 'gs_base', 'cr0', 'cr2', 'cr3', 'cr4', 'efer'],
];
const KEYWORDS = ['sizeof', 'struct', 'union', 'enum', 'unsigned', 'char', 'int', 'long', 'short'];

export function complete(text: string, limit: number, source: CompletionSource): Completion[] {
  const word = /[\w]*$/.exec(text)?.[0] ?? '';
  const before = text.slice(0, text.length - word.length);
  const replace = word.length;
  const member = /(?:\.|->)\s*$/.exec(before);
  if (member && !/\d\.$/.test(before)) {
    const of = operandBefore(before.slice(0, member.index));
    return members(of, word, source).map((name) => ({ text: name, replace, kind: 'member' }));
  }
  if (before.endsWith('@')) {
    return 'icount'.startsWith(word) ? [{ text: 'icount', replace, kind: 'keyword' }] : [];
  }
  if (before.endsWith('$')) {
    const builtins = BUILTINS.filter((name) => name.startsWith(word));
    return [
      ...REGISTERS.filter((name) => name.startsWith(word)).map(
        (name): Completion => ({ text: name, replace, kind: 'register' }),
      ),
      ...builtins.map((name): Completion => ({ text: name, replace, kind: 'function' })),
    ].slice(0, limit);
  }
  return names(word, limit, source, before).map((one) => ({ ...one, replace }));
}

function members(of: string, word: string, source: CompletionSource): string[] {
  try {
    const value = source.evaluate(of);
    const { bare } = value;
    const to = bare.kind === 'pointer' ? strip(bare.to) : bare;
    if (to.kind !== 'struct' && to.kind !== 'union') return [];
    return memberNames(to).filter((name) => name.startsWith(word));
  } catch (error) {
    if (error instanceof SymbolError) return [];
    throw error;
  }
}

/** Those of unnamed structs are used as if they were the outer one's. */
function memberNames(type: StructType, depth = 0): string[] {
  if (depth > 16) return [];
  return type.members.flatMap(({ name, type: own }) => {
    if (name !== undefined) return [name];
    const inner = strip(own);
    return inner.kind === 'struct' || inner.kind === 'union' ? memberNames(inner, depth + 1) : [];
  });
}

/** The longest end of the text that is an operand: names, members, indexes, parentheses. */
function operandBefore(text: string): string {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const character = text[i]!;
    if (character === ')' || character === ']') depth++;
    else if (character === '(' || character === '[') {
      if (depth === 0) return text.slice(i + 1);
      depth--;
    } else if (depth === 0 && !/[\w$.]/.test(character)) {
      const arrow = character === '>' && text[i - 1] === '-';
      if (!arrow) return text.slice(i + 1);
      i--;
    }
  }
  return text;
}

function names(
  word: string,
  limit: number,
  { view, symbols }: CompletionSource,
  before: string,
): Omit<Completion, 'replace'>[] {
  const found = new Map<string, Completion['kind']>();
  const add = (name: string, kind: Completion['kind']): void => {
    if (name.startsWith(word) && found.size < limit && !found.has(name)) found.set(name, kind);
  };
  const ofTag = /\b(?:struct|union|enum)\s+$/.test(before);
  if (!ofTag) {
    for (const scope of [...(view.frame?.scopes ?? [])].reverse()) {
      for (const die of declaredIn(scope)) add(nameOf(die), 'variable');
    }
    if (word === '') return [...found].map(([text, kind]) => ({ text, kind }));
    for (const keyword of KEYWORDS) add(keyword, 'keyword');
  }
  for (const image of view.images) {
    if (!image.info) continue;
    for (const { name, kind } of image.names.startingWith(word, limit)) {
      const isTag = kind === 'struct' || kind === 'union' || kind === 'enum';
      if (isTag !== ofTag) continue;
      if (isTag || kind === 'typedef' || kind === 'base') add(name, 'type');
      else add(name, kind === 'function' ? 'function' : 'variable');
    }
  }
  if (!ofTag) for (const name of symbols(word, limit)) add(name, 'function');
  return [...found].map(([text, kind]) => ({ text, kind }));
}
