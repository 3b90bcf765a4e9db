/** What an expression is made of, once it is read. Columns are for errors. */

export type Expression = { readonly column: number } & (
  | {
      readonly kind: 'number';
      readonly value: bigint;
      readonly suffix: string;
      readonly decimal: boolean;
    }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'character'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  /** `within`: the function or file whose variable it is. */
  | { readonly kind: 'name'; readonly name: string; readonly within: string | undefined }
  | { readonly kind: 'register'; readonly name: string }
  /** @icount */
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | {
      readonly kind: 'member';
      readonly of: Expression;
      readonly name: string;
      readonly arrow: boolean;
    }
  | { readonly kind: 'index'; readonly of: Expression; readonly index: Expression }
  | { readonly kind: 'cast'; readonly type: TypeText; readonly operand: Expression }
  | { readonly kind: 'size of type'; readonly type: TypeText }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Operand[] }
);

export type UnaryOperator = '-' | '+' | '!' | '~' | '*' | '&' | 'sizeof';
export type BinaryOperator =
  | ('*' | '/' | '%' | '+' | '-' | '<<' | '>>')
  | ('<' | '<=' | '>' | '>=' | '==' | '!=' | '&' | '^' | '|' | '&&' | '||' | ',' | '@');

/** A type as it is written: its name, then what makes it a pointer or an array. */
export interface TypeText {
  readonly column: number;
  /** "struct", "union", "enum", or nothing for words that name a type by themselves. */
  readonly keyword: 'struct' | 'union' | 'enum' | undefined;
  readonly name: string;
  /** From the name outwards. */
  readonly modifiers: readonly TypeModifier[];
}

export type TypeModifier =
  | { readonly kind: 'pointer' }
  | { readonly kind: 'array'; readonly count: number }
  | { readonly kind: 'function' };

/** Of `$list` and the like: an expression, a type, or the name of a member. */
export type Operand =
  | Expression
  | { readonly kind: 'type'; readonly type: TypeText; readonly column: number };
