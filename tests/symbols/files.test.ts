/** Where debug information comes from: separate files, packed sections, other paths, the cache. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DebugProgram } from '../../src/symbols/debug-program.ts';
import { Image } from '../../src/symbols/image.ts';
import { IndexCache, indexKey } from '../../src/symbols/index-cache.ts';
import { openProgram } from '../../src/symbols/open.ts';
import { type Guest, type ProgramOptions, SymbolError } from '../../src/symbols/program.ts';
import { SourcePaths } from '../../src/symbols/source-paths.ts';
import { DEMO_ELF } from '../rsp/demo.ts';
import { compiled, NOT_HERE } from './compiled.ts';

const folder = mkdtempSync(join(tmpdir(), 'retrovisor-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open = (path: string, options: Partial<ProgramOptions> = {}) =>
  openProgram({ files: [path], cache: false, ...options });

const objcopy = (...options: string[]): void => {
  execFileSync('objcopy', options);
};

describe.skipIf(NOT_HERE !== undefined)('separate debug files', () => {
  const stripped = (name: string): string => {
    const path = join(folder, name);
    objcopy('--strip-all', DEMO_ELF, path);
    return path;
  };
  const knows = (program: ReturnType<typeof open>): boolean => {
    const at = program.addressesOf('jobs.c', 23)?.addresses[0];
    return at !== undefined && program.functionsAt(at)[0]?.name === 'job_take';
  };

  test('without one there is nothing', () => {
    expect(() => open(stripped('alone'))).not.toThrow();
    expect(knows(open(stripped('alone')))).toBe(false);
  });

  test('by its build-id', () => {
    const id = readFileSync(DEMO_ELF).toString('latin1').split('GNU\0')[1]!.slice(0, 20);
    const hex = Buffer.from(id, 'latin1').toString('hex');
    mkdirSync(join(folder, 'debug/.build-id', hex.slice(0, 2)), { recursive: true });
    const debug = join(folder, 'debug/.build-id', hex.slice(0, 2), `${hex.slice(2)}.debug`);
    objcopy('--only-keep-debug', DEMO_ELF, debug);
    const program = open(stripped('by-id'), { debugDirectories: [join(folder, 'debug')] });
    expect(program.images[0]).toMatchObject({ debugPath: debug, buildId: hex });
    expect(knows(program)).toBe(true);
  });

  test('by its link, if the checksum is right', () => {
    const debug = join(folder, 'linked.debug');
    objcopy('--only-keep-debug', '--remove-section=.note', DEMO_ELF, debug);
    const path = join(folder, 'linked');
    objcopy(
      '--strip-all',
      '--remove-section=.note',
      `--add-gnu-debuglink=${debug}`,
      DEMO_ELF,
      path,
    );
    expect(knows(open(path))).toBe(true);
    writeFileSync(debug, Buffer.concat([readFileSync(debug), Buffer.from('x')]));
    expect(knows(open(path))).toBe(false);
  });

  test('packed sections', () => {
    const path = join(folder, 'packed');
    objcopy('--compress-debug-sections=zlib', DEMO_ELF, path);
    expect(knows(open(path))).toBe(true);
    objcopy('--compress-debug-sections=zlib-gnu', DEMO_ELF, path);
    expect(knows(open(path))).toBe(true);
  });

  test('split debug information is refused by name', () => {
    const path = compiled('shapes.c', ['-gsplit-dwarf', '-gdwarf-5']);
    expect(() => open(path)).toThrow(/split into \.dwo files like '.*\.dwo'/);
    expect(() => open(compiled('shapes.c', ['-gsplit-dwarf', '-gdwarf-4']))).toThrow(SymbolError);
  });

  test('a file that is not linked is put where the guest has its sections', () => {
    const path = join(folder, 'shapes.ko');
    const source = join(import.meta.dirname, 'programs/shapes.c');
    const options = ['-g', '-O0', '-c', '-fno-pie', '-mcmodel=kernel', '-mno-red-zone'];
    execFileSync('gcc', [...options, '-o', path, source]);
    // Nothing is loaded, so nothing has an address.
    expect(open(path).addressesOf('shapes.c', 91)).toBeUndefined();
    const text = 0xffff_ffff_c000_0000n;
    const data = 0xffff_ffff_c010_0000n;
    const sections = new Map([
      ['.text', text],
      ['.data', data],
      ['.bss', data + 0x8000n],
      ['.rodata', data + 0x10000n],
    ]);
    const image = new Image(path, { sections, debugDirectories: [] });
    const program = new DebugProgram({
      images: [image],
      paths: new SourcePaths(),
      debugDirectories: [],
    });
    const symbols = execFileSync('nm', [path], { encoding: 'utf8' });
    const offset = (name: string): bigint =>
      BigInt(`0x${new RegExp(`^([0-9a-f]+) \\w ${name}$`, 'm').exec(symbols)?.[1]}`);
    const stop = text + offset('stop');
    expect(program.functionsNamed('stop').map(({ entry }) => entry)).toEqual([stop]);
    expect(program.functionsAt(stop)[0]?.name).toBe('stop');
    expect(program.nameOf(stop + 4n)).toBe('stop+0x4');
    expect(program.lineAt(stop)).toMatchObject({ line: 90 });
    expect(program.addressesOf('shapes.c', 91)?.addresses[0]).toBeGreaterThan(stop);
    const guest: Guest = {
      bits: 64,
      readMemory: () => new Uint8Array(0),
      register: () => undefined,
    };
    expect(program.evaluate('&all', { guest }).integer).toBe(data + offset('all'));
    expect(program.evaluate('&answer', { guest }).integer).toBe(data + offset('answer'));
    // Its frames are found by tables that were relocated as well.
    const rules = image.callFrames?.rulesAt(stop);
    expect(rules?.cfa).toMatchObject({ kind: 'register', register: 7, offset: 8n });
  });
});

test("paths of the build become the user's", () => {
  const program = open(DEMO_ELF, { sourceFileMap: { 'guests/demo': '/home/me/kernel' } });
  const at = program.functionsNamed('job_take')[0]!.body;
  expect(program.lineAt(at)).toMatchObject({ file: '/home/me/kernel/jobs.c', line: 23 });
  expect(program.addressesOf('/home/me/kernel/jobs.c', 23)?.addresses).toEqual([at]);
  expect(program.files()).toContain('/home/me/kernel/jobs.c');
  // What a person types is enough, and part of a name is not.
  expect(program.addressesOf('kernel/jobs.c', 23)?.addresses).toEqual([at]);
  expect(program.addressesOf('obs.c', 23)).toBeUndefined();
});

test('a breakpoint on a line without code goes to the next one that has some', () => {
  const program = open(DEMO_ELF);
  expect(program.addressesOf('jobs.c', 22)).toMatchObject({ line: 23 });
  expect(program.addressesOf('jobs.c', 9999)).toBeUndefined();
  expect(program.linesOf('jobs.c')).toContain(23);
  // An inlined function has one address for each copy.
  const swap = program.functionsNamed('swap');
  expect(swap.length).toBeGreaterThan(0);
  expect(swap.every(({ inlined }) => inlined)).toBe(true);
});

test('files that are none', () => {
  expect(() => open(join(folder, 'nobody'))).toThrow(/cannot open it \(ENOENT\)/);
  const text = join(folder, 'text');
  writeFileSync(text, 'hello');
  expect(() => open(text)).toThrow(SymbolError);
});

describe('the cache of indexes', () => {
  const cache = new IndexCache(join(folder, 'cache'));
  const indexes = {
    names: {
      keys: Uint32Array.of(1, 5, 9),
      kinds: Uint8Array.of(0, 1, 2),
      dies: Uint32Array.of(100, 200, 300),
      ownNames: ['x', 'long'],
      ownKinds: Uint8Array.of(1, 6),
      ownDies: Uint32Array.of(7, 8),
    },
    files: { paths: ['a.c', 'b.h'], units: [Uint32Array.of(0), Uint32Array.of(0, 1)] },
  };
  const key = indexKey('abcd', [1, 2]);

  test('gives back what was put in, for the same file only', () => {
    expect(cache.read(key)).toBeUndefined();
    cache.write(key, indexes);
    expect(cache.read(key)).toEqual(indexes);
    expect(cache.read(indexKey('abcd', [1, 3]))).toBeUndefined();
  });

  test('does not believe a damaged file', () => {
    const [name] = readdirSync(join(folder, 'cache'));
    const path = join(folder, 'cache', name!);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x40;
      writeFileSync(path, damaged);
      expect(cache.read(key)).toBeUndefined();
    }
    writeFileSync(path, whole.subarray(0, whole.length - 5));
    expect(cache.read(key)).toBeUndefined();
  });
});
