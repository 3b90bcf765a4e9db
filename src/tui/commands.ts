/** The command line: what can be typed after ":", with gdb's words where it has them. */

import { FIELD_NAMES, FILTER_WORDS } from '../exits/filter.ts';
import {
  formatMark,
  GPR_NAMES,
  gva,
  mappings,
  pageWalk,
  type StopCondition,
} from '../target/index.ts';
import { event, memoryWrite, run } from './actions.ts';
import { ExpressionError, parseExpression } from './expression.ts';
import type { Ui } from './ui.ts';
import { mappingLine, walkLines } from './walk-text.ts';

export interface Command {
  readonly names: readonly string[];
  readonly usage: string;
  readonly help: string;
  readonly run: (ui: Ui, rest: string) => void | Promise<void>;
}

const command = (names: string, usage: string, help: string, act: Command['run']): Command => ({
  names: names.split(' '),
  usage: `${names.split(' ')[0]}${usage === '' ? '' : ` ${usage}`}`,
  help,
  run: act,
});

const MAPPINGS_MAX = 2000;
const hex = (value: bigint): string => `0x${value.toString(16)}`;

function evaluate(ui: Ui, text: string): bigint {
  if (text.trim() === '') throw new ExpressionError('expected an expression');
  return parseExpression(text)(ui.guest);
}

/** "EXPR if CONDITION" */
function conditional(rest: string) {
  const [what = '', only] = rest.split(/\s+if\s+/, 2);
  return { what: what.trim(), only: only === undefined ? undefined : parseExpression(only) };
}

function addBreak(ui: Ui, rest: string): void {
  const { what, only } = conditional(rest);
  const at = what === '' ? ui.snapshot.rip : evaluate(ui, what);
  const text = `break ${what === '' ? (ui.symbols?.name(at) ?? hex(at)) : rest}`;
  const stop = ui.stops.add(text, { kind: 'address', gva: gva(at) }, { at, only });
  ui.say(`${stop.id}: ${stop.text} at ${hex(at)}`);
}

const addWatch = (on: 'read' | 'write' | 'access', name: string) => (ui: Ui, rest: string) => {
  const { what, only } = conditional(rest);
  const [, address = '', length = '8'] = /^(.*?)(?:,\s*(\d+))?$/.exec(what) ?? [];
  const at = evaluate(ui, address);
  const condition: StopCondition = { kind: 'memory', space: 'gva', at, length: Number(length), on };
  const stop = ui.stops.add(`${name} ${rest}`, condition, { at, only });
  ui.say(`${stop.id}: ${stop.text}: ${length} bytes at ${hex(at)}`);
};

const EXITS = [
  'pio',
  'mmio',
  'hlt',
  'cpuid',
  'rdmsr',
  'wrmsr',
  'cr8',
  'random',
  'shutdown',
] as const;

function addCatch(ui: Ui, rest: string): void {
  const stop = ui.stops.add(`catch ${rest}`, catchpoint(ui, rest));
  ui.say(`${stop.id}: ${stop.text}`);
}

function catchpoint(ui: Ui, rest: string): StopCondition {
  const [what = '', ...words] = rest.split(/\s+/);
  const text = words.join(' ');
  if (what === 'irq') {
    return text === ''
      ? { kind: 'interrupt' }
      : { kind: 'interrupt', vector: Number(evaluate(ui, text)) };
  }
  if (what === 'port') {
    const [first = '', last = first] = text.split('..');
    const range = { first: Number(evaluate(ui, first)), last: Number(evaluate(ui, last)) };
    return { kind: 'port', ...range };
  }
  if (what === 'console' && text !== '')
    return { kind: 'console', text: text.replace(/^"(.*)"$/, '$1') };
  if (what === 'exit' || what === '') return { kind: 'exit' };
  const exit = EXITS.find((name) => name === what);
  if (exit) return { kind: 'exit', exit };
  throw new ExpressionError(
    `catch: expected irq [VECTOR], port N[..M], console TEXT, exit or one of ${EXITS.join(', ')}`,
  );
}

function withStops(ui: Ui, rest: string, act: (id: number) => boolean, done: string): void {
  const ids =
    rest === '' || rest === 'all'
      ? ui.stops.all.map(({ id }) => id)
      : rest.split(/\s+/).map(Number);
  const missing = ids.filter((id) => !act(id));
  if (missing.length > 0) ui.say(`no stop ${missing.join(' ')}`, true);
  else ui.say(`${done} ${ids.join(' ')}`);
}

