/**
 * The project's own rules, those that a compiler and a linter do not know. Each names the files and
 * lines that break it; the list of exceptions, where there is one, gives its reasons.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOnly, hits, imports, projectFiles, read, withoutComments } from './tidy/source.ts';

const files = projectFiles();
const typescript = files.filter((file) => /\.(ts|tsx|mts)$/.test(file) && !/\.gen\./.test(file));
const source = typescript.filter((file) => file.startsWith('src/'));
const engine = source.filter(
  (file) => file.startsWith('src/engine/') && !file.startsWith('src/engine/kvm/'),
);
const text = files.filter((file) => /\.(ts|tsx|mts|mjs|js|json|md|proto|sh|c|h|S|ld)$/.test(file));

describe('the engine', () => {
  test('is found', () => {
    expect(engine.length).toBeGreaterThan(3);
  });

  test('imports nothing outside itself', () => {
    const outside = engine.flatMap((file) =>
      imports(file)
        .filter(({ target }) => !target.startsWith('src/engine/'))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(outside).toEqual([]);
  });

  /** What would make two runs differ, or let the host's speed show. */
  const BANNED: readonly [RegExp, string][] = [
    [/\bDate\b(?!\s*:)/, 'the date is an input'],
    [/\bperformance\b/, 'the only time is icount'],
    [/\bMath\s*\.\s*random\b/, 'randomness is an input'],
    [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/, 'use an alarm in guest time'],
    [/\bPromise\b|\basync\b|\bawait\b/, 'the order of what happens is icount, not the event loop'],
    [/\bprocess\s*\./, 'the host stays outside'],
    [/\bglobalThis\b/, 'two machines in one process do not meet'],
    [/\bconsole\s*\./, 'the engine has probes, not prints'],
    [/\b(?:WeakRef|FinalizationRegistry)\b/, 'collection times differ between runs'],
    [/\b(?:toLocale\w*|Intl)\b/, 'the locale is a host fact'],
  ];

  test.each(BANNED)('does not use %s: %s', (pattern) => {
    expect(engine.flatMap((file) => hits(file, codeOnly(read(file)), pattern))).toEqual([]);
  });
});

