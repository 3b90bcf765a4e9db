/** The variables of a frame, in groups as a debugger shows them. */

import { AT, TAG } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import type { ProgramFrame } from './frames.ts';
import type { View } from './names.ts';
import type { Member, Scope } from './program.ts';
import { SymbolError } from './program.ts';
import { declaredIn, isDeclaration, nameOf, variableValue } from './variables.ts';

export function scopesOf(view: View): Scope[] {
  const { frame } = view;
  if (!frame?.image) return [];
  const [around] = frame.scopes;
  const found: Scope[] = [];
  if (around) {
    const all = inside(frame);
    const parameters = all.filter((die) => die.tag === TAG.FORMAL_PARAMETER);
    const locals = all.filter((die) => die.tag === TAG.VARIABLE);
    const group = (kind: Scope['kind'], name: string, dies: readonly Die[]): void => {
      if (dies.length === 0) return;
      found.push({ kind, name, expensive: false, variables: members(view, dies) });
    };
    group('arguments', 'Arguments', parameters);
    group('locals', 'Locals', locals);
  }
  const { outermost } = frame;
  if (outermost) found.push(new Statics(view, outermost));
  return found;
}

/** The innermost block first: what it declares hides what is outside. */
function inside(frame: ProgramFrame): Die[] {
  return [...frame.scopes].reverse().flatMap((scope) => declaredIn(scope));
}

function members(view: View, dies: readonly Die[]): Member[] {
  const seen = new Set<string>();
  return dies.map((die) => {
    const name = nameOf(die);
    const hidden = seen.has(name);
    seen.add(name);
    const { guest, space, frame } = view;
    const image = frame!.image!;
    const value = variableValue(die, {
      guest,
      image,
      space,
      frame,
      types: view.typesOf(image),
      perCpuBase: () => view.perCpuBase(undefined),
    });
    // A name that is hidden means another variable.
    const expression = hidden ? undefined : name;
    return { name, value: value.withExpression(expression), expression };
  });
}

/** Variables of the file, read when they are looked at. */
class Statics implements Scope {
  readonly kind = 'statics';
  readonly name = 'File';
  readonly expensive = true;
  readonly #view: View;
  readonly #function: Die;
  #variables: readonly Member[] | undefined;

  constructor(view: View, around: Die) {
    this.#view = view;
    this.#function = around;
  }

  get variables(): readonly Member[] {
    this.#variables ??= this.#read();
    return this.#variables;
  }

  #read(): readonly Member[] {
    const found: Die[] = [];
    const names = new Set<string>();
    try {
      for (const die of this.#function.unit.root.children()) {
        if (die.tag !== TAG.VARIABLE || isDeclaration(die) || !die.has(AT.LOCATION)) continue;
        const name = nameOf(die);
        if (names.has(name)) continue;
        names.add(name);
        found.push(die);
      }
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
    }
    return members(this.#view, found).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
