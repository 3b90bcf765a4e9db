/**
 * The filter language of the exit tracer, the same for `retrovisor exits` and the terminal interface:
 *
 *     filter := and { ("or" | "||") and }
 *     and    := unary { ["and" | "&&"] unary }
 *     unary  := ("not" | "!") unary | "(" filter ")" | FIELD OPERATOR values | WORD
 *     values := value { "," value }          one of them
 *     value  := NUMBER | NUMBER ".." NUMBER | text | "quoted text"
 *
 * OPERATOR is = != < <= > >= ~ (the text contains) & (any of these bits is set). Numbers are decimal
 * or 0x, with k, M and G. A WORD alone is a reason or a part of one, a direction, or a device:
 * `pio`, `mmio-write`, `irq`, `in`, `com1`.
 */

import {
  addressOf,
  carriedValue,
  directionOf,
  nameOf,
  reasonOf,
  sizeOf,
  skippedBy,
  type TracedFrame,
} from './subject.ts';

/** A filter that cannot be read. One line, with where. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

type Test = (row: TracedFrame) => boolean;

export interface Filter {
  readonly text: string;
  readonly matches: Test;
  /** Asks for the guest's function, which only a replay knows. */
  readonly needsPlace: boolean;
  /** Looks at nothing but what all frames of one shape share. */
  readonly byShape: boolean;
}

type Field = (row: TracedFrame) => bigint | string | undefined;

const number = (of: (row: TracedFrame) => number | undefined): Field => {
  return (row) => {
    const found = of(row);
    return found === undefined ? undefined : BigInt(found);
  };
};
const kindOnly =
  (kinds: readonly string[], of: Field): Field =>
  (row) => {
    const { frame } = row;
    const kind = frame.kind === 'exit' ? frame.exit.kind : frame.kind;
    return kinds.includes(kind) ? of(row) : undefined;
  };
const address = number(({ frame }) => addressOf(frame));

const FIELDS: Readonly<Record<string, Field>> = {
  reason: ({ frame }) => reasonOf(frame),
  port: kindOnly(['pio'], address),
  gpa: kindOnly(['mmio', 'dma'], address),
  msr: kindOnly(['rdmsr', 'wrmsr'], address),
  leaf: kindOnly(['cpuid'], address),
  vector: kindOnly(['interrupt'], address),
  address,
  size: number(({ frame }) => sizeOf(frame)),
  dir: ({ frame }) => directionOf(frame),
  name: ({ frame }) => nameOf(frame),
  device: ({ frame }) => nameOf(frame).split(' ')[0] ?? '',
  value: ({ frame }) => carriedValue(frame),
  skip: number(({ frame }) => skippedBy(frame)),
  icount: number(({ frame }) => frame.icount),
  ticks: number(({ ticks }) => ticks),
  function: ({ place }) => place?.function,
  rip: ({ place }) => place?.rip,
  stack: ({ place }) => place?.stack.join(';'),
};
export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS);

const OF_THE_PLACE: ReadonlySet<string> = new Set(['function', 'rip', 'stack']);
const OF_THE_FRAME: ReadonlySet<string> = new Set(['value', 'skip', 'icount', 'ticks']);
const ALIASES: Readonly<Record<string, string>> = { kind: 'reason', fn: 'function', irq: 'vector' };

/** Words that are not their own reason. */
const WORDS: Readonly<Record<string, (reason: string) => boolean>> = {
  exit: (reason) => !['interrupt', 'nmi', 'dma', 'input', 'hash'].includes(reason),
  irq: (reason) => reason === 'interrupt',
  msr: (reason) => reason === 'rdmsr' || reason === 'wrmsr',
  random: (reason) => reason === 'rdrand' || reason === 'rdseed',
  io: (reason) => reason.startsWith('pio') || reason.startsWith('mmio'),
};
const REASONS: readonly string[] = [
  ...['pio', 'pio-in', 'pio-out', 'mmio', 'mmio-read', 'mmio-write', 'hlt', 'cpuid', 'rdmsr'],
  ...['wrmsr', 'cr8', 'cr8-read', 'cr8-write', 'rdrand', 'rdseed', 'shutdown', 'interrupt'],
  ...['nmi', 'dma', 'input', 'hash'],
];
const DIRECTIONS: readonly string[] = ['in', 'out', 'read', 'write'];
/** For completion. */
export const FILTER_WORDS: readonly string[] = [...Object.keys(WORDS), ...REASONS, ...DIRECTIONS];