describe('imports between folders', () => {
  /** The folder under src → the folders under src it may import from, besides itself. */
  const ALLOWED: Readonly<Record<string, readonly string[]>> = {
    engine: [],
    trace: ['engine'],
    record: ['engine', 'trace'],
    replay: ['engine', 'trace'],
    target: ['engine', 'trace', 'record', 'replay', 'symbols', 'exits'],
    live: ['engine', 'trace', 'record', 'replay', 'target'],
    symbols: [],
    exits: ['engine', 'trace', 'replay', 'symbols'],
    gdbstub: ['target', 'symbols'],
    bench: [],
    dap: ['target', 'symbols'],
    tui: ['target', 'symbols', 'exits'],
    testing: ['engine', 'trace', 'record', 'replay', 'target', 'live', 'symbols'],
    cli: [
      ...['engine', 'trace', 'record', 'replay', 'exits'],
      ...['target', 'live', 'symbols', 'gdbstub', 'dap', 'tui'],
    ],
  };

  test('go in one direction', () => {
    const wrong = source.flatMap((file) => {
      const folder = file.split('/')[1] ?? '';
      const allowed = ALLOWED[folder];
      if (!allowed) return [`${file}: add src/${folder} to the table of allowed imports`];
      return imports(file)
        .filter(({ target }) => target.startsWith('src/'))
        .map(({ target }) => target.split('/')[1] ?? '')
        .filter((to) => to !== folder && !allowed.includes(to))
        .map((to) => `${file} (src/${folder}) imports from src/${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test('the command line reaches the engine through its index and its vocabulary only', () => {
    const OPEN = ['index', 'build', 'exit', 'units', 'cpuid', 'cpu-models', 'kvm/index'].map(
      (name) => `src/engine/${name}.ts`,
    );
    const around = source
      .filter((file) => file.startsWith('src/cli/'))
      .flatMap((file) =>
        imports(file)
          .filter(({ target, typeOnly }) => !typeOnly && target.startsWith('src/engine/'))
          .filter(({ target }) => !OPEN.includes(target))
          .map(({ target }) => `${file} imports ${target}`),
      );
    expect(around).toEqual([]);
  });

  test('no source file imports a test or a script', () => {
    const wrong = source.flatMap((file) =>
      imports(file)
        .filter(({ target }) => /^(?:\.\.\/|tests\/|scripts\/)/.test(target))
        .map(({ target }) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every source file is imported by something that ships', () => {
    const ENTRIES = ['src/cli/main.ts', 'src/engine/index.ts', 'src/replay/search-worker.ts'];
    const reached = new Set(ENTRIES);
    for (const file of typescript.filter((f) => !f.startsWith('tests/'))) {
      for (const { target } of imports(file)) reached.add(target);
    }
    // What only tests use lives in src/testing.
    const used = (file: string) =>
      reached.has(file) || file.endsWith('.d.ts') || file.startsWith('src/testing/');
    expect(source.filter((file) => !used(file))).toEqual([]);
  });
});

describe('files', () => {
  const LINES_MAX = 600;
  /** Longer files, with the reason. */
  const LONG: Readonly<Record<string, string>> = {};

  test(`have at most ${LINES_MAX} lines`, () => {
    const long = typescript
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > LINES_MAX && LONG[file] === undefined)
      .map(({ file, lines }) => `${file}: ${lines} lines`);
    expect(long).toEqual([]);
  });

  test('in src begin with a comment that says what they are for', () => {
    const bare = source.filter((file) => !/^(?:#!.*\n)?\s*\/\*\*?/.test(read(file)));
    expect(bare).toEqual([]);
  });

  test('carry no reminders and no leftovers of debugging', () => {
    const left = typescript.flatMap((file) => [
      ...hits(file, read(file), /\b(?:FIX[M]E|XX[X]|HA[C]K)\b/),
      ...hits(file, codeOnly(read(file)), /\b(?:test|it|describe)\.only\b|\bdebugger\b\s*;/),
    ]);
    expect(left).toEqual([]);
  });

  test('name no path of the machine they were written on', () => {
    const home = new RegExp(`(?:^|[\\s'"\`=(:])/(?:${['work', 'root'].join('|')})/`);
    expect(text.flatMap((file) => hits(file, read(file), home))).toEqual([]);
  });

  test('that are generated match their generator', () => {
    const folder = mkdtempSync(join(tmpdir(), 'retrovisor-generate-'));
    try {
      execFileSync('node', ['scripts/generate.mjs', folder]);
      const generated = files.filter((file) => /\.gen\./.test(file));
      const stale = generated.filter((file) => {
        const written = join(folder, file);
        return !existsSync(written) || read(written) !== read(file);
      });
      expect(stale).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('package-lock.json has an entry for every platform, or npm ci refuses it', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  test('have no grab-bag names', () => {
    const bags = typescript.filter((f) => /\/(?:utils?|helpers?|misc|common)\.[mc]?tsx?$/.test(f));
    expect(bags).toEqual([]);
  });
});

describe('docs', () => {
  const markdown = files.filter((file) => file.endsWith('.md'));

  test('have exactly one title', () => {
    const titles = markdown.map((file) => {
      const body = read(file).replace(/^```[\s\S]*?^```/gm, '');
      return { file, titles: body.split('\n').filter((line) => /^# /.test(line)).length };
    });
    expect(titles.filter(({ titles }) => titles !== 1)).toEqual([]);
  });

  test('link only to files that exist', () => {
    const all = new Set(files);
    const folders = new Set(
      files.flatMap((f) => f.split('/').map((_, i, a) => a.slice(0, i).join('/'))),
    );
    const broken = markdown.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].flatMap((m) => {
        const target = new URL(m[1] ?? '', `file:///${file}`).pathname.slice(1).replace(/\/$/, '');
        return all.has(target) || folders.has(target) ? [] : [`${file} links to ${m[1]}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  test('and npm scripts agree', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const unknown = markdown.flatMap((file) =>
      [...read(file).matchAll(/\bnpm run ([\w:-]+)/g)]
        .filter((m) => !scripts.includes(m[1] ?? ''))
        .map((m) => `${file}: npm run ${m[1]}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the reader of sources this test is built on', () => {
  test('sees imports of every form, and none in comments', () => {
    const code = [
      "import a from './a.ts';",
      "import type { B } from '../b.ts';",
      "import {\n  c,\n} from 'node:c';",
      "export * from './d.ts';",
      "// import e from './e.ts';",
      "const f = await import('./f.ts');",
      "const s = '// not a comment'; import('./g.ts');",
    ].join('\n');
    const found = imports('src/x/y.ts', code);
    expect(found.map(({ target }) => target)).toEqual([
      'src/x/a.ts',
      'src/b.ts',
      'node:c',
      'src/x/d.ts',
      'src/x/f.ts',
      'src/x/g.ts',
    ]);
    expect(found.map(({ typeOnly }) => typeOnly)).toEqual([
      false,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  test('blanks comments and strings and keeps lines', () => {
    expect(codeOnly("a('Date'); // Date\n/* Date\n */ b(Date)")).toBe(
      'a(      );        \n       \n    b(Date)',
    );
    expect(withoutComments("f(/['\"]/, 'x'); // y")).toBe("f(/['\"]/, 'x');     ");
  });
});
