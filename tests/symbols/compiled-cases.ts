/**
 * Programs compiled here with every version of DWARF, with and without optimisation, for 64 and 32 bits:
 * lines, functions, frames and variables against readelf, addr2line and gdb.
 */

import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openProgram } from '../../src/symbols/open.ts';
import type { Frame, Guest, Program } from '../../src/symbols/program.ts';
import { askGdb, canCompile32, compiled, coreGuest, coreOf, NOT_HERE } from './compiled.ts';

if (NOT_HERE !== undefined) console.warn(`programs compiled here are skipped: ${NOT_HERE}`);
const narrow = NOT_HERE === undefined && canCompile32();
if (NOT_HERE === undefined && !narrow)
  console.warn('32-bit programs are skipped: gcc -m32 fails here');

const PYTHON = `exec('''
import gdb, json
SCALARS = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_CHAR)
def flat(name, value, out, depth=0):
    try:
        kind = value.type.strip_typedefs()
        if value.is_optimized_out:
            out.append((name, "optimised out"))
        elif "synthetic" in value.format_string():
            out.append((name, "optimised out"))
        elif kind.code in SCALARS:
            out.append((name, str(int(value))))
        elif kind.code == gdb.TYPE_CODE_FLT:
            out.append((name, repr(float(value))))
        elif kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            for field in kind.fields():
                flat(name + "." + (field.name or ""), value[field], out, depth + 1)
        elif kind.code == gdb.TYPE_CODE_ARRAY:
            low, high = kind.range()
            for i in range(low, high + 1):
                flat(name + "[%d]" % i, value[i], out, depth + 1)
    except gdb.error as error:
        out.append((name, "optimised out" if "optimized out" in str(error) else "error"))
frames = []
frame = gdb.newest_frame()
while frame is not None:
    place = frame.find_sal()
    out = []
    seen = set()
    block = frame.block()
    while block is not None and not block.is_global and not block.is_static:
        for symbol in block:
            if (symbol.is_variable or symbol.is_argument) and symbol.name not in seen:
                seen.add(symbol.name)
                flat(symbol.name, symbol.value(frame), out)
        if block.function:
            break
        block = block.superblock
    frames.append({"name": frame.name(), "line": place.line, "inlined": frame.type() == gdb.INLINE_FRAME, "variables": out})
    frame = frame.older()
globals = []
for name in ("all", "answer", "counter", "list", "ratio", "first", "second"):
    flat(name, gdb.parse_and_eval(name), globals)
print("ANSWER " + json.dumps({"frames": frames, "globals": globals}))
''')`.replaceAll('\n', '\\n');

interface Answer {
  readonly frames: readonly {
    readonly name: string;
    readonly line: number;
    readonly inlined: boolean;
    readonly variables: readonly (readonly [string, string])[];
  }[];
  readonly globals: readonly (readonly [string, string])[];
}