/** Throws `FilterError`. The empty filter lets all through. */
export function parseFilter(text: string): Filter {
  return new Parser(text).filter();
}

interface Token {
  readonly kind: 'word' | 'text' | 'operator' | 'open' | 'close' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s*(?:"((?:[^"\\]|\\.)*)"|(&&|\|\||!=|<=|>=|[=<>~&!(),])|((?:(?!\.\.)[^\s"=<>~&|!(),])+|\.\.))/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match)
      throw new FilterError(`filter: unexpected ${JSON.stringify(text.slice(at).trim())}`);
    const [, quoted, operator, word] = match;
    if (quoted !== undefined)
      found.push({ kind: 'text', text: quoted.replace(/\\(.)/g, '$1'), at });
    else if (operator === '(' || operator === ')')
      found.push({ kind: operator === '(' ? 'open' : 'close', text: operator, at });
    else if (operator !== undefined) found.push({ kind: 'operator', text: operator, at });
    else found.push({ kind: 'word', text: word ?? '', at });
  }
  return [...found, { kind: 'end', text: '', at: text.length }];
}

type Value = { readonly first: bigint; readonly last: bigint } | { readonly text: string };

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #needsPlace = false;
  #byShape = true;

  constructor(text: string) {
    this.#text = text.trim();
    this.#tokens = tokens(text);
  }

  filter(): Filter {
    const matches: Test = this.#peek.kind === 'end' ? () => true : this.#or();
    if (this.#peek.kind !== 'end') throw this.#expected('"and", "or" or the end');
    return {
      text: this.#text,
      matches,
      needsPlace: this.#needsPlace,
      byShape: this.#byShape,
    };
  }

  get #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #take(kind: Token['kind'], ...texts: string[]): boolean {
    const { kind: found, text } = this.#peek;
    if (found !== kind || !texts.includes(text.toLowerCase())) return false;
    this.#next++;
    return true;
  }

  #expected(what: string): FilterError {
    const { kind, text, at } = this.#peek;
    const got = kind === 'end' ? 'the end' : JSON.stringify(text);
    return new FilterError(`filter: expected ${what} at column ${at + 1}, got ${got}`);
  }

  #or(): Test {
    let left = this.#and();
    while (this.#take('word', 'or') || this.#take('operator', '||')) {
      const [a, b] = [left, this.#and()];
      left = (row) => a(row) || b(row);
    }
    return left;
  }

  #and(): Test {
    let left = this.#unary();
    for (;;) {
      const joined = this.#take('word', 'and') || this.#take('operator', '&&');
      const { kind, text } = this.#peek;
      const ends =
        kind === 'end' || kind === 'close' || text.toLowerCase() === 'or' || text === '||';
      if (ends && !joined) return left;
      const [a, b] = [left, this.#unary()];
      left = (row) => a(row) && b(row);
    }
  }

  #unary(): Test {
    if (this.#take('word', 'not') || this.#take('operator', '!')) {
      const inner = this.#unary();
      return (row) => !inner(row);
    }
    if (this.#peek.kind === 'open') {
      this.#next++;
      const inner = this.#or();
      if (!this.#take('close', ')')) throw this.#expected('")"');
      return inner;
    }
    return this.#term();
  }

  #term(): Test {
    const token = this.#peek;
    if (token.kind !== 'word' || /^(and|or)$/i.test(token.text)) {
      throw this.#expected('a field or a word');
    }
    this.#next++;
    const following = this.#peek;
    const isOperator = following.kind === 'operator' && /^(=|!=|<=?|>=?|~|&)$/.test(following.text);
    if (!isOperator) return this.#word(token);
    const name = ALIASES[token.text.toLowerCase()] ?? token.text.toLowerCase();
    const field = FIELDS[name];
    if (!field) {
      throw new FilterError(
        `filter: no field "${token.text}"; expected one of ${FIELD_NAMES.join(', ')}`,
      );
    }
    this.#next++;
    if (OF_THE_PLACE.has(name)) this.#needsPlace = true;
    if (OF_THE_PLACE.has(name) || OF_THE_FRAME.has(name)) this.#byShape = false;
    return compare(field, following.text, this.#values());
  }

  #word({ text }: Token): Test {
    const word = text.toLowerCase();
    const special = WORDS[word];
    if (special) return ({ frame }) => special(reasonOf(frame));
    if (DIRECTIONS.includes(word)) return ({ frame }) => directionOf(frame) === word;
    if (REASONS.includes(word)) {
      return ({ frame }) => reasonOf(frame) === word || reasonOf(frame).startsWith(`${word}-`);
    }
    return ({ frame }) => nameOf(frame).toLowerCase().includes(word);
  }

  #values(): Value[] {
    const found = [this.#value()];
    while (this.#take('operator', ',')) found.push(this.#value());
    return found;
  }

  #value(): Value {
    const { kind, text } = this.#peek;
    if (kind !== 'word' && kind !== 'text') throw this.#expected('a value');
    this.#next++;
    const first = kind === 'word' ? parseNumber(text) : undefined;
    if (first === undefined) return { text };
    if (!this.#take('word', '..')) return { first, last: first };
    const last = parseNumber(this.#peek.text);
    if (last === undefined) throw this.#expected('a number after ".."');
    this.#next++;
    return { first, last };
  }
}

const SUFFIX: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

function parseNumber(text: string): bigint | undefined {
  if (/^0x[0-9a-f_]+$/i.test(text)) return BigInt(text.replace(/_/g, ''));
  const match = /^(\d[\d_]*(?:\.\d+)?)([kmg]?)$/i.exec(text);
  if (!match) return undefined;
  const scaled = Number(match[1]!.replace(/_/g, '')) * SUFFIX[match[2]!.toLowerCase()]!;
  return match[1]!.includes('.') || match[2]
    ? BigInt(Math.round(scaled))
    : BigInt(match[1]!.replace(/_/g, ''));
}

function compare(field: Field, operator: string, values: readonly Value[]): Test {
  const one = (test: (found: bigint | string, value: Value) => boolean): Test => {
    return (row) => {
      const found = field(row);
      return found !== undefined && values.some((value) => test(found, value));
    };
  };
  switch (operator) {
    case '=':
      return one(equal);
    case '!=': {
      const same = one(equal);
      return (row) => !same(row);
    }
    case '~':
      return one((found, value) => textOf(found).includes(wanted(value)));
    case '&':
      return one(
        (found, value) =>
          typeof found === 'bigint' && 'first' in value && (found & value.first) !== 0n,
      );
    default:
      return one((found, value) => ordered(found, value, operator));
  }
}

function equal(found: bigint | string, value: Value): boolean {
  if (typeof found === 'bigint') {
    return 'first' in value && found >= value.first && found <= value.last;
  }
  return found.toLowerCase() === wanted(value);
}

function ordered(found: bigint | string, value: Value, operator: string): boolean {
  if (typeof found !== 'bigint' || !('first' in value)) return false;
  switch (operator) {
    case '<':
      return found < value.first;
    case '<=':
      return found <= value.last;
    case '>':
      return found > value.last;
    default:
      return found >= value.first;
  }
}

const textOf = (found: bigint | string): string =>
  typeof found === 'bigint' ? `0x${found.toString(16)}` : found.toLowerCase();
const wanted = (value: Value): string =>
  'text' in value ? value.text.toLowerCase() : value.first.toString();
