/**
 * Writes src/dap/protocol.gen.ts from the pinned `@vscode/debugprotocol`: its requests and events by
 * name, with the types of what they carry, and the fields of what requests carry, for checking them
 * at run time. The declarations name a request only in a comment.
 *
 *     node scripts/dap-protocol.mjs OUTPUT
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const output = process.argv[2] ?? 'src/dap/protocol.gen.ts';
const manifest = createRequire(import.meta.url).resolve('@vscode/debugprotocol/package.json');
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
const text = readFileSync(`${dirname(manifest)}/lib/debugProtocol.d.ts`, 'utf8');

/** `interface NAME … { BODY }` at the namespace's depth, with the comment in front of it. */
const DECLARATION =
  /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n\tinterface (\w+)[^{\n]*\{\n([\s\S]*?)\n?\t\}/g;
const declared = new Map();
for (const [, comment, name, body] of text.matchAll(DECLARATION)) {
  declared.set(name, { comment, body });
}

const requests = [];
const takenBy = [];
const shapesWanted = [];
const events = [];
for (const [name, { comment, body }] of declared) {
  const command = /^\t\t\/\/ command: '(\w+)';/m.exec(body)?.[1];
  const event = /^\t\t\/\/ event: '(\w+)';/m.exec(body)?.[1];
  if (event) events.push({ event, name });
  // What the adapter asks of the client has no handler here.
  if (!command || /sent from the debug adapter to the client/.test(comment)) continue;
  const response = declared.get(name.replace(/Request$/, 'Response'));
  const answers = /^\t\tbody\??:/m.test(response?.body ?? '');
  const takes = /^\t\targuments\??:/m.test(body);
  const args = takes ? `DebugProtocol.${name}['arguments']` : 'undefined';
  const reply = answers
    ? `DebugProtocol.${name.replace(/Request$/, 'Response')}['body']`
    : 'undefined';
  requests.push({ command, args, reply });
  const [, optional, type] = /^\t\targuments(\??): (\w+);/m.exec(body) ?? [];
  if (type) shapesWanted.push(type);
  takenBy.push({ command, type, optional: optional !== '' });
}
/** Fields by name → "number", "string[]?", "SourceBreakpoint[]"…; what is not plain is "any". */
const shapes = new Map();
while (shapesWanted.length > 0) {
  const name = shapesWanted.pop();
  if (shapes.has(name)) continue;
  const fields = [];
  for (const [, field, optional, type] of (declared.get(name)?.body ?? '').matchAll(
    /^\t\t(\w+)(\??): (.*);$/gm,
  )) {
    fields.push([field, plainType(type) + optional]);
  }
  shapes.set(name, fields);
}

function plainType(type) {
  const [, element, array] = /^(.*?)((?:\[\])?)$/.exec(type);
  if (/^(number|string|boolean)$/.test(element)) return element + array;
  // Unions of texts stay open: a client may be newer than these declarations.
  if (/^'/.test(element)) return 'string';
  if (!/^\w+$/.test(element)) return 'any';
  if (new RegExp(`^\\ttype ${element} = (?:'|string)`, 'm').test(text)) return `string${array}`;
  if (!declared.has(element)) return 'any';
  shapesWanted.push(element);
  return element + array;
}

if (requests.length < 40 || events.length < 15) throw new Error('the declarations look different');

const lines = [
  '/**',
  ` * Generated from @vscode/debugprotocol ${version} by scripts/dap-protocol.mjs: every request a client`,
  ' * may send and every event, with the types of what they carry.',
  ' */',
  '',
  "import type { DebugProtocol } from '@vscode/debugprotocol';",
  '',
  'export interface Requests {',
  ...requests.map(
    ({ command, args, reply }) => `  ${command}: { args: ${args}; reply: ${reply} };`,
  ),
  '}',
  '',
  'export interface Events {',
  ...events.map(({ event, name }) => `  ${event}: DebugProtocol.${name};`),
  '}',
  '',
  'export const COMMANDS = [',
  ...requests.map(({ command }) => `  '${command}',`),
  '] as const satisfies readonly (keyof Requests)[];',
  '',
  'export const EVENTS = [',
  ...events.map(({ event }) => `  '${event}',`),
  '] as const satisfies readonly (keyof Events)[];',
  '',
  '/** What a request takes: the name of a shape, with a "?" where it may come without. */',
  'export const TAKES: Readonly<Record<keyof Requests, string>> = {',
  ...takenBy.map(
    ({ command, type, optional }) => `  ${command}: '${type ?? ''}${optional ? '?' : ''}',`,
  ),
  '};',
  '',
  '/** Fields and their types: "number", "string[]?", a shape\'s name, "any". */',
  'export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {',
  ...[...shapes].map(
    ([name, fields]) => `  ${name}: { ${fields.map(([f, t]) => `${f}: '${t}'`).join(', ')} },`,
  ),
  '};',
  '',
];
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, lines.join('\n'));
