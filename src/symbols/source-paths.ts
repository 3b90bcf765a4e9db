/**
 * Source files under three names: as the build wrote them, as they are on the user's disk
 * (`sourceFileMap`), and the end of either that a person types.
 */

export class SourcePaths {
  readonly #rules: readonly (readonly [string, string])[];

  /** Longer prefixes win. */
  constructor(map: Readonly<Record<string, string>> = {}) {
    this.#rules = Object.entries(map).sort(([a], [b]) => b.length - a.length);
  }

  /** From a build's path to the user's. */
  local(built: string): string {
    for (const [from, to] of this.#rules) {
      const rest = behind(built, from);
      if (rest !== undefined) return joined(to, rest);
    }
    return built;
  }

  /** How alike a path of the program's is to one that was asked for: 0 is not at all. */
  likeness(built: string, asked: string): number {
    const local = this.local(built);
    if (local === asked || built === asked) return Number.MAX_SAFE_INTEGER;
    return Math.max(commonEnd(built, asked), commonEnd(local, asked));
  }
}

function behind(path: string, prefix: string): string | undefined {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (folder === '' || folder === '.') return path.startsWith('/') ? undefined : path;
  if (path === folder) return '';
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

function joined(folder: string, rest: string): string {
  if (rest === '') return folder;
  return folder.endsWith('/') ? folder + rest : `${folder}/${rest}`;
}

/** Path components in common at the end, if one path is the end of the other; else 0. */
function commonEnd(a: string, b: string): number {
  const left = a.split('/').filter((part) => part !== '' && part !== '.');
  const right = b.split('/').filter((part) => part !== '' && part !== '.');
  const count = Math.min(left.length, right.length);
  for (let i = 1; i <= count; i++) if (left.at(-i) !== right.at(-i)) return 0;
  return count;
}