export function compiledCases(variants: readonly (readonly string[])[]): void {
  describe.skipIf(NOT_HERE !== undefined).each(variants.map((v) => [v.join(' '), v] as const))(
    'gcc %s',
    (_, options) => {
      if (options.includes('-m32') && !narrow) return;
      let path: string;
      let program: Program;
      let guest: Guest;
      let frames: readonly Frame[];
      let gdb: Answer;

      beforeAll(() => {
        path = compiled('shapes.c', options);
        const core = coreOf(path, 'stop');
        program = openProgram({ files: [path], cache: false });
        guest = coreGuest(core, path);
        frames = program.frames(guest);
        gdb = askGdb(path, core, PYTHON) as Answer;
      });
      afterAll(() => program.close());

      test('frames', () => {
        const ours = frames.map((frame) => [frame.function, frame.place?.line, frame.inlined]);
        expect(ours).toEqual(gdb.frames.map(({ name, line, inlined }) => [name, line, inlined]));
        expect(ours.length).toBeGreaterThan(5);
      });

      test('variables, member by member and element by element', () => {
        let known = 0;
        for (const [i, frame] of frames.entries()) {
          const read = (text: string): string => shown(program, text, { guest, frame });
          for (const [name, value] of gdb.frames[i]?.variables ?? []) {
            const ours = read(asExpression(name));
            if (ours !== 'optimised out') known++;
            // An entry value at an inlined call: gdb 13 shows the register as it is now.
            if (frame.inlined && ours !== value && options.includes('-O2')) continue;
            expect([i, name, rounded(ours)]).toEqual([i, name, rounded(value)]);
          }
        }
        expect(known).toBeGreaterThan(10);
        for (const [name, value] of gdb.globals) {
          const ours = shown(program, asExpression(name), { guest });
          expect([name, rounded(ours)]).toEqual([name, rounded(value)]);
        }
      });

      test('lines, as readelf decodes them', () => {
        const rows = decodedLines(path);
        expect(rows.length).toBeGreaterThan(50);
        for (const { address, line } of rows) {
          expect([address, program.lineAt(BigInt(address))?.line]).toEqual([address, line]);
        }
      });

      // Debian 12's addr2line does not read 64-bit DWARF, nor inlined calls beside DWARF 5's type units.
      test.skipIf(options.includes('-gdwarf64') || typeUnits(options))(
        'functions and inlined calls, as addr2line has them',
        () => {
          const addresses = decodedLines(path).map(({ address }) => address);
          const output = execFileSync('addr2line', ['-e', path, '-f', '-i', '-a', ...addresses], {
            encoding: 'utf8',
          });
          let compared = 0;
          for (const part of output.trim().split(/^(?=0x)/m)) {
            const [address = '', ...lines] = part.trim().split('\n');
            const theirs = lines.filter((_, i) => i % 2 === 0);
            const ours = program.functionsAt(BigInt(address)).map(({ name }) => name);
            if (theirs[0] === '??') continue;
            expect([address, ours]).toEqual([address, theirs]);
            compared++;
          }
          expect(compared).toBeGreaterThan(20);
        },
      );
    },
  );
}

const typeUnits = (options: readonly string[]): boolean =>
  options.includes('-fdebug-types-section') && options.includes('-gdwarf-5');

/** ".inner" of an unnamed struct is used as if it were the outer one's. */
const asExpression = (name: string): string =>
  name.replace(/\.(?=\.)|\.$/g, '').replaceAll('..', '.');

function shown(program: Program, text: string, context: { guest: Guest; frame?: Frame }): string {
  const value = program.evaluate(text, context);
  if (value.state !== 'known') return value.state === 'partly' ? 'optimised out' : value.state;
  if (value.integer !== undefined) return `${value.integer}`;
  return value.format();
}

/** A float has fewer digits than gdb's double of it. */
const rounded = (text: string): string =>
  /^-?\d+\.\d+$/.test(text) ? `${Math.fround(Number(text))}` : text;

/** The last row of each address that has a line and is a statement, if any is. */
function decodedLines(path: string): { address: string; line: number }[] {
  const output = execFileSync('readelf', ['--debug-dump=decodedline', '-W', path], {
    encoding: 'utf8',
  });
  const found = new Map<string, { address: string; line: number; statement: boolean }>();
  for (const text of output.split('\n')) {
    const match = /^\S+\s+(\d+)\s+(0x[0-9a-f]+)(.*)$/.exec(text);
    if (!match) continue;
    const [, line = '', address = '', rest = ''] = match;
    const statement = /\bx\b/.test(rest);
    const known = found.get(address);
    if (known?.statement && !statement) continue;
    found.set(address, { address, line: Number(line), statement });
  }
  for (const text of output.split('\n')) {
    // Where a sequence ends no code is.
    const end = /^\S+\s+-\s+(0x[0-9a-f]+)/.exec(text)?.[1];
    if (end !== undefined && !/^\S+\s+\d+/.test(text)) found.delete(end);
  }
  return [...found.values()].filter(({ line }) => line > 0);
}
