/**
 * Just enough reading of TypeScript for the tidy test: which files there are, what a file imports,
 * and its text without comments and strings.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Files of the project, by path from the root; those that git ignores are not ours. */
export function projectFiles(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { encoding: 'utf8' }).split('\n');
  return files.filter((file) => file !== '' && existsSync(file)).sort();
}

export const read = (file: string): string => readFileSync(file, 'utf8');

export interface Import {
  /** As written: './a.ts', 'node:fs', 'commander'. */
  readonly specifier: string;
  /** From the root for relative imports, the specifier itself for packages. */
  readonly target: string;
  /** `import type` and `export type … from`: erased, so no code is reached by it. */
  readonly typeOnly: boolean;
}

const STATIC = /^\s*(?:import|export)\b(\s+type\b)?(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /(?<![.\w])import\(\s*['"]([^'"]+)['"]/g;

export function imports(file: string, text = read(file)): Import[] {
  const code = withoutComments(text);
  const make = (specifier: string, typeOnly: boolean): Import => ({
    specifier,
    target: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
    typeOnly,
  });
  return [
    ...[...code.matchAll(STATIC)].map((m) => make(m[2] ?? '', m[1] !== undefined)),
    ...[...code.matchAll(DYNAMIC)].map((m) => make(m[1] ?? '', false)),
  ];
}

/** A comment, or something a comment's start may hide in. A regular expression follows an operator. */
const TOKENS =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[=(,:;!&|?{}[\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*/g;

/** Comments become blanks; lines keep their numbers. */
export function withoutComments(text: string): string {
  return text.replace(TOKENS, (token) =>
    token.startsWith('//') || token.startsWith('/*') ? token.replace(/[^\n]/g, ' ') : token,
  );
}

/** Comments, plain strings and regular expressions become blanks; templates stay, they hold code. */
export function codeOnly(text: string): string {
  return text.replace(TOKENS, (token) =>
    token.startsWith('`') ? token : token.replace(/[^\n]/g, ' '),
  );
}

/** `file:line: text` for every line of `text` in which `pattern` is found. */
export function hits(file: string, text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : []));
}