const enable = (enabled: boolean) => (ui: Ui, rest: string) =>
  withStops(
    ui,
    rest,
    (id) => {
      const stop = ui.stops.all.find((one) => one.id === id);
      if (stop) stop.enabled = enabled;
      return stop !== undefined;
    },
    enabled ? 'enabled' : 'disabled',
  );

function print(ui: Ui, rest: string): void {
  const value = evaluate(ui, rest);
  const signed = BigInt.asIntN(64, value);
  const name = ui.symbols?.name(value);
  const decimal = signed < 0n ? `${signed}` : `${value}`;
  ui.say(`${rest} = ${hex(value)} = ${decimal}${name ? ` <${name}>` : ''}`);
}

function setMark(ui: Ui, rest: string): void {
  if (rest === '') throw new ExpressionError('mark: expected a name or a note');
  const [name = '', note] = rest.split(/\s+--\s+/, 2);
  const { mark } = ui.target.when();
  ui.target.setBookmark(name, note === undefined ? mark : { ...mark, note });
  ui.say(`bookmark "${name}"${note === undefined ? '' : `: ${note}`}`);
}

/** To the bookmark where the cursor is. */
function setNote(ui: Ui, rest: string): void {
  const here = formatMark(ui.target.when().mark);
  const found = [...ui.target.bookmarks].find(([, mark]) => formatMark(mark) === here);
  if (!found) throw new ExpressionError('note: there is no bookmark here; :mark NAME makes one');
  const [name, { note: _, ...mark }] = found;
  ui.target.setBookmark(name, rest === '' ? mark : { ...mark, note: rest });
  ui.say(rest === '' ? `no note on "${name}"` : `${name}: ${rest}`);
}

function times(rest: string): number {
  if (rest === '') return 1;
  if (!/^\d{1,9}$/.test(rest) || Number(rest) === 0)
    throw new ExpressionError(`expected how many times, got "${rest}"`);
  return Number(rest);
}

async function goTo(ui: Ui, rest: string): Promise<void> {
  await ui.goTo(ui.target.resolve(rest));
}

function find(ui: Ui, text: string, forwards: boolean): Promise<void> {
  return event(ui, { kind: 'console', text }, forwards, `console:"${text}"`);
}

const writes = (forwards: boolean) => (ui: Ui, rest: string) => {
  const [, address = '', length = '8'] = /^(.*?)(?:,\s*(\d+))?$/.exec(rest) ?? [];
  const range = { space: 'gva', at: evaluate(ui, address), length: Number(length) } as const;
  return memoryWrite(ui, range, forwards);
};

export const COMMANDS: readonly Command[] = [
  command('goto', 'MARK', 'go there; a MARK alone does the same', goTo),
  command('continue c', '[N]', 'on to a stop, or the N-th', (ui, rest) =>
    run(ui, true, times(rest)),
  ),
  command('reverse-continue rc', '[N]', 'back to one', (ui, rest) => run(ui, false, times(rest))),
  command('step', '[N]', 'N single steps', (ui, rest) =>
    ui.move('stepping', (_, control) => ui.target.step(times(rest), control)),
  ),
  command('reverse-step rs', '[N]', 'N steps back', (ui, rest) =>
    ui.move('stepping back', (_, control) => ui.target.reverseStep(times(rest), control)),
  ),
  command('until', 'EXPR', 'run to an address', (ui, rest) =>
    event(ui, { kind: 'address', gva: gva(evaluate(ui, rest)) }, true, rest),
  ),
  command('runtil', 'EXPR', 'run back to an address', (ui, rest) =>
    event(ui, { kind: 'address', gva: gva(evaluate(ui, rest)) }, false, rest),
  ),
  command('break b', '[EXPR] [if EXPR]', 'a breakpoint', addBreak),
  command('watch', 'EXPR[, BYTES] [if EXPR]', 'stop after writes', addWatch('write', 'watch')),
  command('rwatch', 'EXPR[, BYTES]', 'stop after reads', addWatch('read', 'rwatch')),
  command('awatch', 'EXPR[, BYTES]', 'stop after both', addWatch('access', 'awatch')),
  command('catch', 'irq|port|console|KIND …', 'stop in front of exits and interrupts', addCatch),
  command('delete', '[N …]', 'delete stops', (ui, rest) =>
    withStops(ui, rest, (id) => ui.stops.remove(id), 'deleted'),
  ),
  command('enable', '[N …]', 'enable stops', enable(true)),
  command('disable', '[N …]', 'disable stops', enable(false)),
  command('written', 'EXPR[, BYTES]', 'back to who wrote it last', writes(false)),
  command('writes', 'EXPR[, BYTES]', 'on to who writes it next', writes(true)),
  command('memory x', 'EXPR', 'show memory', (ui, rest) => {
    ui.memory.go(evaluate(ui, rest), rest);
    if (ui.focus !== 'memory') ui.tab = 'memory';
    ui.changed();
  }),
  command('code', 'EXPR', 'show code', (ui, rest) => ui.showCode(evaluate(ui, rest))),
  command('print p', 'EXPR', 'evaluate', print),
  command('walk', 'EXPR', 'the page walk of an address', (ui, rest) => {
    const at = evaluate(ui, rest);
    ui.overlay = {
      title: `Page walk of ${hex(at)}`,
      lines: walkLines(pageWalk(ui.target, at)),
      top: 0,
    };
    ui.changed();
  }),
  command('maps', '', 'what is mapped where', (ui) => {
    const lines = mappings(ui.target, MAPPINGS_MAX).map(mappingLine);
    ui.overlay = { title: 'Mappings', lines, top: 0 };
    ui.changed();
  }),
  command('find', 'TEXT', 'on to where the console printed it', (ui, rest) => find(ui, rest, true)),
  command('rfind', 'TEXT', 'back to where it did', (ui, rest) => find(ui, rest, false)),
  command('filter', '[FILTER]', 'which exits [ ] and the table show', (ui, rest) =>
    ui.setFilter(rest),
  ),
  command('mark', 'NAME [-- NOTE]', 'bookmark this place', setMark),
  command('note', 'TEXT', 'a note on the bookmark here', setNote),
  command('unmark', 'NAME', 'forget it', (ui, rest) => {
    ui.target.setBookmark(rest, undefined);
    ui.say(`forgot "${rest}"`);
  }),
  command('hash', '', 'the state hash, as recordings have it', (ui) =>
    ui.say(`state hash ${ui.target.stateHash()}`),
  ),
  command('quit q', '', 'quit', (ui) => {
    ui.quitting = true;
    ui.cancel();
    ui.changed();
  }),
];

/** Throws what the command throws. */
export async function runCommand(ui: Ui, text: string): Promise<void> {
  const [, name = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(text) ?? [];
  if (name === '') return;
  const exact = COMMANDS.find(({ names }) => names.includes(name));
  const short = COMMANDS.filter(({ names }) => names.some((one) => one.startsWith(name)));
  const found = exact ?? (short.length === 1 ? short[0] : undefined);
  if (found) return await found.run(ui, rest);
  // A mark alone is where to go.
  if (
    /^[\d]|^(?:start|end|exit:|irq:|console:)/.test(name) ||
    ui.target.bookmarks.has(text.trim())
  ) {
    return await goTo(ui, text.trim());
  }
  const several = short.length > 1 ? `; ${short.map(({ names }) => names[0]).join(', ')}?` : '';
  ui.say(`no command "${name}"${several || '; ? lists them'}`, true);
}

/** What Tab may complete the last word to. */
export function completions(ui: Ui): string[] {
  const { text, cursor } = ui.prompt;
  const before = text.slice(0, cursor);
  const word = /[^\s]*$/.exec(before)?.[0] ?? '';
  const first = before.trimStart() === word;
  if (first)
    return [...COMMANDS.flatMap(({ names }) => names), ...ui.target.bookmarks.keys()].sort();
  if (/^\s*filter\b/.test(before)) return [...FIELD_NAMES, ...FILTER_WORDS].sort();
  if (/^\s*catch\s+\S*$/.test(before)) return ['irq', 'port', 'console', 'exit', ...EXITS].sort();
  if (/^\s*(?:goto|unmark)\b/.test(before)) return ['start', 'end', ...ui.target.bookmarks.keys()];
  return [...(ui.symbols?.startingWith(word, 200) ?? []), ...GPR_NAMES];
}
